"""Load a region as a planner would: over a real socket, once, and then without a network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from pxweb_answers import CodeList, DemoTable, Variable
from pxweb_server import PxWebServer, serving
from shipped_tables import AGES, carrier, contents, every_table, grouped, years

import demografi as dg
from demografi.errors import SourceError, TableError
from demografi.loading import manifests
from demografi.sources.cache import Cache
from demografi.sources.pacing import CancelledError

GUESSED = {"5055", "5056", "5059"}
EXACT_FROM = 2020
MEASURES = {"population": "persons", "users": "users", "person_years": "fte"}


@pytest.fixture
def server() -> Iterator[PxWebServer]:
    with serving(every_table(), grouped(), limit=10_000) as running:
        yield running


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[dg.Observed, Cache, str]:
    """Lakseregionen as it was loaded, the folder it was kept in and the server's address; the server is gone."""
    cache = Cache(tmp_path_factory.mktemp("kept"))
    with serving(every_table(), grouped(), limit=10_000) as running:
        return dg.load("Lakseregionen", base=running.url, cache=cache), cache, running.url


@pytest.fixture
def loaded(kept: tuple[dg.Observed, Cache, str]) -> dg.Observed:
    return kept[0]


def assert_same(one: dg.Observed, other: dg.Observed) -> None:
    assert dict(one.facts) == dict(other.facts)
    assert one.sources == other.sources
    assert one.cautions == other.cautions
    assert set(one.tables) == set(other.tables)
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, other.tables[name])
    assert (one.benchmarks is None) == (other.benchmarks is None)
    if one.benchmarks is not None and other.benchmarks is not None:
        assert_same(one.benchmarks, other.benchmarks)


def both(loaded: dg.Observed, observed: dg.Observed, name: str) -> pd.DataFrame:
    keys = [column.name for column in dg.Observed.CONTRACTS[name].columns if column.kind != "measure"][:-1]
    return loaded.table(name).merge(observed.table(name), on=keys, suffixes=("", "_shipped"))


@pytest.mark.parametrize("name", MEASURES)
def test_every_cell_that_ships_is_loaded_the_same(loaded: dg.Observed, observed: dg.Observed, name: str) -> None:
    cells, measure = both(loaded, observed, name), MEASURES[name]
    guessed = cells["region"].isin(GUESSED) & (cells["year"] < EXACT_FROM)
    exact = cells[~guessed]
    assert exact[measure].equals(exact[f"{measure}_shipped"])
    assert (exact["status"] == exact["status_shipped"]).all()
    assert cells.loc[guessed, measure].isna().all(), "a municipality of another era is missing, never zero"
    assert (cells.loc[guessed, "status"] == "..").all()
    assert len(exact) > {"population": 35_000, "users": 900, "person_years": 400}[name]


def test_what_is_not_loaded_of_what_ships_is_known(loaded: dg.Observed, observed: dg.Observed) -> None:
    cells = observed.users.merge(
        loaded.users, on=["region", "year", "service", "age_group"], how="left", indicator=True
    )
    apart = cells[cells["_merge"] == "left_only"]
    first = {"home_service": 2015, "long_stay": 2009}
    assert all(
        service == "staffed_housing" or year < first[service]
        for service, year in zip(apart["service"], apart["year"], strict=True)
    )
    assert set(loaded.facts["lacking"]) == {"births", "deaths", "net_migration", "staff"}


def test_benchmarks_are_the_counties_and_the_nation(loaded: dg.Observed, observed: dg.Observed) -> None:
    around = loaded.benchmarks
    assert around is not None
    assert around.region.names == ("Trøndelag", "Møre og Romsdal", "Norge")
    shipped = observed.benchmarks
    assert shipped is not None
    cells = around.population.merge(shipped.population, on=["region", "year", "sex", "age"])
    assert (cells["persons_x"] == cells["persons_y"]).all()
    assert len(cells) == len(shipped.population)


