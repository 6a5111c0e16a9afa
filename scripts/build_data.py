"""Write down the shipped figures in our own layout, and verify them.

    python scripts/build_data.py write     # from the folder DEMOGRAFI_REFERENCE (default ../shared/reference)
    python scripts/build_data.py verify    # needs nothing but this checkout

Figures are SSB's, the Directorate of Health's and our own estimates; no file is copied.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from demografi.evaluation.hold_out import hit_table, hold_out_rows
from demografi.evaluation.launches import fit_launch
from demografi.evaluation.past_errors import error_table
from demografi.loading.care import occupations
from demografi.projection.fitting import NEUTRAL, neutral_county, to_table
from demografi.rates import Settings
from demografi.sources import shipped
from demografi.sources.reference import read_reference

ROOT = Path(__file__).parents[1]
RAW = ROOT / "data" / "raw"
CODES = ROOT / "src" / "demografi" / "data"
REFERENCE = Path(os.environ.get("DEMOGRAFI_REFERENCE", ROOT.parent / "shared" / "reference"))

LAUNCH = 2026
LAST_YEAR = 2050
TEN = ["5029", "5059", "5055", "1576", "5056", "5014", "5057", "5022", "5061", "1566"]
ELEVEN = [*TEN, "3425"]
COUNTIES = ["50", "15", "34"]
SSB = "SSB"
NLOD = "NLOD 2.0 / CC BY 4.0"
FETCHED = "2026-11-21"


def population() -> pd.DataFrame:
    """SSB 07459, 1 January, by region, sex and single year, 2006-2026, borders of 2024."""
    cells = pd.read_parquet(REFERENCE / "ssb_07459_population_municipality_by_sex_age_2005_2026.parquet")
    cells = cells.rename(columns={"region_code": "region", "value": "persons"})
    cells = cells[cells["year"] >= 2006]
    return cells


def population_municipalities() -> pd.DataFrame:
    """The eleven municipalities of the running examples."""
    cells = population()
    return _sorted(cells[cells["region"].isin(ELEVEN)], ELEVEN)


def population_counties_nation() -> pd.DataFrame:
    """Three counties as sums of their municipalities, and the nation as SSB gives it."""
    cells = population()
    county = _municipalities().set_index("code")["county"].to_dict() | {"1507": "15"}
    cells = cells.assign(region=[county[code] for code in cells["region"]])
    cells = cells[cells["region"].isin(COUNTIES)]
    cells = cells.groupby(["region", "year", "sex", "age"], as_index=False)[["persons"]].sum()
    nation = pd.read_csv(
        REFERENCE / "ssb_07459_population_norway_by_sex_age_1986_2026.csv", dtype={"region_code": "str"}
    ).rename(columns={"region_code": "region", "value": "persons"})
    both = pd.concat([cells, nation[nation["year"] >= 2006]])
    return _sorted(both, [*COUNTIES, "0"])


def _sorted(cells: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    place = {code: i for i, code in enumerate(order)}
    wide = cells.pivot_table(index=["region", "year", "age"], columns="sex", values="persons").reset_index()
    wide = wide.assign(place=wide["region"].map(place)).sort_values(["place", "year", "age"])
    wide[["female", "male"]] = wide[["female", "male"]].astype("int64")
    return wide[["region", "year", "age", "female", "male"]]


def care_users() -> pd.DataFrame:
    """KOSTRA users on 31 December by service and age group; a cell without value carries its sign."""
    panel = _panel()
    services = {
        "home_service": (
            "home_service_users_",
            {"total": "total", "0_66": "0-66", "67_79": "67-79", "80plus": "80+"},
        ),
        "long_stay": (
            "institution_longterm_",
            {"total": "total", "0_66": "0-66", "67_79": "67-79", "80plus": "80+"},
        ),
        "staffed_housing": ("residents_24h_staffed_housing", {"": "total"}),
    }
    parts = []
    for service, (stem, groups) in services.items():
        for ending, group in groups.items():
            part = panel[["region", "year"]].assign(service=service, age_group=group, users=panel[stem + ending])
            part["total"] = panel.get(stem + "total", np.nan)
            parts.append(part)
    users = pd.concat(parts)
    empty = users["users"].isna()
    not_in_table = (users["service"] == "home_service") & (users["age_group"] == "67-79") & (users["year"] >= 2017)
    hidden = empty & users["total"].notna() & ~not_in_table
    users["status"] = np.where(hidden, ":", np.where(empty, "..", ""))
    users["users"] = users["users"].astype("Int64")
    users["reference_date"] = users["year"].astype("str") + "-12-31"
    users = users.sort_values(["region", "year", "service", "age_group"])
    return users[["region", "year", "reference_date", "service", "age_group", "users", "status"]]


def nurse_person_years() -> pd.DataFrame:
    """Contracted person-years of nurses by education in municipal care, November."""
    panel = _panel().rename(columns={"nurse_person_years": "fte"})
    panel = panel[panel["fte"].notna()]
    return _person_years(panel.assign(occupation="nurse", concept="education"))


def person_years_by_occupation() -> pd.DataFrame:
    """Contracted person-years in municipal care by occupation, where at hand."""
    cells = pd.read_csv(
        REFERENCE / "ssb_14533_care_person_years_selected_municipalities_2018_2025.csv",
        dtype={"region_code": "str", "occupation_code": "str"},
    ).rename(columns={"region_code": "region", "value": "fte"})
    cells = cells[cells["region"].isin(ELEVEN)]
    cells = cells.assign(occupation=cells["occupation_code"].map(occupations()), concept="occupation")
    return _person_years(cells)


def _person_years(cells: pd.DataFrame) -> pd.DataFrame:
    cells = cells.assign(reference_date=cells["year"].astype("str") + "-11-16", service="care", status="")
    cells = cells.sort_values(["region", "year", "occupation"])
    return cells[["region", "year", "reference_date", "service", "occupation", "concept", "fte", "status"]]


def share_55plus() -> pd.DataFrame:
    """National share and number aged 55+ by occupation in municipal health and care."""
    names = {
        "sykepleier_uten_videreutdanning": "nurse_without_further_education",
        "sykepleier_med_videreutdanning_ekskl_jordmor_helsesykepleier": "nurse_with_further_education",
        "helsesykepleier": "public_health_nurse",
        "jordmor": "midwife",
        "helsefagarbeider_hjelpepleier_omsorgsarbeider": "health_care_worker",
        "uten_helse_og_sosialfaglig_utdanning": "without_health_education",
        "vernepleier": "social_educator",
    }
    cells = pd.read_csv(REFERENCE / "helsedirektoratet_personnel_55plus_norway_2016_2020.csv")
    wide = cells.pivot_table(index=["occupation", "year"], columns="measure", values="value").reset_index()
    wide["occupation"] = wide["occupation"].map(names)
    wide["share"] = (wide["share_55plus_percent"] / 100).round(4)
    wide["persons"] = wide["employed_55plus"].astype("Int64")
    wide["status"] = np.where(wide["persons"].isna(), "..", "")
    return wide.assign(region="0", age_group="55+").sort_values(["occupation", "year"])[
        ["region", "year", "occupation", "age_group", "share", "persons", "status"]
    ]


def national_projections() -> pd.DataFrame:
    """SSB's national projections of every vintage at hand: MMMM, LLML, HHMH by age group."""
    cells = pd.read_parquet(REFERENCE / "ssb_regional_projections_telemark_2005_2026_vintages.parquet")
    cells = cells[cells["region_code"] == "0"].rename(columns={"value": "persons"})
    cells["persons"] = cells["persons"].astype("int64")
    cells["first"] = cells["age_group"].str.extract(r"^(\d+)").astype(int)
    cells = cells.sort_values(["vintage", "alternative", "year", "first"])
    return cells[["vintage", "alternative", "year", "age_group", "persons"]]


