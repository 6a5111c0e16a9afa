"""Results keep what they promise: immutable, saved whole, with provenance and a face."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import demografi as dg
from demografi import rates
from demografi.sources import shipped


def test_changing_what_a_result_gave_does_not_change_the_result(projection: dg.Projection) -> None:
    table = projection.to_frame()
    table["persons"] = 0.0
    assert projection.to_frame()["persons"].sum() > 0
    with pytest.raises(TypeError):
        projection.tables["population"] = table  # type: ignore[index]
    with pytest.raises(AttributeError):
        projection.tables = {}  # type: ignore[misc]


def test_changing_a_table_in_place_does_not_change_the_result(gap: dg.Gap) -> None:
    for result in (gap, gap.supply, gap.need, gap.need.projection, gap.need.projection.observed):
        for name in result.tables:
            before = result.table(name)
            given = result.tables[name]
            given.loc[:, given.columns[-1]] = given.iloc[::-1, -1].to_numpy()
            given["more"] = 1
            given.index.name, given.columns.name = "row", "column"
            dict(result.tables)[name].pop(before.columns[0])
            with contextlib.suppress(ValueError, KeyError):  # pandas 3 lets nobody write to these
                result.tables[name].iloc[:, -1].to_numpy()[:] = 0
            pd.testing.assert_frame_equal(result.tables[name], before)
            assert result.tables[name].columns.name is None


def test_a_saved_result_comes_back_whole(gap: dg.Gap, tmp_path: Path) -> None:
    again = dg.Gap.open(gap.save(tmp_path / "gap.parquet"))
    pd.testing.assert_frame_equal(again.to_frame(), gap.to_frame())
    pd.testing.assert_frame_equal(again.need.projection.to_frame(), gap.need.projection.to_frame())
    pd.testing.assert_frame_equal(again.need.projection.observed.users, gap.need.projection.observed.users)
    assert (again.sources, again.cautions, again.region) == (gap.sources, gap.cautions, gap.region)
    assert repr(again) == repr(gap)


def test_a_file_of_another_noun_or_of_another_program_is_refused(gap: dg.Gap, tmp_path: Path) -> None:
    path = gap.save(tmp_path / "gap.parquet")
    with pytest.raises(dg.SourceError, match=r"holds a Gap, not a Need"):
        dg.Need.open(path)
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(dg.SourceError, match="was not written by demografi"):
        dg.Need.open(tmp_path / "other.parquet")
    (tmp_path / "text.parquet").write_text("no", encoding="utf-8")
    with pytest.raises(dg.SourceError, match="is no Parquet file"):
        dg.Need.open(tmp_path / "text.parquet")
    with pytest.raises(dg.SourceError, match="There is no file"):
        dg.Need.open(tmp_path / "nothing.parquet")


def test_every_result_names_publisher_table_and_licence_of_all_it_rests_on(gap: dg.Gap) -> None:
    assert {
        "population_municipalities",
        "care_users",
        "nurse_person_years",
        "share_55plus",
        "projection_parameters",
    } <= {source.id for source in gap.sources}
    for source in gap.sources:
        assert source.publisher
        assert source.table
        assert source.licence
        assert len(source.sha256) == 64


def test_the_face_shows_scope_headline_source_and_caution(need: dg.Need) -> None:
    scope, headline, source, caution = repr(need).splitlines()
    assert scope == "Need of Lakseregionen"
    assert "1,552 at 2026" in headline
    assert source.strip().startswith("Source: SSB, table 07459")
    assert caution.strip().startswith("Caution: ")
    assert need._repr_html_().startswith("<strong>Need of Lakseregionen</strong><br>")


def test_the_notebook_face_has_a_table_and_a_figure_with_alternative_text(projection: dg.Projection) -> None:
    face = projection._repr_html_()
    assert re.search(r"<th>80\+</th>\s*<td>4,294</td>", face)
    assert re.search(r'<img src="data:image/png;base64,[^"]+" width="460" height="\d+" alt="[^"]{40,}">', face)
    assert "<script" not in face


def test_hostile_names_are_text_in_the_notebook_face() -> None:
    population = dg.example("Engerdal").population[["region", "year", "sex", "age", "persons"]]
    face = dg.Observed.from_tables(population, name="<script>alert('x')</script>")._repr_html_()
    assert "<script" not in face
    assert "&lt;script&gt;" in face


def test_threads_get_the_same_answer(observed: dg.Observed) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: dg.project(observed, 2035).persons("80+", 2035), range(8)))
    assert len(set(answers)) == 1


def test_own_tables_of_any_country_go_through_the_same_verbs() -> None:
    cells = [
        (region, year, sex, age, 1000.0 * np.exp(-age / 30))
        for region in ("N", "S")
        for year in range(2010, 2021)
        for sex in ("female", "male")
        for age in range(91)
    ]
    people = pd.DataFrame(cells, columns=["region", "year", "sex", "age", "persons"])
    observed = dg.Observed.from_tables(people, name="Atlantis")
    mx = 0.0002 * np.exp(0.09 * np.arange(101))
    deaths = pd.concat([pd.DataFrame({"sex": sex, "age": range(101), "mx": mx}) for sex in ("female", "male")])
    births = pd.DataFrame({"age": range(20, 40), "births_per_woman": 0.08})
    projection = dg.project(observed, to=2030, schedules={"mortality": deaths, "fertility": births})
    assert projection.to_frame()["age"].max() == 90
    assert projection.region_scheme == "own"
    assert projection.persons("total", 2030) > 0


def test_the_shipped_figures_are_those_of_the_manifest_and_under_two_megabytes() -> None:
    assert shipped.verify() == []
    files = list(shipped.folder().iterdir())
    assert sum(path.stat().st_size for path in files) < 2_000_000
    row = shipped.source("care_users")
    assert row.sha256 == hashlib.sha256((shipped.folder() / "care_users.csv").read_bytes()).hexdigest()


def test_no_shipped_table_or_source_line_divides_299_by_673() -> None:
    table = shipped.read("project_description").set_index("figure")
    assert "Never divide" in table.loc["staff_55plus", "caveat"]
    assert not (table["unit"] == "share").any()


def test_importing_loads_no_heavy_library() -> None:
    code = (
        "import sys, demografi; print(sorted({'pandas','numpy','matplotlib','statsmodels','scipy'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_the_first_result_loads_no_statsmodels() -> None:
    code = (
        "import sys, demografi as dg; dg.project(dg.example('Engerdal'), to=2030); print('statsmodels' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


def test_a_constant_death_rate_gives_its_inverse_as_life_expectancy() -> None:
    assert rates.life_expectancy(np.full(120, 0.02)) == pytest.approx(50.0)


def test_projected_survival_rises_year_by_year() -> None:
    from demografi.projection.fitting import from_table

    _, _, parameters = from_table(shipped.read("projection_parameters"))
    alive = parameters.survival.prod(axis=-1)
    assert (np.diff(alive, axis=0) > 0).all()
    assert (np.diff(parameters.infant, axis=0) > 0).all()


def test_net_migration_past_75_is_only_the_control_to_the_nation(projection: dg.Projection) -> None:
    moves = projection.net_migration
    old = moves[moves["age"] > 75].groupby("year")["net_migration"].sum()
    assert old.abs().max() < 0.003 * projection.persons("80+", 2026)
    assert moves[moves["age"].between(20, 40)]["net_migration"].abs().max() > 0


def test_nobody_was_clamped_in_the_running_examples(projection: dg.Projection) -> None:
    assert projection.facts["clamped"] == 0


def test_jsonstat_holds_every_cell(engerdal: dg.Gap) -> None:
    projection = engerdal.need.projection
    told = json.loads(projection.to_jsonstat())
    assert sum(told["value"]) == pytest.approx(projection.to_frame()["persons"].sum())
    assert told["size"] == [1, 15, 2, 106, 1]
    assert told["updated"] == "2026-01-01"


def test_the_ministrys_number_is_led_to_ours_exactly(need: dg.Need) -> None:
    steps = dg.ministry_bridge(need).set_index("step")
    assert steps.loc["ministry", "value"] == 3_409
    assert steps.loc["ministry", "value"] + steps["change"].sum() == pytest.approx(steps.loc["own", "value"], rel=1e-12)
    assert steps.loc["vintage", "change"] / 3_409 == pytest.approx(-0.0615, abs=0.0005)
    own = need.users_of("80+")
    assert steps.loc["own", "value"] == pytest.approx(own[own["year"] == 2040]["users"].sum())


def test_coverage_of_home_service_and_long_stay_fell_from_2020_to_2025(need: dg.Need) -> None:
    both = need.coverage_by_year().query("service == 'together'").set_index("year")["value"]
    assert both[[2020, 2025]].round(1).tolist() == [45.6, 36.1]


def test_person_years_follow_users_of_all_ages(need: dg.Need) -> None:
    everyone = need.users_of("total").groupby("year")["users"].sum()
    fte = need.person_years.groupby("year")["fte"].sum()
    assert (fte / everyone).round(12).nunique() == 1
    assert fte.iloc[0] / everyone.iloc[0] == pytest.approx(1787 / 3690)


def test_derived_67_79_is_all_less_the_others(observed: dg.Observed) -> None:
    users = observed.users.query("service == 'home_service' and year == 2025")
    wide = users.pivot(index="region", columns="age_group", values="users")
    assert (wide["total"] - wide["0-66"] - wide["80+"] == wide["67-79"]).all()
    assert set(users[users["age_group"] == "67-79"]["quality"]) == {"derived"}


def test_suppressed_missing_and_zero_stay_three_things(observed: dg.Observed) -> None:
    users = observed.users.query("service == 'long_stay' and region == '5014' and year == 2025").set_index("age_group")
    assert users.loc["80+", "status"] == ":"
    assert np.isnan(users.loc["80+", "users"])
    everything = observed.users
    assert (everything["users"] == 0).any()
    assert {"", ":", ".."} == set(everything["status"])


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
@pytest.mark.parametrize("name", ["gap", "engerdal"])
def test_every_result_draws_itself_without_a_fault_in_every_language(
    name: str, language: str, request: pytest.FixtureRequest
) -> None:
    from demografi import plots

    gap = request.getfixturevalue(name)
    projection = gap.need.projection
    ratios = dg.indicators(projection, against=["nation"])
    for result in (projection.observed, projection, gap.need, gap.supply, gap, ratios):
        drawn = result.plot(language=language)
        assert plots.problems(drawn) == []
        assert drawn.figure.words.alt
    for by in ("municipality", "coverage"):
        assert plots.problems(gap.need.plot(by=by, language=language)) == []


@pytest.mark.parametrize("age_group", ["80+", "20-66", "total"])
def test_counted_change_is_explained_exactly(observed: dg.Observed, age_group: str) -> None:
    causes = observed.explain(age_group).pivot(index="region", columns="cause", values="persons")
    assert np.abs(causes.drop(columns="end").sum(axis=1) - causes["end"]).max() < 1e-9