def test_the_chapters_need_and_gap_are_those_of_the_shipped_figures(
    loaded: dg.Observed, observed: dg.Observed, gap: dg.Gap
) -> None:
    own = dg.need(dg.project(loaded, to=2040))
    base = own.users_of("80+").query("year == 2026")["users"]
    assert base.sum() == gap.need.users_of("80+").query("year == 2026")["users"].sum()
    cells = own.to_frame().merge(gap.need.to_frame(), on=["region", "year", "service", "age_group"])
    whole = cells[~cells["region"].isin(GUESSED)]
    assert (whole["users_x"] - whole["users_y"]).abs().max() < 1e-9
    # Six years of change instead of ten chain-linked ones move the three others a little.
    total = cells[cells["year"] == 2040][["users_x", "users_y"]].sum()
    assert abs(total["users_x"] / total["users_y"] - 1) < 0.005

    same_history = dg.Observed(
        {**loaded.tables, "population": observed.population}, loaded.facts, loaded.own_sources, (), loaded.rests_on
    )
    need = dg.need(dg.project(same_history, to=2040))
    again = dg.gap(need, dg.supply(same_history, to=2040))
    pd.testing.assert_frame_equal(need.to_frame(), gap.need.to_frame())
    pd.testing.assert_frame_equal(need.person_years, gap.need.person_years)
    pd.testing.assert_frame_equal(again.to_frame(), gap.to_frame())


def test_places_of_short_history_are_projected_from_the_years_they_have(
    loaded: dg.Observed, projection: dg.Projection
) -> None:
    own = dg.project(loaded, to=2040)
    cells = own.to_frame().merge(projection.to_frame(), on=["region", "year", "sex", "age"])
    gap = (cells["persons_x"] - cells["persons_y"]).abs().groupby(cells["region"]).max()
    assert (gap[~gap.index.isin(GUESSED)] < 1e-9).all()
    alone = dg.Observed(
        {"population": loaded.population.query("region == '5055'")},
        {"region": dg.region("Heim").to_dict(), "lacking": {}},
    )
    heim = dg.project(alone, to=2040)
    assert heim.persons("total", 2040) == pytest.approx(
        own.to_frame().query("region == '5055' and year == 2040")["persons"].sum(), abs=1e-8
    )
    said = "There are only 6 years of change in today's borders for "
    assert any(said in caution for caution in own.cautions)
    assert any(said in caution for caution in heim.cautions)
    assert not any(said in caution for caution in projection.cautions)


def test_a_place_with_too_short_a_history_is_refused(loaded: dg.Observed) -> None:
    stock = loaded.population
    stock.loc[(stock["region"] == "5055") & (stock["year"] < 2023), ["persons", "status"]] = [float("nan"), ".."]
    short = dg.Observed({"population": stock}, loaded.facts)
    with pytest.raises(TableError) as refusal:
        dg.project(short, to=2030)
    assert str(refusal.value) == (
        "Heim has figures for 4 years in a row; a projection needs six.\n"
        "  They begin on 1 January 2023; an earlier cell has no value.\n"
        "  Leave it out, or bring its earlier years: dg.Observed.from_tables(population=…)"
    )


def test_sums_leave_out_years_in_which_a_place_has_no_figures(loaded: dg.Observed) -> None:
    assert loaded.first_whole_year == EXACT_FROM
    causes = loaded.explain("80+").groupby("cause")["persons"].sum()
    assert causes["end"] == causes.drop("end").sum() == 4294
    with pytest.raises(TableError, match="The population lacks cells between 2010 and 2020"):
        loaded.explain("80+", since=2010)
    whole = dg.project(loaded, to=2030).total()
    assert whole.history_and_future["year"].min() == EXACT_FROM
    assert loaded.plot().lines[0].get_xdata()[0] == EXACT_FROM


