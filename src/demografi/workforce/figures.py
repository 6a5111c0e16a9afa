"""Supply and gap as figures: what is drawn and what is said about it, from the numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from demografi import labels
from demografi.errors import ScenarioError
from demografi.tables import source_line
from demografi.workforce.exits import exit_ages

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from demografi.tables import Source
    from demografi.workforce.gaps import Gap
    from demografi.workforce.supplies import Supply

__all__ = ["OF_GAP", "OF_SUPPLY", "gap_words"]

OLD_AGE = 55
FEWEST = 20
LEVEL = 0.8
"""Of the interval in the note."""


def _who(supply: Supply, language: str) -> str:
    """Return whom the figure is of: the nurses, or the staff of the occupations followed."""
    return labels.label("hands_nurses" if supply.occupations == ("nurse",) else "hands_staff", language)


def _exits_said(supply: Supply, language: str) -> str:
    preset = supply.facts["exits"]
    if preset == "own":
        return labels.text("hands_exits_own", language)
    row = exit_ages().set_index("preset").loc[[preset]].iloc[0]
    if np.isnan(row["all_causes"]):
        return labels.text("hands_exits_at", language, age=labels.number(row["old_age"], 1, language=language))
    return labels.text("hands_exits_all", language, age=labels.number(row["all_causes"], 1, language=language))


def _ages_said(supply: Supply, language: str) -> str:
    if supply.facts["own"]:
        return labels.text("hands_ages_own", language)
    share = labels.percent(supply.facts["share_55plus"], language=language)
    return labels.text("hands_ages_national", language, share=share)


def _departures(supply: Supply, language: str, **look: Any) -> Axes:
    from demografi import plots

    parts = _summed(supply._explained(supply.to))
    start, end = str(supply.launch), str(supply.to)
    gone = -(parts["retirements"] + parts["other_exits"])
    say = {"region": supply.region.name, "start": start, "end": end, "who": _who(supply, language)}
    say["exits"] = labels.person_years(gone, language=language)
    nurses = supply.occupations == ("nurse",)
    note = f"{_exits_said(supply, language)} {_ages_said(supply, language)}"
    if not supply.has("entrants") and not supply.facts["levers"]:
        note += " " + labels.text("hands_nobody_comes", language)
    title = labels.text("supply_title" if nurses else "hands_supply_title", language, **say)
    words = plots.Words(
        title=title,
        subtitle=labels.text("supply_subtitle" if nurses else "hands_supply_subtitle", language, **say),
        note=note,
        source=source_line(supply.own_sources, language),
        alt=title,
    )
    left = (labels.text("person_years_in", language, year=end), parts["end"], "level")
    steps = [_today(supply, parts, language), *_steps(parts, end, language), left]
    return plots.waterfall(steps, words, language=language, **look)


def _summed(parts: dict[str, pd.Series[float]]) -> dict[str, float]:
    return {name: float(values.sum()) for name, values in parts.items()}


def _today(supply: Supply, parts: dict[str, float], language: str) -> tuple[str, float, str]:
    return (labels.text("person_years_in", language, year=str(supply.launch)), parts["start"], "level")


def _steps(parts: dict[str, float], end: str, language: str) -> list[tuple[str, float, str]]:
    """Return departures and what comes, each only where there is any."""
    if abs(parts["other_exits"]) < 1e-9:
        steps = [(labels.text("departure_to", language, year=end), parts["retirements"], "departure")]
    else:
        steps = [
            (labels.label("hands_old_age", language), parts["retirements"], "departure"),
            (labels.label("hands_other_exits", language), parts["other_exits"], "departure"),
        ]
    for name in ("entrants", "position_size"):
        if abs(parts[name]) > 1e-9:
            steps.append((labels.label(f"hands_{name}", language), parts[name], "recruitment"))
    return steps


def _by_age(supply: Supply, language: str, **look: Any) -> Axes:
    """Draw the shares of each age group; where ages are the nation's, as one bar."""
    from demografi import plots

    total = supply.region.name
    table = _age_table(supply)
    table = table.assign(group=table["group"].map(lambda group: _group_said(group, language)))
    table = plots.hide_second(table, total)
    old = [group for group in supply.facts["groups"] if int(group.split("-")[0].rstrip("+")) >= OLD_AGE]
    focus = [_group_said(group, language) for group in old]
    nurses = supply.occupations == ("nurse",)
    words = plots.staff_ages_words(
        table,
        language,
        total=total,
        focus=focus,
        staff=labels.label("nurses" if nurses else "hands_staff_any", language),
        time=str(supply.launch - 1),
        note=_ages_note(supply, table, language),
        source=source_line(supply.own_sources, language),
    )
    if not supply.facts["heads"]:
        heads, fte = (labels.label(key, language) for key in ("staff_ages_note", "hands_n_fte"))
        words = replace(words, note=words.note.replace(heads, fte))
    drawn = {"total": total, "focus": focus, "focus_label": "55+", "language": language, **look}
    return plots.shares(table, words, **drawn)


