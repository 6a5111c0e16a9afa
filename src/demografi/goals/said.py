"""A goal in words: what it takes, what happens without it, and what the place has seen before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from demografi import labels
from demografi.projection import note_own

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from demografi.goals import Goal
    from demografi.goals.targets import Target

__all__ = ["figure_words", "sentence", "value_words"]

FEW = 20


def value_words(target: Target, value: float, language: str) -> str:
    """Return a value of the target's indicator with its unit: "1 300 innbyggere"."""
    shown = (
        labels.percent(value, 1, language=language)
        if target.indicator.startswith("share")
        else labels.number(value, target.decimals, language=language)
    )
    return labels.text(f"goal_value_{target.indicator}", language, value=shown)


def _count(value: float, language: str) -> str:
    return labels.number(value, 1 if abs(value) < FEW else 0, language=language)


def sentence(facts: Mapping[str, Any], rows: pd.DataFrame, target: Target, name: str, language: str) -> str:
    """Return the whole answer."""
    say = {
        "target": value_words(target, target.value, language),
        "baseline": value_words(target, facts["baseline"], language),
        "place": labels.place(name, language),
        "year": str(target.year),
        "years": labels.year_range(*facts["years"]),
    }
    parts = [_first(facts, rows, target, say, language)]
    if facts["feasible"] and rows["per_year"].sum() > 0:
        parts.append(_history(facts, language))
    if facts["share_reaching"] is not None:
        share = labels.percent(facts["share_reaching"], language=language)
        parts.append(labels.text("goal_share", language, share=share))
    return " ".join(parts)


def _first(facts: Mapping[str, Any], rows: pd.DataFrame, target: Target, say: dict[str, str], language: str) -> str:
    if not facts["feasible"]:
        levers = [labels.label(f"goal_through_{lever}", language) for lever in rows["lever"]]
        through = labels.join_names(levers, language)
        if facts["limit"] is None:
            return labels.text("goal_unreachable_by_more", language, **say, through=through)
        most, value = facts["limit"]
        reached = value_words(target, value, language)
        return labels.text(
            "goal_unreachable", language, **say, through=through, most=_count(most, language), reached=reached
        )
    if rows["per_year"].sum() == 0:
        return labels.text("goal_met", language, **say)
    phrases = [
        labels.text(
            f"goal_lever_{row['lever']}",
            language,
            count=_count(row["per_year"], language),
            women=_count(row["women_20_39"], language),
            times=labels.number(facts["times"], 2, language=language),
            lost=_count(facts["lost"], language),
        )
        for row in rows.to_dict("records")
    ]
    return labels.text("goal_takes", language, **say, levers="; ".join(phrases))


def _history(facts: Mapping[str, Any], language: str) -> str:
    return labels.text(
        f"goal_history_{facts['measure']}",
        language,
        needed=_count(facts["needed"], language),
        since=str(facts["since"]),
        best=_count(facts["best"], language),
        best_years=labels.year_range(*facts["best_years"]),
    )


def figure_words(goal: Goal, focus: str, language: str) -> Any:
    """Return title, subtitle, note, source and alternative text of the figure."""
    from demografi import plots

    target = goal.target
    say = {
        "target": value_words(target, target.value, language),
        "baseline": value_words(target, goal.facts["baseline"], language),
        "place": labels.place(goal.region.name, language),
        "year": str(target.year),
        "focus": focus,
    }
    reached = goal.feasible and goal.per_year > 0
    key = "goal_title" if reached else ("goal_title_met" if goal.feasible else "goal_title_unreachable")
    if reached:
        say["count"] = _count(goal.per_year, language)
    return plots.Words(
        title=labels.text(key, language, **say),
        subtitle=labels.text(
            "goal_subtitle", language, **say, what=labels.label(f"goal_what_{target.indicator}", language)
        ),
        note=note_own(language),
        source=goal.source_words(language),
        alt=labels.text("goal_alt", language, **say, answer=goal.sentence(language)),
    )