def test_the_chapter_is_written_of_loaded_figures(loaded: dg.Observed, tmp_path: Path) -> None:
    gap = dg.gap(dg.need(dg.project(loaded, to=2040)), dg.supply(loaded, to=2040))
    folder = dg.report(gap, tmp_path / "chapter")
    text = (folder / "chapter.md").read_text(encoding="utf-8")
    assert "tabell 14534" in text
    assert "Foreløpige tall: tabell 12292 er ikke endelig før 15. juni." in text
    assert dg.indicators(gap.need.projection, against=["county", "nation"]).to_frame()["value"].notna().all()


def test_where_figures_are_from_and_what_they_lack_is_said(loaded: dg.Observed) -> None:
    assert [source.table for source in loaded.own_sources] == ["07459", "12292", "11645", "14534", "14533"]
    assert all(source.sha256 and source.fetched and source.updated for source in loaded.sources)
    assert {one.table for one in manifests(loaded)} == {source.table for source in loaded.sources}
    assert loaded.cautions == (
        "There are no figures in today's borders before 2020 for Heim, Hitra and Orkland; those years are missing and "
        "not estimated. Local rates rest on the years after.",
        "Home-service users aged 67–79 are not in the table from 2017; they are all users less the younger and "
        "the older.",
        "Provisional figures: table 12292 is not final before 15 June.",
    )


def test_loaded_figures_are_saved_and_opened_whole(loaded: dg.Observed, tmp_path: Path) -> None:
    again = dg.Observed.open(loaded.save(tmp_path / "l.parquet"))
    assert_same(again, loaded)
    assert manifests(again) == manifests(loaded)


def test_offline_gives_the_same_figures_when_the_server_is_gone(kept: tuple[dg.Observed, Cache, str]) -> None:
    loaded, cache, url = kept
    assert_same(dg.load("Lakseregionen", base=url, cache=cache, offline=True), loaded)