def projection_parameters() -> pd.DataFrame:
    """Our estimates at the launch of what one place needs of the whole country, to 2050."""
    found = read_reference(REFERENCE)
    parameters, _ = fit_launch(found, LAUNCH, LAST_YEAR - LAUNCH, Settings())
    counties = sorted({code[:2] for code in found.regions})
    return to_table(neutral_county(parameters), LAUNCH, [*counties, NEUTRAL])


def projection_errors() -> pd.DataFrame:
    """The error model fitted on all outcomes to the launch."""
    return error_table(read_reference(REFERENCE), LAUNCH)


def interval_hits() -> pd.DataFrame:
    """How often intervals of the frozen error model have held at launches it has not seen; about two minutes."""
    return hit_table(hold_out_rows(read_reference(REFERENCE)))


def project_description() -> pd.DataFrame:
    """The regional figures of the project description, as printed there."""
    warning = (
        "The sentence is garbled in the source: 299 may count all staff with higher education. Never divide 299 by 673."
    )
    rows = [
        (
            "users_80plus",
            2019,
            1695,
            "persons",
            "Tjenestebehov (regjeringen.no)",
            "home service or institution",
        ),
        (
            "users_80plus",
            2040,
            3409,
            "persons",
            "Tjenestebehov (regjeringen.no)",
            "projected; rests probably on SSB's vintage of 2020 (inferred)",
        ),
        (
            "person_years",
            2019,
            1787,
            "person-years",
            "Tjenestebehov (regjeringen.no)",
            "institution and home service, for users of all ages",
        ),
        (
            "person_years",
            2040,
            3277,
            "person-years",
            "Tjenestebehov (regjeringen.no)",
            "need, users of all ages",
        ),
        ("nurses_and_social_educators", 2020, 673, "persons", "Trøndelag i tall", "employed"),
        ("staff_55plus", 2020, 299, "persons", "Trøndelag i tall", warning),
    ]
    table = pd.DataFrame(rows, columns=["figure", "year", "value", "unit", "source", "caveat"])
    return table.assign(region="lakseregionen")[["region", "figure", "year", "value", "unit", "source", "caveat"]]


