"""Tables as Statistics Norway lays them out, filled from the figures that ship with the package.

Each figure stands where the publisher would have it: under the code in use that year. Codes of
another era hold zeros in the population table and nothing in the others.
"""

from __future__ import annotations

from functools import cache

import pandas as pd
from pxweb_answers import CodeList, DemoTable, Variable

from demografi.loading.care import HOME_SERVICE, LONG_STAY_AGES, occupations
from demografi.regions.rows import codes_in_use
from demografi.sources import shipped

MUNICIPALITIES = ["5029", "5059", "5055", "1576", "5056", "5014", "5057", "5022", "5061", "1566", "3425"]
COUNTIES = ["50", "15", "34"]
AGES = [f"{age:03}" for age in range(105)] + ["105+"]
YEARS = [str(year) for year in range(2006, 2027)]
DIVIDED = {"1613", "5012"}


@cache
def links() -> pd.DataFrame:
    table = codes_in_use()
    return table[table["target"].isin(MUNICIPALITIES)].drop_duplicates("code")


@cache
def carrier(code: str, year: int) -> str:
    """Today's municipality whose figures a code holds in a year, or empty where it holds none."""
    if code not in set(links()["code"]):
        return code
    row = links().set_index("code").loc[code]
    if not row["first_year"] <= year <= row["last_year"] or code in DIVIDED:
        return ""
    used = links()[(links()["target"] == row["target"]) & ~links()["code"].isin(DIVIDED)]
    used = used[(used["first_year"] <= year) & (year <= used["last_year"])]
    return str(row["target"]) if used["code"].iloc[0] == code else "zero"


def region_codes() -> dict[str, str]:
    return {code: code for code in [*links()["code"]]}


def grouped() -> list[CodeList]:
    """As the publisher's list: what was divided, and all its receivers were, stands in a rest of its own."""
    receivers = {"5055", "5056", "5059"}
    rows = links().groupby("target")["code"].agg(list)
    members = {f"K-{t}": (t, [t] if t in receivers else rows[t]) for t in MUNICIPALITIES}
    members["K-Rest"] = ("Delte kommuner og uoppgitt", [c for t in receivers for c in rows[t] if c != t])
    counties = {f"F-{code}": (code, [code]) for code in COUNTIES}
    return [
        CodeList("agg_KommSummer", "Kommuner 2024, sammenslåtte tidsserier", "Aggregation", members),
        CodeList("agg_KommFylker", "Fylker 2024, sammenslåtte tidsserier", "Aggregation", counties),
        CodeList("vs_Landet", "Hele landet", "Valueset", {"0": ("Hele landet", ["0"])}),
    ]


@cache
def _persons() -> dict[tuple[str, int, str, int], float]:
    both = [shipped.read("population_municipalities"), shipped.read("population_counties_nation")]
    table = pd.concat(both, ignore_index=True)
    table = table.melt(["region", "year", "age"], ["female", "male"], var_name="sex", value_name="persons")
    return dict(
        zip(table[["region", "year", "sex", "age"]].itertuples(index=False, name=None), table["persons"], strict=True)
    )


def population() -> DemoTable:
    def persons(cell: dict[str, str]) -> float:
        year = int(cell["Tid"])
        key = (carrier(cell["Region"], year), year, {"1": "male", "2": "female"}[cell["Kjonn"]], int(cell["Alder"][:3]))
        return _persons().get(key, 0)

    regions = {"0": "Hele landet", **{code: code for code in COUNTIES}, **region_codes()}
    lists = ("agg_KommSummer", "agg_KommFylker", "vs_Landet")
    variables = [
        Variable("Region", "region", regions, "geo", elimination=True, klass=131, codelists=lists),
        Variable("Kjonn", "kjønn", {"2": "Kvinner", "1": "Menn"}, elimination=True),
        Variable("Alder", "alder", {age: f"{age} år" for age in AGES}, elimination=True),
        contents({"Personer1": "Personer"}),
        years(range(2004, 2027)),
    ]
    return DemoTable("07459", "Befolkning, etter region, kjønn, alder og år", variables, persons)


def contents(codes: dict[str, str]) -> Variable:
    return Variable("ContentsCode", "statistikkvariabel", codes, "metric")


def years(span: range) -> Variable:
    return Variable("Tid", "år", {str(year): str(year) for year in span}, "time")


def kostra_region() -> Variable:
    codes = {**region_codes(), "EAK": "Landet", "EKG01": "Kostragruppe 1"}
    return Variable("KOKkommuneregion0000", "region", codes, klass=131)