def test_offline_refuses_what_was_never_loaded(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as refusal:
        dg.load("Engerdal", cache=Cache(tmp_path), offline=True)
    assert str(refusal.value).startswith("'/tables/07459/metadata' is not kept, and the network may not be touched.")


def test_a_load_stopped_in_the_middle_goes_on_without_repeating_a_finished_call(
    server: PxWebServer, tmp_path: Path
) -> None:
    seen: list[str] = []
    cache = Cache(tmp_path)
    with pytest.raises(CancelledError):
        dg.load(
            "Engerdal",
            base=server.url,
            cache=cache,
            progress=lambda table, done: seen.append(table),
            cancel=lambda: "11645" in seen,
        )
    before = len(server.calls())
    assert seen == ["07459", "12292", "11645"]
    whole = dg.load("Engerdal", base=server.url, cache=cache)
    asked = Counter((call.method, call.path, str(call.body)) for call in server.calls())
    assert len(server.calls()) > before
    assert set(asked.values()) == {1}
    assert_same(dg.load("Engerdal", base=server.url, cache=cache, offline=True), whole)


def test_a_table_the_server_does_not_have_is_said_and_the_rest_still_loads(server: PxWebServer, tmp_path: Path) -> None:
    for table in ("14533", "12292"):
        del server.tables[table]
    observed = dg.load("Engerdal", base=server.url, cache=Cache(tmp_path))
    assert "Person-years by occupation are lacking: table 14533 could not be used." in observed.cautions
    assert "Users of home services are lacking: table 12292 could not be used." in observed.cautions
    assert set(observed.users["service"]) == {"long_stay"}
    assert set(observed.person_years["concept"]) == {"education"}
    assert observed.facts["lacking"]["care_basis"].startswith("Table 12292: ")
    assert dg.supply(observed, to=2030).replacement(2030)["exits"].sum() > 0


def test_without_any_care_table_the_refusal_says_why(server: PxWebServer, tmp_path: Path) -> None:
    for table in ("14533", "14534", "12292", "11645"):
        del server.tables[table]
    observed = dg.load("Engerdal", base=server.url, cache=Cache(tmp_path))
    with pytest.raises(SourceError, match=r"Table 12292: .*Table 11645: "):
        _ = observed.users


def test_a_server_that_fails_is_never_taken_for_a_table_that_is_lacking(server: PxWebServer, tmp_path: Path) -> None:
    server.fail("500", path="*/12292/data")
    with pytest.raises(SourceError) as refusal:
        dg.load("Engerdal", base=server.url, cache=Cache(tmp_path))
    assert "The server answered 500" in str(refusal.value)


def test_the_population_is_required(server: PxWebServer, tmp_path: Path) -> None:
    del server.tables["07459"]
    with pytest.raises(SourceError, match="The statistics office has no such table"):
        dg.load("Engerdal", base=server.url, cache=Cache(tmp_path))


def test_counties_and_the_nation_have_a_population(server: PxWebServer, tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    county = dg.load("Trøndelag", base=server.url, cache=cache)
    shipped = dg.example("Trøndelag")
    assert county.population["persons"].sum() == shipped.population["persons"].sum()
    assert county.facts["lacking"]["users"] == "Care figures are loaded for municipalities only."
    nation = dg.load("Norge", base=server.url, cache=cache)
    assert nation.benchmarks is None
    assert dg.project(nation, to=2030).persons("total", 2026) == 5_627_400


def test_a_table_without_grouped_codes_is_summed_on_our_side(server: PxWebServer, tmp_path: Path) -> None:
    table: DemoTable = server.tables["07459"]
    table.variables[0].codelists = ()
    observed = dg.load(["Ørland", "Rindal", "Heim"], base=server.url, cache=Cache(tmp_path))
    shipped = dg.example().population
    cells = observed.population.merge(shipped, on=["region", "year", "sex", "age"])
    known = cells[(cells["region"] != "5055") | (cells["year"] >= EXACT_FROM)]
    assert (known["persons_x"] == known["persons_y"]).all()
    assert cells.drop(known.index)["persons_x"].isna().all()
    assert {"K-5057", "F-50"}.isdisjoint(
        {code for call in server.calls("/data") for code in call.body["selection"][0]["valueCodes"]}
    )


def test_figures_recalculated_by_the_publisher_to_new_borders_are_taken_as_they_are(
    server: PxWebServer, tmp_path: Path
) -> None:
    table = server.tables["14534"]
    table.figure = lambda cell: 7.0 if cell["KOKkommuneregion0000"] == "5057" else 0
    observed = dg.load("Ørland", base=server.url, cache=Cache(tmp_path))
    rows = observed.person_years.query("concept == 'education'")
    assert rows["fte"].tolist() == [7.0] * 11


def test_figures_given_on_both_old_and_new_borders_are_left_out_and_said(server: PxWebServer, tmp_path: Path) -> None:
    server.tables["14534"].figure = lambda cell: 7.0
    observed = dg.load("Ørland", base=server.url, cache=Cache(tmp_path))
    assert set(observed.person_years["concept"]) == {"occupation"}
    assert observed.facts["lacking"]["care_person_years_education"].startswith("Table 14534: 5057 has figures for 2015")
    assert "Nurse person-years by education are lacking: table 14534 could not be used." in observed.cautions


def test_new_figures_are_fetched_when_asked_for(server: PxWebServer, tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    dg.load("Engerdal", base=server.url, cache=cache)
    table = server.tables["11645"]
    table.updated = "2026-07-01T06:00:00Z"
    table.figure = lambda cell: 11 if carrier(cell["Region"], int(cell["Tid"])) else 0

    def residents(**how: bool) -> set[float]:
        found = dg.load("Engerdal", base=server.url, cache=cache, **how)
        return set(found.users.query("service == 'long_stay'")["users"].dropna())

    assert not residents() <= {11.0, 22.0}
    sent = len(server.calls("/data"))
    assert residents(refresh=True) == {11.0, 22.0}
    assert len(server.calls("/data")) == sent + 1, "only the table that was published anew is fetched again"


def forget(cache: Cache, code: str) -> None:
    """Take the replies to questions about one place out of the cache."""
    for record in list(cache.records()):
        if code in str(record.query.get("body")):
            (cache.folder / "records" / f"{record.key}.json").unlink()


def test_places_published_at_different_dates_are_never_set_beside_each_other(
    server: PxWebServer, tmp_path: Path
) -> None:
    cache = Cache(tmp_path)
    dg.load("Engerdal", base=server.url, cache=cache)
    forget(cache, "F-34")
    table = server.tables["07459"]
    before, table.updated = table.figure, "2026-04-01T06:00:00Z"
    # The stand-in server changes its figures between two requests.
    table.figure = lambda cell: 2 * before(cell)  # type: ignore[operator]
    observed = dg.load("Engerdal", base=server.url, cache=cache)
    assert {one.updated for one in manifests(observed) if one.table == "07459"} == {"2026-04-01T06:00:00Z"}
    assert observed.population["persons"].sum() == 2 * dg.example("Engerdal").population["persons"].sum()
    assert observed.benchmarks is not None
    assert not any("of another date" in caution for caution in observed.cautions)


def test_offline_a_place_of_another_date_is_left_out_and_said(server: PxWebServer, tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    dg.load("Engerdal", base=server.url, cache=cache)
    server.tables["07459"].updated = "2026-04-01T06:00:00Z"
    forget(cache, "F-34")
    dg.load("Innlandet", base=server.url, cache=cache)
    observed = dg.load("Engerdal", base=server.url, cache=cache, offline=True)
    assert observed.benchmarks is None
    said = "The population of {} is of another date than the rest and is left out; load again."
    assert {said.format("Innlandet"), said.format("Norge")} <= set(observed.cautions)


def test_what_is_absent_can_be_told_from_what_failed() -> None:
    from demografi.errors import AbsentError

    assert issubclass(AbsentError, SourceError)
    assert AbsentError("It is not there.").code == "absent"


def test_a_place_that_lost_a_part_has_no_figures_before_although_the_publisher_gives_them(tmp_path: Path) -> None:
    """The grouped list gives all of 1507 to Ålesund, Haram included, until 2023."""
    used = {"1507": range(2020, 2024), "1508": range(2024, 2027), "1580": range(2024, 2027)}
    lists = [
        CodeList("agg_KommSummer", "", "Aggregation", {"K-1508": ("", ["1507", "1508"]), "K-1580": ("", ["1580"])})
    ]
    variables = [
        Variable("Region", "region", {code: code for code in used}, "geo", klass=131, codelists=("agg_KommSummer",)),
        Variable("Kjonn", "kjønn", {"1": "Menn", "2": "Kvinner"}),
        Variable("Alder", "alder", {age: age for age in AGES}),
        contents({"Personer1": "Personer"}),
        years(range(2018, 2027)),
    ]
    table = DemoTable("07459", "Befolkning", variables, lambda cell: 9.0 * (int(cell["Tid"]) in used[cell["Region"]]))
    with serving([table], lists, limit=10_000) as running:
        observed = dg.load("Ålesund", base=running.url, cache=Cache(tmp_path))
    whole = observed.population.groupby("year")["persons"].count()
    assert whole[whole > 0].index.tolist() == [2024, 2025, 2026]
    assert set(observed.population.query("year in (2020, 2023)")["quality"]) == {"split"}
    assert observed.benchmarks is None
    assert "The population of Møre og Romsdal is lacking, so there is no comparing with it." in observed.cautions
    with pytest.raises(TableError, match="Ålesund has figures for 3 years in a row; a projection needs six"):
        dg.project(observed, to=2030)


@pytest.mark.parametrize("code", ["XX", "0301"])
def test_a_place_the_table_does_not_have_is_refused(server: PxWebServer, tmp_path: Path, code: str) -> None:
    both = dg.Region("mine", "Mine", ("3425", code), "own", ("Engerdal", "Another"))
    with pytest.raises(SourceError) as refusal:
        dg.load(both, base=server.url, cache=Cache(tmp_path))
    assert f"Table 07459 has no{'ne of the municipalities' if code == '0301' else f' population of {code}'}." in str(
        refusal.value
    )