def _ages_note(supply: Supply, table: pd.DataFrame, language: str) -> str:
    """Say whose ages these are where they are the nation's, and the rule where a count of one's own is hidden."""
    if not supply.facts["own"]:
        return f"{labels.label('hands_age_note_national', language)} {_ages_said(supply, language)}"
    if not table["persons"].isna().any():
        return ""
    return labels.text("hands_age_note_own", language, limit=str(supply.facts["limit"]))


def _group_said(group: str, language: str) -> str:
    if group.startswith("0-"):
        return labels.text("hands_under", language, age=str(int(group.split("-")[1]) + 1))
    if group.endswith("+"):
        return labels.text("hands_and_over", language, age=group[:-1])
    return group.replace("-", labels.EN_DASH)


def _age_table(supply: Supply) -> pd.DataFrame:
    """Return ``name group persons``, the region first; a place with a hidden group is hidden."""
    heads = "persons" if supply.facts["heads"] else "fte"
    table = supply.to_frame()
    table = table[table["year"] == supply.launch]
    cells = table.pivot_table(index="region", columns="age_group", values=heads, aggfunc=_sum_of_all)
    everyone = supply.total().to_frame()
    everyone = everyone[everyone["year"] == supply.launch]
    by_group = {g: float(everyone.loc[everyone["age_group"] == g, heads].sum()) for g in supply.facts["groups"]}
    if sum(by_group.values()) < FEWEST:
        raise ScenarioError(
            f"Fewer than {FEWEST} are too few to be divided by age in a figure.",
            hint="supply.to_frame(), or take in more places.",
        )
    rows = [(supply.region.name, group, n) for group, n in by_group.items()]
    if supply.facts["own"] and supply.region.is_group:
        for code in supply.region.members:
            own = [float(cells.loc[code].get(group, np.nan)) for group in supply.facts["groups"]]
            values = own if np.isfinite(own).all() else [np.nan] * len(own)
            name = supply.region.name_of(code)
            rows += [(name, group, n) for group, n in zip(supply.facts["groups"], values, strict=True)]
    return pd.DataFrame(rows, columns=["name", "group", "persons"])


def _sum_of_all(part: pd.Series[float]) -> float:
    """Add up; where one is hidden the sum is."""
    return float(part.sum(skipna=False))


def _gap_steps(gap: Gap, language: str, **look: Any) -> Axes:
    from demografi import plots

    parts = gap._causes_summed()
    start, end = str(gap.launch), str(gap.to)
    first, last = gap.of_year(gap.launch), gap.of_year(gap.to)
    supply = {name: -parts[name] for name in ("retirements", "other_exits", "entrants", "position_size")}
    steps = [
        (labels.text("person_years_in", language, year=start), first["supply"], "level"),
        *_steps(supply, end, language),
        (labels.text("left_in", language, year=end), last["supply"], "level"),
        (labels.label("uncovered" if last["gap"] >= 0 else "surplus", language), last["gap"], "gap"),
        (labels.text("need_in", language, year=end), last["need"], "need"),
    ]
    return plots.waterfall(steps, gap_words(gap, language), language=language, **look)