def _panel() -> pd.DataFrame:
    panel = pd.read_csv(
        REFERENCE / "kostra_care_panel_selected_municipalities_2007_2025.csv", dtype={"region_code": "str"}
    ).rename(columns={"region_code": "region"})
    return panel[panel["region"].isin(ELEVEN)]


NORWEGIAN = {
    "Snåase-Snåsa": "Snåsa", "Raarvihke-Røyrvik": "Røyrvik", "Loabák-Lavangen": "Lavangen",
    "Gáivuotna-Kåfjord-Kaivuono": "Kåfjord", "Kárášjohka-Karasjok": "Karasjok",
    "Guovdageaidnu-Kautokeino": "Kautokeino", "Deatnu-Tana": "Tana", "Unjárga-Nesseby": "Nesseby",
    "Oslo-Oslove": "Oslo", "Fauske-Fuosko": "Fauske", "Sortland-Suortá": "Sortland",
    "Storfjord-Omasvuotna-Omasvuono": "Storfjord", "Porsanger-Porsáŋgu-Porsanki": "Porsanger",
    "Finnmark-Finnmárkku": "Finnmark", "Innlandet-Sisdajven": "Innlandet",
    "Nordland-Nordlándda": "Nordland", "Troms-Romssa": "Troms", "Trøndelag-Trööndelage": "Trøndelag",
}  # fmt: skip


def _municipalities() -> pd.DataFrame:
    rows = pd.read_csv(REFERENCE / "municipalities_2024.csv", dtype="str")
    full = [name.replace("-", " – ") if name in NORWEGIAN else name for name in rows["region_name"]]
    return pd.DataFrame(
        {
            "code": rows["region_code"],
            "name": rows["region_name"].replace(NORWEGIAN),
            "full_name": full,
            "county": rows["county_code"],
            "county_name": rows["county_name"].replace(NORWEGIAN),
        }
    )


def _former_municipalities() -> pd.DataFrame:
    groups = pd.read_csv(REFERENCE / "ssb_kommsummer_code_groups_2024.csv", dtype="str")
    changes = pd.read_csv(REFERENCE / "municipality_code_changes_to_2024.csv", dtype="str")
    divided = changes.groupby("source_code")["code_2024"].agg(lambda codes: " ".join(sorted(set(codes))))
    today = set(_municipalities()["code"])
    groups = groups[~groups["source_code"].isin(today)].drop_duplicates("source_code")
    one = groups["code_2024"].where(groups["code_2024"].isin(today))
    successors = one.fillna(groups["source_code"].map(divided))
    name = groups["source_name"].str.replace(r"\s*\(.*\)$", "", regex=True)
    years = groups["source_name"].str.extract(r"\((.*)\)$")[0].fillna("")
    table = pd.DataFrame({"code": groups["source_code"], "name": name, "years": years, "successors": successors})
    return table.dropna(subset=["successors"]).sort_values("code")


