"""Statistics Norway's published projections: fetched over a real socket, pinned to a vintage, chosen by letters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from pxweb_answers import CodeList, DemoTable, Variable
from pxweb_server import PxWebServer, serving

import demografi as dg
from demografi.errors import SourceError, TableError
from demografi.regions.rows import codes_in_use
from demografi.sources.cache import Cache
from demografi.vintages import vintages

AGES = [f"{age:03}" for age in range(105)] + ["105+"]
LETTERS = {"Personer": "Hovedalternativet (MMMM)", "Personer1": "Lav nasjonal vekst (LLML)"}
SWAPPED = {"Personer": "Lav nasjonal vekst (LLML)", "Personer1": "Hovedalternativet (MMMM)"}
PLACES = {"0": "Hele landet", "34": "Innlandet", "3425": "Engerdal", "5056": "Hitra"}


def figure(cell: dict[str, str]) -> float:
    """Figures that tell their cell apart: the low alternative has 2 fewer in every cell."""
    held = next(words for name, words in cell.items() if name in ("ContentsCode", "Framskriv") and words != "Personer0")
    low = 2 if held in ("Personer1", "LLML") else 0
    base = int(cell["Region"]) % 50 + 20
    return base + AGES.index(cell["Alder"]) % 7 + int(cell["Kjonn"]) + (int(cell["Tid"]) - 2000) - low


def table(number: str, vintage: int, places: dict[str, str], letters: dict[str, str] = LETTERS) -> DemoTable:
    variables = [
        Variable("Region", "region", places, "geo", klass=131),
        Variable("Kjonn", "kjønn", {"2": "Kvinner", "1": "Menn"}),
        Variable("Alder", "alder", {age: f"{age} år" for age in AGES}),
        Variable("ContentsCode", "statistikkvariabel", letters, "metric"),
        Variable("Tid", "år", {str(year): str(year) for year in range(vintage, vintage + 5)}, "time"),
    ]
    return DemoTable(number, f"Framskrevet folkemengde ({vintage})", variables, figure)


def with_a_variable_of_its_own(number: str, vintage: int) -> DemoTable:
    made = table(number, vintage, {"0434": "Engerdal"}, {"Personer0": "Personer"})
    own = Variable("Framskriv", "alternativ", {"MMMM": "Middels vekst (MMMM)", "LLML": "Lav vekst (LLML)"})
    made.variables.insert(3, own)
    return made


@pytest.fixture
def server() -> Iterator[PxWebServer]:
    tables = [
        table("14746", 2026, PLACES),
        table("12882", 2020, PLACES, SWAPPED),
        table("11668", 2018, {"0434": "Engerdal", "5011": "Hemne", "5012": "Snillfjord", "5013": "Hitra"}),
        with_a_variable_of_its_own("08825", 2011),
        with_a_variable_of_its_own("03375", 2002),
    ]
    listed = CodeList("vs_KommunFram2024Agg", "Kommuner", "Valueset", {"K-5014": ("Frøya", ["5056"])})
    tables[0].variables[0].codelists = ("vs_KommunFram2024Agg",)
    with serving(tables, [listed], limit=10_000) as running:
        yield running


def test_a_vintage_is_loaded_by_its_year_and_letters_and_then_at_hand_offline(
    server: PxWebServer, tmp_path: Path
) -> None:
    cache = Cache(tmp_path / "kept")
    main = dg.official("Engerdal", vintage=2026, base=server.url, cache=cache)
    low = dg.official("Engerdal", vintage=2026, alternative="LLML", base=server.url, cache=cache)
    assert (main.vintage, main.scenario, main.launch, main.to) == ("SSB 2026", "MMMM", 2026, 2030)
    assert len(main.to_frame()) == 5 * 2 * 106
    cell = main.to_frame().query("year == 2028 and sex == 'female' and age == 80")["persons"]
    assert cell.tolist() == [25 + 20 + 80 % 7 + 2 + 28]
    assert main.persons("total", 2030) - low.persons("total", 2030) == 2 * 212
    again = dg.official("Engerdal", vintage=2026, base=server.url, cache=cache, offline=True)
    pd.testing.assert_frame_equal(main.to_frame(), again.to_frame())
    assert main.sources[0].table == "14746"
    assert "table 14746" in repr(main)
    opened = dg.Projection.open(main.save(tmp_path / "official.parquet"))
    pd.testing.assert_frame_equal(main.to_frame(), opened.to_frame())
    assert (opened.vintage, opened.scenario) == ("SSB 2026", "MMMM")
    assert any("check-sources 14746" in caution for caution in main.cautions)


def test_the_letters_decide_and_not_the_number_of_the_code(server: PxWebServer, tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    usual = dg.official("Engerdal", vintage=2026, base=server.url, cache=cache)
    swapped = dg.official("Engerdal", vintage=2020, base=server.url, cache=cache)
    cells = [one.to_frame().query("age == 0 and sex == 'male'")["persons"].iloc[0] for one in (usual, swapped)]
    assert cells == [25 + 20 + 1 + 26, 25 + 20 + 1 + 20 - 2]


@pytest.mark.parametrize("vintage", [2002, 2011])
def test_an_alternative_that_is_a_variable_of_its_own_is_found(
    server: PxWebServer, tmp_path: Path, vintage: int
) -> None:
    both = [
        dg.official("Engerdal", vintage=vintage, alternative=letters, base=server.url, cache=Cache(tmp_path))
        for letters in ("MMMM", "LLML")
    ]
    assert both[0].persons("total", vintage) - both[1].persons("total", vintage) == 2 * 212


def test_codes_of_the_vintages_own_time_come_out_under_todays(server: PxWebServer, tmp_path: Path) -> None:
    loaded = dg.official(["Engerdal", "Hitra"], vintage=2026, base=server.url, cache=Cache(tmp_path))
    assert loaded.to_frame()["region"].unique().tolist() == ["3425", "5056"]
    listed = dg.official("Frøya", vintage=2026, base=server.url, cache=Cache(tmp_path))
    assert listed.to_frame()["region"].unique().tolist() == ["5014"]
    then = dg.official("Engerdal", vintage=2018, base=server.url, cache=Cache(tmp_path))
    assert then.to_frame()["region"].unique().tolist() == ["3425"]
    assert then.to_frame()["persons"].iloc[0] == 434 % 50 + 20 + 0 + 2 + 18


def test_what_changed_since_a_vintage_of_other_codes_adds_up(server: PxWebServer, tmp_path: Path) -> None:
    old, new = (
        dg.official("Engerdal", vintage=vintage, base=server.url, cache=Cache(tmp_path)) for vintage in (2018, 2020)
    )
    changed = dg.compare(old, new)
    assert changed.columns.tolist() == ["region", "year", "age_group", "cause", "persons"]
    assert set(changed["cause"]) == {"base", "flows"}
    for year in (2020, 2022):
        whole = changed[changed["year"] == year]["persons"].sum()
        assert whole == pytest.approx(new.persons("total", year) - old.persons("total", year), abs=1e-9)
    assert changed[(changed["year"] == 2020) & (changed["cause"] == "flows")]["persons"].abs().max() == 0


def test_need_and_indicators_take_a_published_projection(server: PxWebServer, tmp_path: Path) -> None:
    published = dg.official(dg.example("Engerdal"), vintage=2026, base=server.url, cache=Cache(tmp_path))
    assert dg.need(published).users_of("80+")["users"].gt(0).all()
    ratios = dg.indicators(published, against=["county", "nation"])
    people = published.to_frame().query("year == 2030")
    wanted = people[people["age"].between(20, 66)]["persons"].sum() / people[people["age"] >= 67]["persons"].sum()
    assert ratios.value("aldersbareevne", "20-66 / 67+", "3425", 2030) == pytest.approx(wanted)
    with pytest.raises(SourceError, match="has no table 'births'") as refused:
        _ = published.births
    assert "SSB 2026 gives persons only." in str(refused.value)
    causes = published.explain("80+", 2030).set_index("cause")["persons"]
    assert causes.drop("end").sum() == pytest.approx(causes["end"])


def test_norway_ships_by_age_group_and_needs_no_network(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    main = dg.official("Norge", vintage=2024, offline=True, cache=cache)
    high = dg.official("Norge", vintage=2024, alternative="HHMH", offline=True, cache=cache)
    assert main.persons("total", 2024) == high.persons("total", 2024) == 5_550_203
    assert main.persons("80+", 2050) < high.persons("80+", 2050)
    assert main.by_age_group(["20-66"])["persons"].notna().all()
    with pytest.raises(SourceError, match="has no table 'population'"):
        main.to_frame()
    with pytest.raises(TableError, match="The age group '70\\+' cannot be made of those published"):
        main.persons("70+", 2030)
    ratios = dg.indicators(main)
    assert ratios.value("aldersbareevne", "20-66 / 67+", "0", 2026) > 3


def test_what_is_not_published_or_not_at_hand_is_refused(server: PxWebServer, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no regional projection in 2021") as refused:
        dg.official("Engerdal", vintage=2021)
    assert str(refused.value).endswith("dg.official(region, vintage=2020)")
    cache = Cache(tmp_path)
    with pytest.raises(SourceError, match="The projection of 2026 has no alternative 'HHMH'") as refused:
        dg.official("Engerdal", vintage=2026, alternative="HHMH", base=server.url, cache=cache)
    assert "Table 14746 has: MMMM, LLML." in str(refused.value)
    with pytest.raises(SourceError, match="the network may not be touched"):
        dg.official("Engerdal", vintage=2024, offline=True, cache=Cache(tmp_path / "empty"))
    with pytest.raises(SourceError, match="has no alternative 'MM00' at hand"):
        dg.official("Norge", vintage=2024, alternative="MM00", offline=True, cache=Cache(tmp_path / "empty"))
    with pytest.raises(SourceError, match="The vintage of 2002 does not ship"):
        dg.official("Norge", vintage=2002, offline=True, cache=Cache(tmp_path / "empty"))
    with pytest.raises(SourceError, match="no figures of 5059"):
        dg.official("Orkland", vintage=2026, base=server.url, cache=cache)
    with pytest.raises(SourceError, match="cannot be put on today's borders for Heim") as refused:
        dg.official("Heim", vintage=2018, base=server.url, cache=cache)
    assert "5012 was divided between 5055, 5056, 5059 later." in str(refused.value)


def test_all_fourteen_vintages_can_be_named() -> None:
    assert len(vintages()) == 14
    links = codes_in_use()
    assert links[(links["target"] == "3425") & (links["last_year"] == 2019)]["code"].tolist() == ["0434"]
