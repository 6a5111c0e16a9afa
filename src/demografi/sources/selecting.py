"""Turn what a caller asks of a table into codes, checked against its metadata before anything is sent.

Masks and ``top``, ``from``, ``to``, ``range`` are worked out here. A statistics server takes a
mask that matches nothing for "leave the variable out" and answers with the total.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from demografi.errors import AbsentError, SourceError
from demografi.sources.jsonstat import Dimension

__all__ = ["Asked", "Chosen", "CodeList", "Listed", "Metadata", "choose", "expand"]

GEOGRAPHIC = {"131", "104"}
"""Classifications of municipalities and counties: what a variable without a role is known by."""

_CALL = re.compile(r"(top|bottom|from|to|range)\((.*)\)$", re.IGNORECASE)
_MASK = re.compile(r"\*?[^*]*\*?$")
_SHARE = re.compile(r"prosent|per ?cent|promille|gjennomsnitt|average|\bper\b(?! \d+\.)", re.IGNORECASE)
_KLASS = re.compile(r"urn:ssb:classification:klass:(\d+)")


@dataclass(frozen=True)
class Metadata:
    """What a table holds, before any figure is fetched."""

    id: str
    label: str
    updated: str
    dimensions: tuple[Dimension, ...]
    notes: tuple[str, ...] = ()
    extension: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def sums_allowed(self) -> bool:
        """Whether the publisher lets the table's figures be added up."""
        return bool((self.extension.get("px") or {}).get("aggregallowed", True))

    def variable(self, name: str) -> Dimension:
        """Find a variable by code, whatever its capitals, or by role: ``geo``, ``time``, ``metric``.

        Raises
        ------
        SourceError
            There is none, or several have the role.
        """
        named = [d for d in self.dimensions if d.id.lower() == name.lower()]
        found = named or [d for d in self.dimensions if d.role == name]
        if not found and name == "geo":
            found = [d for d in self.dimensions if GEOGRAPHIC & set(_KLASS.findall(str(d.rest.get("link"))))]
        if len(found) == 1:
            return found[0]
        listed = [f"{d.id}: {d.label}" for d in found or self.dimensions]
        if found:
            fault = f"Table {self.id} has {len(found)} variables with the role '{name}'."
            raise SourceError(fault, where=listed, hint=f"Name one of them: {{'{found[0].id}': [...]}}.")
        raise AbsentError(
            f"Table {self.id} has no variable '{name}'.",
            where=[*_meant(name, {d.id: d.label for d in self.dimensions}), *listed],
            hint="Name a variable by its code, or by 'geo', 'time' or 'metric'.",
        )


@dataclass(frozen=True)
class CodeList:
    """A publisher's own grouping or subset of a variable's codes."""

    id: str
    label: str
    kind: str
    names: Mapping[str, str]
    members: Mapping[str, tuple[str, ...]]
    """Code → the codes of the table that belong to it."""

    @property
    def sums(self) -> bool:
        """Whether the list adds codes together."""
        return self.kind == "Aggregation" and any(len(inside) > 1 for inside in self.members.values())


@dataclass(frozen=True)
class Listed:
    """Codes of a code list instead of the table's own: ``Listed("agg_KommSummer", ["K-5056"])``."""

    codelist: str
    codes: Sequence[str] = ("*",)


@dataclass(frozen=True)
class Chosen:
    """The codes of one variable that are sent, in the order of the metadata.

    ``codes`` is empty only for a variable the caller has asked to leave out.
    """

    variable: str
    codes: tuple[str, ...]
    codelist: str = ""
    metric: bool = False

    def as_sent(self) -> dict[str, Any]:
        """Write it as the server reads it."""
        listed = {"codelist": self.codelist} if self.codelist else {}
        return {"variableCode": self.variable, "valueCodes": list(self.codes), **listed}


Asked = Mapping[str, "str | Sequence[str] | Listed | None"]


