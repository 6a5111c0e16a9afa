"""Small made-up tables that the local server answers from; their figures tell their cell apart."""

from __future__ import annotations

from pxweb_answers import CodeList, DemoTable, Variable

REGIONS = {
    "0": "Hele landet",
    "5001": "Trondheim - Tråante",
    "5011": "Hemne (2018-2019)",
    "5012": "Snillfjord (2018-2019)",
    "1571": "Halsa (-2019)",
    "5055": "Heim",
    "5056": "Hitra",
    "5059": "Orkland",
}
FORMER = {"5011", "5012", "1571"}
YEARS = [str(year) for year in range(2015, 2027)]
AGES = [f"{age:03}" for age in range(105)] + ["105+"]


def persons(cell: dict[str, str]) -> float:
    """Figures that tell their cell apart; a municipality of another era holds zeros, not gaps."""
    region, year = cell["Region"], int(cell["Tid"])
    if (region in FORMER) == (year >= 2020) and region not in ("0", "5001"):
        return 0
    return int(region) + 3 * AGES.index(cell["Alder"]) + 7 * int(cell["Kjonn"]) + 11 * (year - 2014)


def population() -> tuple[DemoTable, list[CodeList]]:
    """A small 07459: eight regions, two sexes, 106 ages, twelve years."""
    merged = {"K-5055": ("Heim", ["5055", "5011", "1571"]), "K-5056": ("Hitra", ["5056"])}
    merged |= {"K-5059": ("Orkland", ["5059"]), "K-Rest": ("Delte kommuner og uoppgitt", ["5012"])}
    grouped = {"F0-19": ("0-19 år", AGES[:20]), "F20+": ("20 år eller eldre", AGES[20:])}
    lists = [
        CodeList("agg_KommSummer", "Kommuner 2024, sammenslåtte tidsserier", "Aggregation", merged),
        CodeList("agg_Aldersgrupper", "Aldersgrupper", "Aggregation", grouped),
        CodeList("vs_Landet", "Hele landet", "Valueset", {"0": ("Hele landet", ["0"])}),
    ]
    variables = [
        Variable("Region", "region", dict(REGIONS), "geo", codelists=("agg_KommSummer", "vs_Landet"), klass=131),
        Variable("Kjonn", "kjønn", {"2": "Kvinner", "1": "Menn"}, elimination=True),
        Variable("Alder", "alder", {age: f"{age} år" for age in AGES}, codelists=("agg_Aldersgrupper",)),
        Variable(
            "ContentsCode",
            "statistikkvariabel",
            {"Personer1": "Personer"},
            "metric",
            units={"Personer1": {"base": "personer", "decimals": 0}},
            extension={"measuringType": {"Personer1": "Stock"}, "refperiod": {"Personer1": "1.1."}},
        ),
        Variable("Tid", "år", {year: year for year in YEARS}, "time"),
    ]
    return DemoTable("07459", "Befolkning, etter region, kjønn, alder og år", variables, persons), lists


def care() -> DemoTable:
    """A small 12209: its region variable has another name, no role, and sums are not allowed."""

    def share(cell: dict[str, str]) -> float | str:
        if cell["KOKkommuneregion0000"] == "5061":
            return ":"
        return 20 + int(cell["Tid"]) % 7 + (0.5 if cell["ContentsCode"].startswith("KOSs") else 0)

    regions = {"5055": "Heim", "5056": "Hitra", "5061": "Rindal", "EAK": "Landet", "EKG01": "Kostragruppe 1"}
    contents = {"KOShjtj80aarover0001": "Andel 80+ hjemmetjenester", "KOSsykhjand80aar0000": "Andel 80+ sykehjem"}
    variables = [
        Variable("KOKkommuneregion0000", "region", regions, klass=131, codelists=("agg_KommSummer",)),
        Variable(
            "ContentsCode", "statistikkvariabel", contents, "metric", units={c: {"base": "prosent"} for c in contents}
        ),
        Variable("Tid", "år", {year: year for year in YEARS[:-1]}, "time"),
    ]
    notes = ("Tallene er foreløpige til 15. juni.",)
    return DemoTable("12209", "Utvalgte nøkkeltall, omsorg", variables, share, aggregallowed=False, notes=notes)