TABLES: dict[str, tuple[Callable[[], pd.DataFrame], dict[str, str]]] = {
    "population_municipalities": (
        population_municipalities,
        {
            "publisher": SSB,
            "table": "07459",
            "title": "Befolkning 1. januar etter kjønn og ettårig alder, elleve kommuner",
            "vintage": "2006–2026, kommunegrenser 2024",
            "licence": NLOD,
            "caveat": "Recoded to 2024 borders by github.com/niphr/csdata 2026.8.21. Heim 5055, Hitra 5056 and Orkland 5059 "
            "before 2020 rest on a guessed split of Snillfjord (35/35/30) and are chain-linked when loaded.",
        },
    ),
    "population_counties_nation": (
        population_counties_nation,
        {
            "publisher": SSB,
            "table": "07459",
            "title": "Befolkning 1. januar etter kjønn og ettårig alder, tre fylker og Norge",
            "vintage": "2006–2026, fylkesgrenser 2024",
            "licence": NLOD,
            "caveat": "Counties are our sums of municipalities recoded to 2024 borders by github.com/niphr/csdata 2026.8.21.",
        },
    ),
    "care_users": (
        care_users,
        {
            "publisher": SSB,
            "table": "04686, 12292, 11645 (KOSTRA)",
            "title": "Brukere av hjemmetjenester og beboere på langtidsopphold 31. desember",
            "vintage": "2007–2025",
            "licence": NLOD,
            "caveat": "Collected by github.com/ChristianBHT/Framskrivningsverkt-y. ':' hidden small cell, '..' not in the table. "
            "Users 67–79 of home service are not in table 12292 (from 2017). Reporting jumps are real in the source. "
            "IPLOS changed in 2019.",
        },
    ),
    "nurse_person_years": (
        nurse_person_years,
        {
            "publisher": SSB,
            "table": "11924, 14534 (KOSTRA)",
            "title": "Avtalte årsverk av sykepleiere etter utdanning, omsorgstjenesten, november",
            "vintage": "2015–2025",
            "licence": NLOD,
            "caveat": "Collected by github.com/ChristianBHT/Framskrivningsverkt-y; 2015–2023 are the mean of overlapping tables. "
            "By education, leaders included: not the concept of table 14533.",
        },
    ),
    "person_years_by_occupation": (
        person_years_by_occupation,
        {
            "publisher": SSB,
            "table": "14533 (KOSTRA)",
            "title": "Avtalte årsverk i omsorgstjenesten etter yrke, november",
            "vintage": "2018–2025",
            "licence": NLOD,
            "caveat": "Collected by github.com/hmelberg/kapasitet. Complete for Skaun, Heim, Hitra and Orkland (Skaun's total 2018 is missing); "
            "main groups only for Rindal; the other six are not at hand.",
        },
    ),
    "share_55plus": (
        share_55plus,
        {
            "publisher": "Helsedirektoratet",
            "table": "18 i «Personell og kompetanse i den kommunale helse- og omsorgstjenesten»",
            "title": "Ansatte 55 år og eldre etter yrke, hele landet",
            "vintage": "2016–2020",
            "licence": "lisens ikke oppgitt",
            "caveat": "National only. Social educators (vernepleiere) end in 2018 and have no number.",
        },
    ),
    "national_projections": (
        national_projections,
        {
            "publisher": SSB,
            "table": "05904–14746",
            "title": "Nasjonal framskriving, alternativ MMMM, LLML og HHMH",
            "vintage": "2005–2026",
            "licence": NLOD,
            "caveat": "Collected by github.com/evensrii/Telemark. Older vintages have 20–66 unsplit.",
        },
    ),
    "projection_parameters": (
        projection_parameters,
        {
            "publisher": "demografi",
            "table": "egen beregning",
            "title": "Det framskrivingen bygger på fra hele landet: dødelighet, fruktbarhet, flytting og nasjonal framskriving",
            "vintage": "start 2026, data til og med 2025 (dødelighet 2023, fruktbarhetens form 2022)",
            "licence": "CC BY 4.0",
            "caveat": "Our estimates, fitted on SSB 07459 (whole country), SSB 14746 (national, MMMM), the Human Mortality Database "
            "(www.mortality.org, Norway, downloaded 2025-08-19) and the Human Fertility Database "
            "(www.humanfertility.org, Norway); those two are cited and not shipped.",
        },
    ),
    "projection_errors": (
        projection_errors,
        {
            "publisher": "demografi",
            "table": "egen beregning",
            "title": "Framskrivingens feil: nasjon, fylke og kommune, målt på tidligere framskrivinger",
            "vintage": "utfall til og med 1. januar 2026",
            "licence": "CC BY 4.0",
            "caveat": "Our estimates, from projections made again at launches from 1971 (nation) and 2007 (municipalities); how they "
            "were chosen, and how often such intervals have held, is in docs/uncertainty.md.",
        },
    ),
    "interval_hits": (
        interval_hits,
        {
            "publisher": "demografi",
            "table": "egen beregning",
            "title": "Hvor ofte intervallene har holdt, etter aldersgruppe og år fram",
            "vintage": "framskrivinger laget på nytt fra 2016–2021, utfall til og med 1. januar 2026",
            "licence": "CC BY 4.0",
            "caveat": "Our back-test: the error model of outcomes to 2016 on later launches; 351 municipalities, tens of neighbouring codes and "
            "counties. Ten years ahead there is one launch. See docs/uncertainty.md.",
        },
    ),
    "project_description": (
        project_description,
        {
            "publisher": "Lakseregionen",
            "table": "prosjektbeskrivelsen",
            "title": "Regionens egne tall, slik de står i prosjektbeskrivelsen",
            "vintage": "2019–2040",
            "licence": "sitat",
            "caveat": "Quoted from the project description, which names Tjenestebehov (regjeringen.no) and Trøndelag i tall. "
            "299 and 673 must never be divided by each other.",
        },
    ),
}