def gap_words(gap: Gap, language: str = "nb") -> Any:
    """Return the words of ``gap.plot()``, from the numbers."""
    from demografi import plots

    first, last = gap.of_year(gap.launch), gap.of_year(gap.to)
    say = {
        "region": gap.region.name,
        "start": str(gap.launch),
        "end": str(gap.to),
        "who": _who(gap.supply, language),
        "gap": labels.person_years(abs(last["gap"]), language=language),
        "need": labels.person_years(last["need"], language=language),
        "left": labels.person_years(last["supply"], language=language),
        "today": labels.person_years(first["supply"], language=language),
    }
    plain = gap.supply.occupations == ("nurse",) and not gap.supply.has("entrants") and not gap.supply.facts["levers"]
    key = ("gap_title" if last["gap"] >= 0 else "gap_title_surplus") if plain else _any_title(last["gap"])
    # Recruitment and levers are steps of the figure; the whole sentence on ages is in the cautions.
    ages_said = _ages_said(gap.supply, language) if plain else ""
    note = labels.text(
        "hands_gap_note",
        language,
        parts=f"{_exits_said(gap.supply, language)} {ages_said}".strip(),
        balance=labels.text("hands_balance" if not np.any(gap.facts["shortage"]) else "hands_shortage", language),
    )
    note = f"{note} {_interval_said(gap, language)}".strip()
    return plots.Words(
        title=labels.text(key, language, **say),
        subtitle=labels.text("gap_subtitle" if plain else "hands_supply_subtitle", language, **say),
        note=note,
        source=source_line(_sources(gap), language),
        alt=labels.text("gap_alt" if plain else "hands_gap_alt", language, **say),
    )


def _interval_said(gap: Gap, language: str) -> str:
    """Return the interval of the gap in the last year, where need and supply were drawn together."""
    made = gap.supply.facts["draws"]
    if not made or made != gap.need.projection.facts.get("draws"):
        return ""
    last = gap.interval(LEVEL).iloc[-1]
    low, high = labels.ends(
        last["low"], last["high"], int(abs(last["high"]) < labels.SMALL_PERSON_YEARS), language=language
    )
    return labels.text(
        "hands_gap_interval",
        language,
        level=labels.percent(LEVEL, language=language),
        end=str(gap.to),
        low=low,
        high=high,
    )


def _sources(gap: Gap) -> tuple[Source, ...]:
    return (*gap.supply.own_sources, *gap.need.projection.observed.own_sources[:1])


def _any_title(left: float) -> str:
    return "hands_gap_title" if left >= 0 else "hands_gap_title_surplus"


def _gap_levers(gap: Gap, language: str, *, pulled: dict[str, Any] | None = None, **look: Any) -> Axes:
    """Draw the gap without and with each lever, and with all of them."""
    from demografi import plots

    table = gap.levers(**(pulled or {}))
    before = gap.of_year(gap.to)["gap"]

    def name(row: dict[Any, Any]) -> str:
        lever, who = (labels.label(f"{kind}_{row[kind]}", language) for kind in ("lever", "who"))
        return f"{lever} ({who})"

    alone = table[table["lever"] != "together"].sort_values("closed", ascending=False, kind="stable")
    rows = pd.DataFrame({"name": [name(row) for row in alone.to_dict("records")], "start": before, "end": alone["gap"]})
    after = float(table["gap"].iloc[-1])
    say = {
        "region": gap.region.name,
        "end": str(gap.to),
        "before": labels.person_years(before, language=language),
        "after": labels.person_years(after, language=language),
    }
    words = plots.Words(
        title=labels.text("hands_levers_title", language, **say),
        subtitle=labels.text("hands_levers_subtitle", language, **say),
        note=labels.text("hands_levers_note", language),
        source=source_line(_sources(gap), language),
        alt=labels.text("hands_levers_alt", language, **say),
    )
    together = (labels.label("lever_together", language), before, after)
    ends = labels.label("hands_without", language), labels.label("hands_with", language)
    return plots.dumbbell(rows, together, *ends, words, language=language, **look)


OF_SUPPLY = {"departures": _departures, "age": _by_age}
OF_GAP = {"steps": _gap_steps, "levers": _gap_levers}
