"""What a figure says, computed from the very table it draws: title, subtitle, note and alternative text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import pandas as pd

from demografi import ages
from demografi.labels import (
    join_names,
    label,
    number,
    percent,
    place,
    text,
    times_word,
    year_range,
)
from demografi.plots.canvas import Words
from demografi.plots.inputs import FEWEST

FOUR_OF_TEN = (0.38, 0.42)


def old_title(first: float, last: float, year: int, language: str = "nb") -> str:
    """Say how many more are aged 80 and over, in a word where a word is true enough.

    Examples
    --------
    >>> old_title(4000, 7600, 2045), old_title(4000, 4040, 2045)
    ('Nær dobbelt så mange over 80 år i 2045', 'Om lag uendret tall på innbyggere over 80 år i 2045')
    """
    times = times_word(last / first, language) if first else None
    if times == label("times_unchanged", language):
        return text("old_title_unchanged", language, year=str(year))
    if times:
        return text("pyramid_title_times", language, times=_capital(times), year=str(year))
    key = "pyramid_title_more" if last >= first else "pyramid_title_fewer"
    return text(key, language, count=number(abs(last - first), language=language), year=str(year))


def old_years_words(
    table: pd.DataFrame, region: str, language: str, *, note: str, source: str, alternatives: bool = False
) -> Words:
    """Say what :func:`demografi.plots.history` shows of persons aged 80 and over: ``year value kind``."""
    value = table.set_index("year")["value"]
    launch, end = int(table.loc[table["kind"] == "registered", "year"].max()), int(value.index.max())
    first = int(value.index.min())
    say = {
        "region": region,
        "years": year_range(first, end),
        "first_year": str(first),
        "launch": str(launch),
        "end": str(end),
        "first": number(value[first], language=language),
        "now": number(value[launch], language=language),
        "last": number(value[end], language=language),
    }
    said = [note, text("note_alternatives", language)] if alternatives else [note]
    return Words(
        old_title(value[launch], value[end], end, language),
        text("old_years_subtitle", language, **say),
        _joined(said),
        source,
        text("old_years_alt", language, **say),
    )


def components_words(
    table: pd.DataFrame, region: str, language: str, *, projected_from: int | None, note: str, source: str
) -> Words:
    """Say what :func:`demografi.plots.components` shows: which of births, deaths and migration carries the change."""
    known = table.dropna(subset=["births", "deaths", "net_migration"])
    coming = known if projected_from is None else known[known["year"] >= projected_from]
    spoken = coming if len(coming) else known
    sums = spoken[["births", "deaths", "net_migration", "change"]].sum()
    first, last = int(table["year"].min()), int(table["year"].max())
    said = year_range(int(spoken["year"].min()), int(spoken["year"].max())) if len(spoken) else year_range(first, last)
    say = {
        "region": region,
        "place": place(region, language),
        "years": year_range(first, last),
        "end": str(last + 1),
    }
    numbers = {name: number(sums[name], language=language) for name in ("births", "deaths")}
    numbers |= {
        "migration": number(sums["net_migration"], signed=True, language=language),
        "change": number(sums["change"], signed=True, language=language),
        "kind": label("projected_lower" if len(coming) and projected_from else "registered_lower", language),
    }
    title = f"components_title_{_carried(sums['births'] - sums['deaths'], sums['net_migration'])}"
    alone = table[table["births"].isna()]["year"]
    only = (
        text("components_note_line_only", language, years=year_range(int(alone.min()), int(alone.max())))
        if len(alone)
        else ""
    )
    return Words(
        text(title, language, **say),
        text("components_subtitle", language, **say),
        _joined([note, only]),
        source,
        text("components_alt", language, **say | numbers | {"years": said}),
    )


def _carried(natural: float, migration: float) -> str:
    natural, migration = round(natural), round(migration)
    if not natural or not migration or natural == -migration:
        return "neutral"
    if (natural > 0) == (migration > 0):
        return "both_up" if natural > 0 else "both_down"
    carrier = "migration" if natural < 0 else "births"
    return f"{'carried_by' if natural + migration > 0 else 'short_of'}_{carrier}"


def age_name(group: str, language: str = "nb") -> str:
    """Name an age group as a row of a figure.

    Examples
    --------
    >>> age_name("0-5"), age_name("90+", "en")
    ('0–5 år', 'Aged 90 and over')
    """
    low, high = ages.bounds(group)
    return text("ages_open" if high is None else "ages_span", language, low=str(low), high=str(high))


def _of_age(group: str, language: str) -> str:
    low, high = ages.bounds(group)
    return text("in_ages_open" if high is None else "in_ages_span", language, low=str(low), high=str(high))


def age_change_words(
    table: pd.DataFrame, years: tuple[int, int], region: str, language: str, *, note: str, source: str
) -> Words:
    """Say what :func:`demografi.plots.changes` shows of age groups: ``group start end``."""
    change = (table["end"] - table["start"]).round()
    values = change.to_numpy()
    up, down = table.iloc[int(values.argmax())], table.iloc[int(values.argmin())]
    say = {
        "region": region,
        "place": place(region, language),
        "start": str(years[0]),
        "end": str(years[1]),
        "up": _of_age(up["group"], language),
        "down": _of_age(down["group"], language),
        "more": number(abs(change.max()), language=language),
        "fewer": number(abs(change.min()), language=language),
        "largest": age_name(up["group"], language),
        "largest_change": number(change.max(), signed=True, language=language),
        "smallest": age_name(down["group"], language),
        "smallest_change": number(change.min(), signed=True, language=language),
        "first": number(table["start"].sum(), language=language),
        "last": number(table["end"].sum(), language=language),
    }
    rises, falls = change.max() > 0, change.min() < 0
    found = {(True, True): "both", (True, False): "up", (False, True): "down"}.get((rises, falls), "neutral")
    return Words(
        text(f"age_change_title_{found}", language, **say),
        text("age_change_subtitle", language, **say),
        _joined([note, few_note(table["start"], language)]),
        source,
        text("age_change_alt", language, **say),
    )


def old_municipalities_words(
    table: pd.DataFrame, years: tuple[int, int], region: str, language: str, *, note: str, source: str
) -> tuple[Words, list[str]]:
    """Say what :func:`demografi.plots.dumbbell` shows of those aged 80 and over, and whom the title talks about.

    The table has ``name start end`` and is sorted by increase, largest first.
    """
    whole = table.dropna(subset=["start", "end"])
    growth = (whole["end"] / whole["start"]).where(whole["start"] >= FEWEST, -1.0).to_numpy()
    most, fastest = whole.iloc[0], whole.iloc[int(growth.argmax())]
    lacking = [str(name) for name in table["name"] if name not in set(whole["name"])]
    say = {
        "place": place(region, language),
        "start": str(years[0]),
        "end": str(years[1]),
        "most": str(most["name"]),
        "fastest": str(fastest["name"]),
        "strongest": place(str(fastest["name"]), language),
        "most_change": number(most["end"] - most["start"], signed=True, language=language),
        "fastest_percent": percent(
            growth.max() - 1 if growth.max() > 0 else None, signed=True, language=language, status="."
        ),
        "first": number(whole["start"].sum(), language=language),
        "last": number(whole["end"].sum(), language=language),
    }
    same = "_same" if most["name"] == fastest["name"] else ""
    clear = len(table) > 1 and most["end"] > most["start"] and fastest["end"] > fastest["start"] >= FEWEST
    notes = [note, text("note_sorted_by_increase", language)] if len(table) > 1 else [note]
    notes.append(few_note(whole["start"], language))
    if lacking:
        notes.append(text("note_missing_names", language, names=join_names(lacking, language)))
    words = Words(
        text(f"old_municipalities_title{same if clear else '_neutral'}", language, **say),
        text("old_municipalities_subtitle", language, **say),
        _joined(notes),
        source,
        text("old_municipalities_alt", language, **say),
    )
    return words, list(dict.fromkeys([say["most"], say["fastest"]])) if clear else []


def map_words(
    table: pd.DataFrame,
    years: tuple[int, int],
    whole: tuple[str, float],
    language: str,
    *,
    of: str,
    note: str,
    source: str,
) -> Words:
    """Say what :func:`demografi.plots.tiles` shows of growth in per cent.

    Parameters
    ----------
    table
        ``name row column value placed``, value in per cent.
    years
        The two years.
    whole
        Name of the whole and its growth [per cent].
    language
        ``"nb"``, ``"nn"`` or ``"en"``.
    of
        ``"old"`` for residents, ``"users"`` for users.
    note, source
        What the caller knows.
    """
    known = table.dropna(subset=["value"]).sort_values(["value", "name"], ascending=[False, True])
    known = known if len(known) else table
    printed = [round(value) for value in known["value"].dropna()]
    places = [place(str(name), language) for name in known["name"][:2]]
    say = {
        "what": label(f"map_what_{of}", language),
        "place": place(whole[0], language),
        "region": whole[0],
        "whole": percent(whole[1] / 100, signed=True, language=language),
        "start": str(years[0]),
        "end": str(years[1]),
        "first_place": places[0],
        "second_place": places[-1],
        "highest": str(known["name"].iloc[0]),
        "highest_value": percent(known["value"].iloc[0] / 100, signed=True, language=language),
        "lowest": str(known["name"].iloc[-1]),
        "lowest_value": percent(known["value"].iloc[-1] / 100, signed=True, language=language),
    }
    two_lead = len(printed) > 2 and printed[1] > printed[2] and printed[1] > 0
    one_leads = len(printed) > 1 and printed[0] > printed[1] and printed[0] > 0
    found = "two" if two_lead else "one" if one_leads else "neutral"
    subtitle = text(f"map_subtitle_{of}", language, **say)
    placed = "map_note_placed" if bool(table["placed"].all()) else "map_note_sorted"
    notes = [note, text(placed, language)]
    return Words(
        text(f"map_title_{found}", language, **say),
        subtitle,
        _joined(notes),
        source,
        text("map_alt", language, **say, subtitle=subtitle[0].lower() + subtitle[1:].rpartition(".")[0]),
    )


def staff_ages_words(
    table: pd.DataFrame,
    language: str,
    *,
    total: str,
    focus: Sequence[str],
    staff: str,
    time: str,
    note: str,
    source: str,
) -> Words:
    """Say what :func:`demografi.plots.shares` shows of staff: ``name group persons``.

    Parameters
    ----------
    table
        As for the figure.
    language
        ``"nb"``, ``"nn"`` or ``"en"``.
    total
        Name of the whole.
    focus
        The groups that are 55 or older.
    staff
        What they are, in the plural: ``label("nurses", language)``.
    time
        When they were counted, as printed.
    note, source
        What the caller knows.
    """
    counted = table.groupby("name", sort=False)["persons"].agg(lambda p: p.sum(min_count=len(p)))
    focused = table[table["group"].isin(list(focus))].groupby("name", sort=False)["persons"].sum()
    share = float(focused[total] / counted[total])
    others = counted.drop(total)
    hidden = [str(name) for name in others.index if math.isnan(others[name])]
    few = [str(name) for name in others.index if others[name] < FEWEST]
    shown = (focused / counted).drop([total, *hidden, *few]).sort_values(ascending=False, kind="stable")
    say = {
        "staff": staff,
        "region": total,
        "time": time,
        "share": percent(share, language=language),
        "focus": number(focused[total], language=language),
        "n": number(counted[total], language=language),
        "others": "",
    }
    if len(shown):
        highest = percent(shown.iloc[0], language=language)
        say["others"] = text("staff_ages_alt_others", language, highest=str(shown.index[0]), highest_share=highest)
    notes = [note]
    if few:
        names = join_names(few, language)
        notes.append(text("staff_ages_note_few", language, names=names, limit=str(FEWEST)))
    if hidden:
        notes.append(text("staff_ages_note_hidden", language, names=join_names(hidden, language)))
    four = FOUR_OF_TEN[0] <= round(share, 2) <= FOUR_OF_TEN[1]
    return Words(
        text("staff_ages_title_four_of_ten" if four else "staff_ages_title", language, **say),
        text("staff_ages_subtitle", language, **say),
        _joined([*notes, text("staff_ages_note", language)]),
        source,
        text("staff_ages_alt", language, **say).replace("  ", " "),
    )


def support_multiples_words(
    table: pd.DataFrame,
    region: tuple[str, pd.DataFrame],
    language: str,
    *,
    definition: str = "20-66 / 67+",
    decimals: int = 1,
    note: str,
    source: str,
) -> Words:
    """Say what :func:`demografi.plots.small_multiples` shows of the old-age support ratio: ``name year value``.

    Parameters
    ----------
    table, region
        As for the figure; the region with its name.
    language
        ``"nb"``, ``"nn"`` or ``"en"``.
    definition
        The ages, as in ``data/indicators.csv``.
    decimals
        Digits of the values, as in the figure.
    note, source
        What the caller knows.
    """
    name, whole = region
    first, end = int(table["year"].min()), int(table["year"].max())
    last = table[table["year"] == end].sort_values(["value", "name"])
    low, high = last.iloc[0], last.iloc[-1]
    above, below = (part.strip() for part in definition.split("/"))
    say = {
        "region": name,
        "place": place(name, language),
        "years": year_range(first, end),
        "end": str(end),
        "numerator": above.replace("-", "–"),
        "denominator": below.rstrip("+"),
        "lowest_place": place(str(low["name"]), language),
        "highest_place": place(str(high["name"]), language),
        "lowest": number(low["value"], decimals, language=language),
        "highest": number(high["value"], decimals, language=language),
        "whole": number(float(whole.set_index("year")["value"][end]), decimals, language=language),
    }
    parted = len(last) > 1 and say["lowest"] != say["highest"]
    return Words(
        text("multiples_title" if parted else "multiples_title_neutral", language, **say),
        text("multiples_subtitle", language, **say),
        _joined([text("multiples_note", language, **say), note]),
        source,
        text("multiples_alt", language, **say),
    )


def few_note(starts: Iterable[float], language: str = "nb") -> str:
    """Say that no per cent is given of fewer than twenty, where there is such a row; otherwise nothing.

    Examples
    --------
    >>> few_note([13.0, 40.0]), few_note([40.0])
    ('Prosent er ikke regnet av færre enn 20.', '')
    """
    return text("note_few_percent", language, limit=str(FEWEST)) if any(start < FEWEST for start in starts) else ""


def _joined(sentences: Sequence[str]) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]