def _figure(known: dict[tuple[object, ...], float | str], code: str, year: int, *rest: str) -> float | str:
    """Give the figure a code holds; of several codes that were merged, the first holds all of it."""
    holder = carrier(code, year)
    if holder == "zero":
        return 0
    return known.get((holder, year, *rest), "..")


@cache
def _users() -> dict[tuple[object, ...], float | str]:
    table = shipped.read("care_users")
    cells = table["users"].astype(object).where(table["users"].notna(), table["status"])
    return dict(
        zip(table[["region", "year", "service", "age_group"]].itertuples(index=False, name=None), cells, strict=True)
    )


def care_basis() -> DemoTable:
    def users(cell: dict[str, str]) -> float | str:
        year, group = int(cell["Tid"]), HOME_SERVICE.get(cell["ContentsCode"])
        return _figure(_users(), cell["KOKkommuneregion0000"], year, "home_service", str(group))

    codes = {**{code: code for code in HOME_SERVICE}, "KOSlangtid0000": "Langtidsopphold"}
    variables = [kostra_region(), contents(codes), years(range(2015, 2026))]
    notes = ("Tallene er foreløpige til 15. juni.",)
    updated = "2026-03-16T07:00:00Z"
    return DemoTable("12292", "Supplerende grunnlagsdata, omsorg", variables, users, updated, False, notes)


def care_users() -> DemoTable:
    """Residents by narrower groups than ours: two that are summed share a figure between them."""

    def users(cell: dict[str, str]) -> float | str:
        year, age = int(cell["Tid"]), cell["Alder"]
        figure = _figure(_users(), cell["Region"], year, "long_stay", LONG_STAY_AGES[age])
        figure = figure if cell["TenesteType"] == "21" else 10_000
        if isinstance(figure, str) or age not in ("00-49", "50-66", "80-89", "90+"):
            return figure
        return figure // 3 if age in ("00-49", "90+") else figure - figure // 3

    ages = Variable("Alder", "alder", {age: age for age in LONG_STAY_AGES})
    kinds = Variable("TenesteType", "tjeneste", {"21": "Langtidsopphold", "22": "Korttidsopphold"})
    place = Variable("Region", "region", region_codes(), "geo", klass=131)
    variables = [
        place,
        ages,
        kinds,
        contents({"Brukere1": "Brukere", "BrukerePer1000": "Per 1 000"}),
        years(range(2009, 2026)),
    ]
    return DemoTable("11645", "Brukere av omsorgstjenester", variables, users, updated="2026-06-20T07:00:00Z")


@cache
def _fte(name: str) -> dict[tuple[object, ...], float | str]:
    table = shipped.read(name)
    return dict(
        zip(table[["region", "year", "occupation"]].itertuples(index=False, name=None), table["fte"], strict=True)
    )


def occupation_person_years() -> DemoTable:
    def fte(cell: dict[str, str]) -> float | str:
        year, name = int(cell["Tid"]), occupations()[cell["KOKyrker0000"]]
        return _figure(_fte("person_years_by_occupation"), cell["KOKkommuneregion0000"], year, name)

    names = Variable("KOKyrker0000", "yrke", dict(occupations()))
    variables = [
        kostra_region(),
        names,
        contents({"KOSARBAARSVERKST0000": "Avtalte årsverk"}),
        years(range(2015, 2026)),
    ]
    return DemoTable("14533", "Avtalte årsverk etter yrke", variables, fte, updated="2026-06-15T06:00:00Z")


def nurse_person_years() -> DemoTable:
    def fte(cell: dict[str, str]) -> float | str:
        year = int(cell["Tid"])
        if (cell["KOKstillingkode0000"], cell["KOKutdanningoms0000"]) != ("TOT", "01"):
            return 10_000
        return _figure(_fte("nurse_person_years"), cell["KOKkommuneregion0000"], year, "nurse")

    positions = Variable("KOKstillingkode0000", "stilling", {"TOT": "Alle", "01": "Leder"})
    educations = Variable("KOKutdanningoms0000", "utdanning", {"01": "Sykepleiere", "02": "Andre"})
    counted = contents({"KOSARBAARSVERKST0000": "Avtalte årsverk"})
    variables = [kostra_region(), positions, educations, counted, years(range(2015, 2026))]
    return DemoTable("14534", "Avtalte årsverk etter utdanning", variables, fte, updated="2026-06-15T06:00:00Z")


def every_table() -> list[DemoTable]:
    return [population(), care_basis(), care_users(), occupation_person_years(), nurse_person_years()]
