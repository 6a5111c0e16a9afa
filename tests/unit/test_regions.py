"""Places are found by every name Statistics Norway gives them, and by no other."""

from __future__ import annotations

from pathlib import Path

import pytest

import demografi as dg

OFFICIAL = {
    "Kárášjohka": "5610",
    "Guovdageaidnu": "5612",
    "Deatnu": "5628",
    "Porsáŋgu": "5622",
    "Porsanki": "5622",
    "Snåase": "5041",
    "Raarvihke": "5043",
    "Oslove": "0301",
    "Hábmer": "1875",
    "Ráisa": "5544",
}
WHOLE = {
    "Porsanger/Porsáŋgu/Porsanki": "5622",
    "Kárášjohka – Karasjok": "5610",
    "Deatnu - Tana": "5628",
    "Deatnu-Tana": "5628",
    "Tana/Deatnu": "5628",
    "Hamarøy - Hábmer": "1875",
}
PLAIN = {
    "karasjohka": "5610",
    "Porsangu": "5622",
    "Orland": "5057",
    "ORSTA": "1520",
    "Snaase": "5041",
    "Snaase - Snasa": "5041",
    "Haa": "1119",
    "Ha": "1119",
    "Raelingen": "3224",
    "Sor-Odal": "3415",
    "More og Romsdal": "15",
    "Aure": "1576",
}


@pytest.mark.parametrize(("typed", "code"), [*OFFICIAL.items(), *WHOLE.items(), *PLAIN.items()])
def test_a_place_is_found_by_every_part_of_its_name_and_without_marks(typed: str, code: str) -> None:
    assert dg.region(typed).code == code
    assert dg.region([typed], name="own").members == (code,)


def test_names_that_several_places_have_are_refused_with_the_choices() -> None:
    heroy, valer = ("1515 in Møre og Romsdal", "1818 in Nordland"), ("3114 in Østfold", "3419 in Innlandet")
    for typed, name, (first, second) in (
        ("Heroy", "Herøy", heroy),
        ("Herøy", "Herøy", heroy),
        ("Valer", "Våler", valer),
        ("Våler", "Våler", valer),
    ):
        with pytest.raises(dg.RegionError, match=rf"2 municipalities are called '{name}'") as refused:
            dg.region(typed)
        assert refused.value.where == [first, second]
        assert refused.value.hint == f"Use the code: dg.region('{first[:4]}')"


@pytest.mark.parametrize("typed", ["", "-", "/", "Herøy/Våler", "Deatnu/Karasjok", "Hitra/Blåberg", "Nørd-Odal", "Âs"])
def test_parts_of_different_places_and_marks_a_name_does_not_have_are_no_name(typed: str) -> None:
    with pytest.raises(dg.RegionError, match=f"No region is called '{typed}'"):
        dg.region(typed)


def test_a_divided_municipality_is_known_by_each_of_its_names() -> None:
    for typed in ("Tysfjord", "Divtasvuodna", "divtasvuodna"):
        with pytest.raises(dg.RegionError, match=r"1850 is a municipality of another era\.\n  It was divided between"):
            dg.region(typed)
    with pytest.raises(dg.RegionError, match=r"Did you mean 'Guovdageaidnu'\?"):
        dg.region("Guovdageaidnnu")


@pytest.mark.parametrize("name", ["Lakseregionen helse", "Hitra", "Innlandet", "Norge"])
def test_a_saved_region_comes_back_whole(name: str, tmp_path: Path) -> None:
    region = dg.region(name)
    again = dg.Region.open(region.save(tmp_path / "region.parquet"))
    assert again == region
    assert hash(again) == hash(region)
    with pytest.raises(dg.SourceError, match="holds a Region, not a Need"):
        dg.Need.open(tmp_path / "region.parquet")


def test_a_region_shows_its_members_its_code_list_and_what_must_be_known() -> None:
    scope, headline, source, caution = repr(dg.region("Lakseregionen helse")).splitlines()
    assert scope == "Region of Lakseregionen helse"
    assert headline == "  8 members: Frøya, Heim, Hitra, Orkland, Rennebu, Rindal, Skaun, Surnadal"
    assert source == "  Source: SSB, KLASS 131"
    assert caution.startswith("  Caution: The eight of the health cooperation")
    assert repr(dg.region("Hitra")).splitlines()[1] == "  code 5056 of ssb-kommune-2024"
    many = dg.region(dg.list_regions().query("kind == 'municipality'")["code"].head(20).tolist(), name="Many")
    assert "and 8 more (.to_frame())" in repr(many)
    assert "<table" in many._repr_html_()


def test_a_region_of_ones_own_codes_rests_on_no_code_list() -> None:
    assert dg.Region("a", "A", ("a",), "own", ("A",)).sources == ()
    assert [source.publisher for source in dg.region(["Hitra", "Innlandet"]).sources] == ["SSB"]
