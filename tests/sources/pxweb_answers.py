"""What a PxWeb v2 server answers about made-up tables: selections, code lists, metadata and figures."""

from __future__ import annotations

import fnmatch
import itertools
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pxweb_server import PxWebServer

EXPRESSION = re.compile(r"(top|bottom|from|to|range)\(([^)]*)\)$", re.IGNORECASE)


@dataclass
class Variable:
    id: str
    label: str
    codes: dict[str, str]
    role: str = ""
    elimination: bool = False
    units: dict[str, dict[str, Any]] = field(default_factory=dict)
    codelists: tuple[str, ...] = ()
    klass: int = 0
    extension: dict[str, Any] = field(default_factory=dict)


@dataclass
class CodeList:
    id: str
    label: str
    type: str
    members: dict[str, tuple[str, list[str]]]
    """Code → label and the codes of the table that belong to it."""


@dataclass
class DemoTable:
    """A made-up table: ``figure`` gives the value of a cell from its codes, or a sign."""

    id: str
    label: str
    variables: list[Variable]
    figure: Callable[[dict[str, str]], float | str | None]
    updated: str = "2026-02-25T07:00:00Z"
    aggregallowed: bool = True
    notes: tuple[str, ...] = ()
    reorder: bool = False
    """Whether data come with the variables in another order than the metadata."""
    updated_by_contents: dict[str, str] = field(default_factory=dict)
    extension: dict[str, Any] = field(default_factory=dict)


class RefusedError(Exception):
    """An answer that is no table: status and title, or an empty body."""

    def __init__(self, status: int, title: str, body_status: int | None = None) -> None:
        self.status, self.title, self.body_status = status, title, body_status or status


def known_language(asked: dict[str, str]) -> str:
    language = asked.get("lang", "no")
    if language not in ("no", "en"):
        raise RefusedError(400, "Unsupported language")
    return language


def config() -> dict[str, Any]:
    return {
        "apiVersion": "2.3.2",
        "appVersion": "2.5.0+build.30",
        "languages": [{"id": "no", "label": "Norsk"}, {"id": "en", "label": "English"}],
        "defaultLanguage": "no",
        "maxDataCells": 800_000,
        "maxCallsPerTimeWindow": 0,
        "timeWindow": 0,
        "license": "https://www.ssb.no/en/diverse/lisens",
        "dataFormats": ["json-stat2", "csv", "px"],
    }


def entry(table: DemoTable, language: str) -> dict[str, Any]:
    time_codes = next(list(v.codes) for v in table.variables if v.role == "time")
    return {
        "language": language,
        "type": "Table",
        "id": table.id,
        "label": f"{table.id}: {table.label}",
        "updated": table.updated,
        "firstPeriod": time_codes[0],
        "lastPeriod": time_codes[-1],
        "variableNames": [variable.label for variable in table.variables],
        "discontinued": False,
        "timeUnit": "Annual",
    }


def codelist_reply(codelist: CodeList, language: str) -> dict[str, Any]:
    values = [{"code": c, "label": label, "valueMap": inside} for c, (label, inside) in codelist.members.items()]
    about = {"id": codelist.id, "label": codelist.label, "language": language, "languages": ["no", "en"]}
    return about | {"type": codelist.type, "values": values, "links": []}


def metadata(table: DemoTable, language: str, codelists: dict[str, CodeList]) -> dict[str, Any]:
    reply = described(table, [(v, list(v.codes.items())) for v in table.variables], language, table.updated)
    for variable in table.variables:
        lists = [codelists[name] for name in variable.codelists]
        reply["dimension"][variable.id]["extension"]["codelists"] = [
            {"id": c.id, "label": c.label, "type": c.type, "links": []} for c in lists
        ]
    return reply | {"value": []}


def described(
    table: DemoTable, shown: list[tuple[Variable, list[tuple[str, str]]]], language: str, updated: str
) -> dict[str, Any]:
    dimension = {}
    for variable, members in shown:
        # Written backwards, so that a reader who trusts the order of writing goes wrong.
        index = {code: place for place, (code, _) in reversed(list(enumerate(members)))}
        category: dict[str, Any] = {"index": index, "label": dict(members)}
        if variable.units:
            category["unit"] = {code: variable.units[code] for code, _ in members if code in variable.units}
        link = {"describedby": [{"extension": {variable.id: f"urn:ssb:classification:klass:{variable.klass}"}}]}
        extension = {"elimination": variable.elimination, **variable.extension}
        dimension[variable.id] = {"label": variable.label, "category": category, "extension": extension}
        if variable.klass:
            dimension[variable.id]["link"] = link
    roles = {role: [v.id for v, _ in shown if v.role == role] for role in ("time", "geo", "metric")}
    px = {"tableid": table.id, "decimals": 0, "aggregallowed": table.aggregallowed, "language": language}
    return {
        "version": "2.0",
        "class": "dataset",
        "label": f"{table.id}: {table.label}",
        "source": "Statistisk sentralbyrå" if language == "no" else "Statistics Norway",
        "updated": updated,
        "note": list(table.notes),
        "role": {role: ids for role, ids in roles.items() if ids},
        "id": [variable.id for variable, _ in shown],
        "size": [len(members) for _, members in shown],
        "dimension": dict(reversed(dimension.items())),
        "extension": {"px": px, **table.extension},
    }


