"""Write the pages that the browser opens, and what Python says they must show.

What is expected of a place and a year is the chapter of that place alone, projected to that year: another road to the
same numbers. Run by ``make page-test``.
"""

from __future__ import annotations

import json
import random
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import demografi as dg
from demografi import labels
from demografi.needs import figure_words
from demografi.reports import chapter
from demografi.reports.page import as_page

HOSTILE = "<script>pwned=1</script></script>\"'&<img src=x onerror=pwned=1>\u202e{region}"
STATES = (("", 2040, 2025), ("5056", 2035, 2025), ("5029", 2031, 2020), ("5061", 2027, 2023), ("", 2033, 2022))


def gap_to(name: str, to: int, coverage_year: int, draws: int = 0) -> dg.Gap:
    """Return the gap of a place that ships, to a year, with the coverage of a year."""
    observed = dg.example(name)
    projection = dg.project(observed, to=to, draws=draws)
    return dg.gap(dg.need(projection, coverage_year=coverage_year), dg.supply(observed, to=to))


def renamed(result: Any, name: str) -> Any:
    """Return a result whose region, and the first member of it, have another name."""
    facts = dict(result.facts)
    if "region" in facts:
        members = [name + " " + facts["region"]["names"][0], *facts["region"]["names"][1:]]
        facts["region"] = {**facts["region"], "name": name, "names": members}
    return replace(result, facts=facts, rests_on={key: renamed(part, name) for key, part in result.rests_on.items()})


def expected(code: str, year: int, coverage_year: int, language: str) -> dict[str, Any]:
    """Return what the page must show of a place, a year and a coverage."""
    gap = gap_to(code or "Lakseregionen", year, coverage_year)
    need, told = gap.need, chapter(gap, language)
    ratios = dg.indicators(need.projection, against=["county", "nation"])
    titles = {
        "pyramid": need.projection.figure_words(language).title,
        "support_ratio": ratios.figure_words(language).title,
        "users": figure_words(need, "year", language).title,
        "coverage": figure_words(need, "coverage", language).title,
        "nurse_gap": gap.figure_words(language).title,
    }
    if not code:
        titles["municipalities"] = figure_words(need, "municipality", language).title
    said = dg.sentences(gap, language)
    keys = [str(key.number) for key in told.key_numbers]
    users = need.users_of("80+")
    return {
        "hash": f"#place={code or 'lakseregionen'}&year={year}&need=coverage-{coverage_year}",
        "titles": titles,
        "residents": str(said[0]),
        "support": "" if code else _saying(said, "support"),
        "nurses": _saying(said, "nurses"),
        "keys": keys if coverage_year == 2025 else [keys[0], *keys[3:]],
        "users": labels.number(float(users[users["year"] == year]["users"].sum()), language=language),
        "year": str(year),
    }


def _saying(said: list[Any], subject: str) -> str:
    """Return the first sentence with a number of the subject."""
    return str(next(one for one in said if any(number.name.startswith(subject) for number in one.numbers)))


def numbers(language: str) -> list[list[Any]]:
    """Return numbers of every size, halves among them, and how Python prints them."""
    draw = random.Random(1)
    values = [
        0.0,
        -0.0,
        0.5,
        1.5,
        2.5,
        -0.5,
        -0.4,
        0.05,
        0.045,
        1234.5,
        999.5,
        999999.5,
        1e-7,
        -1e-9,
        19.95,
        20.0,
        1e15,
    ]
    values += [sign * draw.random() * 10**size for size in range(-4, 13) for sign in (1, -1) for _ in range(25)]
    values += [round(draw.uniform(-3000, 3000), 2) for _ in range(300)]
    rows: list[list[Any]] = []
    for value in values:
        for decimals in (0, 1, 2):
            for signed in (False, True):
                rows.append(
                    [
                        "number",
                        value,
                        decimals,
                        signed,
                        labels.number(value, decimals, signed=signed, language=language),
                    ]
                )
                rows.append(["percent", value, decimals, signed, labels.percent(value, decimals, signed, language)])
        rows.append(["personYears", value, False, None, labels.person_years(value, language=language)])
        rows.append(["timesWord", abs(value), None, None, labels.times_word(abs(value), language)])
    return rows


def main(folder: Path) -> None:
    """Write pages and what is expected of them."""
    told: dict[str, Any] = {"pages": {}, "hostile": HOSTILE}
    for language, draws in (("nb", 0), ("nn", 200), ("en", 0)):
        gap = gap_to("Lakseregionen", 2040, 2025, draws)
        (folder / f"page-{language}.html").write_text(as_page(gap, chapter(gap, language)), encoding="utf-8")
        states = [expected(*state, language) for state in (STATES if language == "nb" else STATES[:3])]
        told["pages"][language] = {"states": states, "numbers": numbers(language)}
    alone = gap_to("Engerdal", 2040, 2025)
    (folder / "page-engerdal.html").write_text(as_page(alone, chapter(alone, "en")), encoding="utf-8")
    hostile = renamed(gap_to("Lakseregionen", 2030, 2025), HOSTILE)
    (folder / "page-hostile.html").write_text(as_page(hostile, chapter(hostile)), encoding="utf-8")
    (folder / "expected.json").write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