def choose(
    metadata: Metadata,
    asked: Asked,
    codelist: Callable[[str], CodeList],
    explain: Callable[[str], str] | None = None,
) -> tuple[Chosen, ...]:
    """Work out the codes of every variable of a table.

    Parameters
    ----------
    asked
        Variable or role → codes and expressions, `Listed`, or None to leave a variable out
        (the server then gives its total). Variables that are not named are taken whole.
    codelist
        Gives a code list by name.
    explain
        Says more of an unknown code, such as what replaced it; empty where it knows nothing.

    Raises
    ------
    SourceError
        A variable, code or code list is not known; an expression matches nothing; or figures
        that may not be added up would be.
    """
    named: dict[str, str | Sequence[str] | Listed | None] = {}
    for name, wish in asked.items():
        variable = metadata.variable(name).id
        if variable in named:
            raise SourceError(f"The variable '{variable}' is chosen twice.", hint=f"Leave out '{name}'.")
        named[variable] = wish
    chosen = tuple(
        _chosen(metadata, dimension, named.get(dimension.id, "*"), codelist, explain)
        for dimension in metadata.dimensions
    )
    summing = [one.codelist for one in chosen if one.codelist and codelist(one.codelist).sums]
    if summing:
        _check_sums(metadata, chosen, summing[0])
    return chosen


def _chosen(
    metadata: Metadata,
    dimension: Dimension,
    wish: str | Sequence[str] | Listed | None,
    codelist: Callable[[str], CodeList],
    explain: Callable[[str], str] | None,
) -> Chosen:
    if wish is None:
        _check_left_out(metadata, dimension)
        return Chosen(dimension.id, ())
    names: Mapping[str, str] = dict(zip(dimension.codes, dimension.names, strict=True))
    listed = ""
    if isinstance(wish, Listed):
        found = codelist(_known_list(metadata, dimension, wish.codelist))
        names, listed, wish = found.names, found.id, wish.codes
    where = f"'{dimension.id}' of table {metadata.id}"
    codes = expand(
        names, [wish] if isinstance(wish, str) else wish, where, latest=dimension.role == "time", explain=explain
    )
    return Chosen(dimension.id, codes, listed, dimension.role == "metric")


def expand(
    names: Mapping[str, str],
    expressions: Iterable[str],
    where: str = "the variable",
    *,
    latest: bool = False,
    explain: Callable[[str], str] | None = None,
) -> tuple[str, ...]:
    """Work out expressions on codes, each code once and in the order of the metadata.

    Parameters
    ----------
    names
        Code → words, in order.
    latest
        Whether ``top`` counts from the end, as it does for time.

    Raises
    ------
    SourceError
        A code is not there, or an expression matches nothing or cannot be read.

    Examples
    --------
    >>> expand(dict.fromkeys(["2023", "2024", "2025"], ""), ["top(1)", "2023"], latest=True)
    ('2023', '2025')
    """
    found: set[str] = set()
    unknown: list[str] = []
    for expression in map(str, expressions):
        matched = _matched(list(names), expression, latest, where)
        found |= set(matched)
        if not matched:
            unknown.append(expression)
    if unknown:
        raise _unknown_codes(unknown, names, where, explain)
    if not found:
        raise SourceError(f"No codes are chosen for {where}.", hint='Choose all of them with "*".')
    return tuple(code for code in names if code in found)


def _matched(codes: list[str], expression: str, latest: bool, where: str) -> Sequence[str]:
    if expression in codes:
        return [expression]
    if call := _CALL.match(expression):
        return _called(codes, call[1].lower(), [word.strip() for word in call[2].split(",")], latest, where)
    if "?" in expression:
        pattern = re.escape(expression).replace(r"\?", ".")
        return [code for code in codes if re.fullmatch(pattern, code, re.IGNORECASE)]
    if "*" in expression and _MASK.match(expression):
        pattern = re.escape(expression).replace(r"\*", ".*")
        return [code for code in codes if re.fullmatch(pattern, code, re.IGNORECASE)]
    return [code for code in codes if code.lower() == expression.lower()]