def write() -> None:
    """Write every table and the manifest."""
    RAW.mkdir(parents=True, exist_ok=True)
    CODES.mkdir(parents=True, exist_ok=True)
    _municipalities().to_csv(CODES / "municipalities.csv", index=False, lineterminator="\n")
    _former_municipalities().to_csv(CODES / "former_municipalities.csv", index=False, lineterminator="\n")
    rows = []
    for name, (make, about) in TABLES.items():
        path = RAW / f"{name}.csv"
        make().to_csv(path, index=False, lineterminator="\n")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        rows.append(
            {
                "id": name,
                "file": path.name,
                "updated": "",
                "fetched": "" if about["publisher"] == "demografi" else FETCHED,
                "url": "",
                "sha256": digest,
                **about,
            }
        )
    order = [
        "id",
        "file",
        "publisher",
        "table",
        "title",
        "vintage",
        "updated",
        "fetched",
        "url",
        "licence",
        "sha256",
        "caveat",
    ]
    pd.DataFrame(rows)[order].to_csv(RAW / shipped.MANIFEST, index=False, lineterminator="\n")


def verify() -> int:
    """Print what differs from the manifest, and the size of all; return the number of faults."""
    faults = shipped.verify()
    size = sum(path.stat().st_size for path in RAW.iterdir())
    if size >= 2_000_000:
        faults.append(f"The shipped figures take {size:,} bytes; the limit is 2,000,000.")
    for fault in faults:
        print(fault)
    print(f"{len(TABLES)} tables, {size:,} bytes, {len(faults)} faults")
    return len(faults)


if __name__ == "__main__":
    verb = sys.argv[1] if len(sys.argv) == 2 else ""
    if verb == "write":
        write()
    elif verb != "verify":
        raise SystemExit("Usage: python scripts/build_data.py write|verify")
    raise SystemExit(verify())
