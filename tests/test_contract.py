"""The names and columns other programs rely on; they change only with a deprecation."""

from __future__ import annotations

import demografi as dg

COLUMNS = {
    "Observed.population": "region year sex age persons status",
    "Observed.births": "region year sex age births status",
    "Observed.deaths": "region year sex age deaths status",
    "Observed.net_migration": "region year sex age net_migration status",
    "Observed.users": "region year reference_date service age_group users status",
    "Observed.person_years": "region year reference_date service occupation concept fte status",
    "Observed.staff": "region year reference_date occupation age_group sector basis persons fte status",
    "Projection.population": "region year sex age persons",
    "Projection.births": "region year sex age births",
    "Projection.deaths": "region year sex age deaths",
    "Projection.net_migration": "region year sex age net_migration",
    "Projection.age_groups": "region year age_group persons",
    "Need.users": "region year service age_group users",
    "Need.person_years": "region year service fte",
    "Need.cells": "region year service age_group ages persons users fte",
    "Need.coverage": "region year service age_group users low high population",
    "Supply.supply": "region year occupation age_group persons fte",
    "Supply.stock": "region occupation sexes age persons fte",
    "Supply.hazards": "occupation sexes cause age hazard",
    "Supply.entrants": "region occupation kind age per_year",
    "Gap.gap": "region year occupation need supply gap",
    "Indicators.indicators": "region year indicator definition value",
    "Goal.goal": "region year indicator lever target baseline reached per_year women_20_39",
    "Goal.history": "region first_year last_year net_migration children",
    "Backtest.backtest": "model launch horizon year region age_group projected observed",
    "Backtest.intervals": "launch horizon kind unit age_group inhabitants projected observed crps pit low_50 high_50 "
    "low_80 high_80 low_95 high_95 low_q_50 high_q_50 low_q_80 high_q_80 low_q_95 high_q_95 low_ssb high_ssb",
}
VERBS = (
    "example load region list_regions project need supply gap indicators backtest report ministry_bridge read scenario "
    "bridge departure official compare goal follow sentences trace refresh fit_errors"
)
NOUN_FACE = "schema contract has sources cautions save open plot explain to_frame region_scheme"
REGION_FACE = "schema contract has sources cautions save open to_frame region_scheme"
ADDITIVE = ("Observed", "Projection", "Need", "Supply", "Gap")
SCHEMA = "table column dtype kind unit reference may_be_missing signed"


def test_names_and_columns_other_programs_rely_on(gap: dg.Gap, indicators: dg.Indicators) -> None:
    nouns = (dg.Observed, dg.Projection, dg.Need, dg.Supply, dg.Gap, dg.Indicators, dg.Goal, dg.Backtest)
    found = {
        f"{noun.__name__}.{name}": " ".join(contract.names)
        for noun in nouns
        for name, contract in noun.CONTRACTS.items()
    }
    assert found == COLUMNS
    for verb in VERBS.split():
        assert callable(getattr(dg, verb))
    goal = dg.goal(dg.project(dg.example("Engerdal"), to=2030), persons=1300, on=2030)
    results = (gap.need.projection.observed, gap.need.projection, gap.need, gap.supply, gap, indicators, goal)
    for result in results:
        name = type(result).__name__
        lacking = [face for face in NOUN_FACE.split() if not hasattr(result, face)]
        assert not lacking, name
        assert result.contract == 1
        assert " ".join(result.schema.columns) == SCHEMA
        assert isinstance(result.sources, tuple)
        assert isinstance(result.cautions, tuple)
        assert (name in ADDITIVE) == hasattr(result, "total")
        for table in result.tables:
            assert result.has(table)
            columns = COLUMNS[f"{name}.{table}"].split()
            assert list(result.table(table).columns)[: len(columns)] == columns
    projection = gap.need.projection
    assert (projection.scenario, projection.vintage, projection.launch) == ("main", "demografi 2026", 2026)
    assert gap.supply.replacement(2040).columns.tolist() == ["region", "occupation", "stock", "exits"]


def test_a_region_has_the_face_of_a_noun() -> None:
    group, nation = dg.region("Lakseregionen helse"), dg.region("Norge")
    for region in (group, nation):
        assert not [face for face in REGION_FACE.split() if not hasattr(region, face)]
        assert region.contract == 1
        assert " ".join(region.schema.columns) == SCHEMA
        assert region.schema["column"].tolist() == region.to_frame().columns.tolist()
        assert (region.has("members"), region.has("persons")) == (True, False)
        assert [source.table for source in region.sources] == ["KLASS 131"]
    assert group.cautions == group.notes != ()