def _called(codes: list[str], verb: str, words: list[str], latest: bool, where: str) -> Sequence[str]:
    wanted = {"range": (2,), "top": (1, 2), "bottom": (1, 2)}.get(verb, (1,))
    if len(words) not in wanted:
        raise _unreadable(verb, words, where)
    if verb in ("top", "bottom"):
        if not all(word.isdecimal() for word in words):
            raise _unreadable(verb, words, where)
        ordered = codes[::-1] if (verb == "top") == latest else codes
        skipped = int(words[1]) if len(words) > 1 else 0
        return ordered[skipped : skipped + int(words[0])]
    try:
        ends = [codes.index(word) for word in words]
    except ValueError:
        missing = next(word for word in words if word not in codes)
        raise _unknown_codes([missing], dict.fromkeys(codes, ""), where, None) from None
    first, last = {"from": (ends[0], len(codes)), "to": (0, ends[0])}.get(verb, (ends[0], ends[-1]))
    return codes[first : last + 1]


def _unreadable(verb: str, words: list[str], where: str) -> SourceError:
    return SourceError(
        f"The expression '{verb}({','.join(words)})' for {where} cannot be read.",
        hint="Write top(5), top(5,1), bottom(3), from(2015), to(2020) or range(2015,2020).",
    )


def _unknown_codes(
    unknown: list[str], names: Mapping[str, str], where: str, explain: Callable[[str], str] | None
) -> SourceError:
    facts = []
    for code in unknown:
        more = explain(code) if explain else ""
        facts.append(more or next(iter(_meant(code, names)), f"'{code}' matches nothing."))
    many = f"{len(unknown)} codes are not in" if len(unknown) > 1 else "The code is not in"
    listed = ", ".join(repr(code) for code in unknown[:5]) + (" …" if len(unknown) > 5 else "")
    return AbsentError(
        f"{many} {where}: {listed}.",
        where=facts,
        hint=f'Nothing was sent. Choose among its {len(names)} codes, or all with "*".',
    )


def _meant(typed: str, names: Mapping[str, str]) -> list[str]:
    by_word = {words.casefold(): code for code, words in names.items()}
    near = get_close_matches(typed, list(names), n=1) or [
        by_word[word] for word in get_close_matches(typed.casefold(), list(by_word), n=1)
    ]
    return [f"Instead of '{typed}', did you mean '{code}' ({names[code] or code})?" for code in near]


def _known_list(metadata: Metadata, dimension: Dimension, name: str) -> str:
    offered = dimension.extension.get("codelists") or dimension.extension.get("codeLists") or []
    names = {str(one.get("id")): str(one.get("label", "")) for one in offered}
    if name in names:
        return name
    raise AbsentError(
        f"The variable '{dimension.id}' of table {metadata.id} has no code list '{name}'.",
        where=[*_meant(name, names), *(f"{code}: {label}" for code, label in names.items())],
        hint="Capital letters matter in the names of code lists.",
    )


def _check_sums(metadata: Metadata, chosen: Sequence[Chosen], codelist: str) -> None:
    # The server adds them up all the same, and shares added up are wrong numbers without an error.
    why = [] if metadata.sums_allowed else ["The publisher says so of the whole table."]
    for one in chosen:
        dimension = metadata.variable(one.variable)
        kinds = dimension.extension.get("measuringType") or {}
        for code in one.codes if one.metric else ():
            unit = str(dimension.units.get(code, {}).get("base", ""))
            if kinds.get(code) == "Average" or _SHARE.search(unit):
                why.append(f"'{code}' is an average or a share ({unit or kinds.get(code)}).")
    if why:
        raise SourceError(
            f"Figures of table {metadata.id} may not be added up, and '{codelist}' would add them.",
            where=why,
            hint="Fetch the single codes and calculate shares again from counts.",
        )


def _check_left_out(metadata: Metadata, dimension: Dimension) -> None:
    if not dimension.extension.get("elimination"):
        raise SourceError(
            f"The variable '{dimension.id}' of table {metadata.id} cannot be left out.",
            where=f"It has {len(dimension.codes)} codes and no total.",
            hint='Choose codes for it, or all with "*".',
        )