def selection_of(asked: dict[str, str]) -> list[dict[str, Any]]:
    chosen = []
    for name, value in asked.items():
        if found := re.match(r"valuecodes\[(.+)\]$", name, re.IGNORECASE):
            codes = [value[1:-1]] if value.startswith("[") else value.split(",")
            lists = {n.lower(): v for n, v in asked.items()}
            part = {"variableCode": found[1], "valueCodes": codes}
            chosen.append(part | {"codelist": lists.get(f"codelist[{found[1].lower()}]")})
    return chosen


def data(table: DemoTable, chosen: list[dict[str, Any]], owner: PxWebServer, language: str) -> dict[str, Any]:
    asked = {part["variableCode"].lower(): part for part in chosen}
    unknown = set(asked) - {variable.id.lower() for variable in table.variables}
    if unknown:
        raise RefusedError(400, "Non-existent variable")
    shown, members = [], {}
    for variable in table.variables:
        part = asked.get(variable.id.lower())
        if part is None:
            if not variable.elimination:
                raise RefusedError(400, "Missing selection for mandantory variable")
            continue
        codes, inside = chosen_codes(variable, part, owner)
        shown.append((variable, codes))
        members[variable.id] = inside
    if math.prod(len(codes) for _, codes in shown) > owner.max_cells:
        raise RefusedError(400, "Too many cells selected")
    if table.reorder:
        shown = shown[1:] + shown[:1]
    values, status = cells(table, shown, members)
    contents = next((codes for v, codes in shown if v.role == "metric"), [])
    updated = max([table.updated_by_contents.get(code, table.updated) for code, _ in contents] or [table.updated])
    return described(table, shown, language, updated) | {"value": values} | ({"status": status} if status else {})


def chosen_codes(
    variable: Variable, part: dict[str, Any], owner: PxWebServer
) -> tuple[list[tuple[str, str]], dict[str, list[str]]]:
    words, inside = dict(variable.codes), {code: [code] for code in variable.codes}
    if name := part.get("codelist"):
        if name not in variable.codelists:
            raise RefusedError(400, "Non-existent codelist")
        words = {code: label for code, (label, _) in owner.codelists[name].members.items()}
        inside = {code: codes for code, (_, codes) in owner.codelists[name].members.items()}
    if len(part["valueCodes"]) != len(set(part["valueCodes"])):
        raise RefusedError(500, "")
    found: set[str] = set()
    for expression in part["valueCodes"]:
        found |= matching(list(words), expression, variable.role == "time")
    return [(code, label) for code, label in words.items() if code in found], inside


def matching(codes: list[str], expression: str, latest: bool) -> set[str]:
    if call := EXPRESSION.match(expression):
        verb, words = call[1].lower(), call[2].split(",")
        if verb in ("top", "bottom"):
            ordered = codes[::-1] if (verb == "top") == latest else codes
            skip = int(words[1]) if len(words) > 1 else 0
            return set(ordered[skip : skip + int(words[0])])
        ends = [codes.index(word) for word in words]
        low, high = {"from": (ends[0], len(codes)), "to": (0, ends[0])}.get(verb, (ends[0], ends[-1]))
        return set(codes[low : high + 1])
    if "*" in expression or "?" in expression:
        return {code for code in codes if fnmatch.fnmatchcase(code, expression)}
    same = {code for code in codes if code.lower() == expression.lower()}
    if not same:
        raise RefusedError(400, "Non-existent value")
    return same


def cells(
    table: DemoTable, shown: list[tuple[Variable, list[tuple[str, str]]]], members: dict[str, dict[str, list[str]]]
) -> tuple[list[float | None], dict[str, str]]:
    names = [variable.id for variable, _ in shown]
    values: list[float | None] = []
    status: dict[str, str] = {}
    for codes in itertools.product(*([code for code, _ in codes] for _, codes in shown)):
        parts = itertools.product(*(members[name][code] for name, code in zip(names, codes, strict=True)))
        found = [table.figure(dict(zip(names, part, strict=True))) for part in parts]
        sign = next((figure for figure in found if isinstance(figure, str)), "")
        if sign:
            status[str(len(values))] = sign
        values.append(None if sign else sum(figure for figure in found if isinstance(figure, int | float)))
    return values, status
