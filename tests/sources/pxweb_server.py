"""A local PxWeb v2 server for tests: real sockets, made-up tables, quirks and faults on demand.

It behaves as Statistics Norway's does where a client can tell: ``/config`` says 0 calls in 0
seconds, the limit stands in headers, too many cells give 400, a doubled code gives an empty 500,
a long address an HTML 404, and a municipality of another era zeros instead of nothing.
"""

from __future__ import annotations

import fnmatch
import gzip
import itertools
import json
import math
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

BASE = "/api/pxwebapi/v2"
LONGEST_ADDRESS = 2100
HTML = b"<!DOCTYPE html><html><head><title>404 - File or directory not found.</title></head></html>"
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


@dataclass
class Fault:
    kind: str
    times: int = 1
    after: int = 0
    """Requests of this sort to let through first."""
    method: str = "POST"
    path: str = "*"
    options: dict[str, Any] = field(default_factory=dict)


@dataclass
class Seen:
    method: str
    path: str
    body: Any
    status: int = 0
    at: float = 0.0
    agent: str = ""


class PxWebServer:
    """The server and its controls: ``log`` of what came in, ``fail`` to switch a fault on."""

    def __init__(self, tables: list[DemoTable], codelists: list[CodeList], *, limit: int = 40, window: float = 60.0):
        self.tables = {table.id: table for table in tables}
        self.codelists = {codelist.id: codelist for codelist in codelists}
        self.max_cells = 800_000
        self.limit, self.window = limit, window
        self.send_limit_headers = True
        self.log: list[Seen] = []
        self.recorded: dict[str, bytes] = {}
        self.faults: list[Fault] = []
        self.arrivals: deque[float] = deque()
        self.lock = threading.Lock()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"owner": self}))
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_port}{BASE}"

    def fail(self, kind: str, times: int = 1, **about: Any) -> None:
        known = {name: about.pop(name) for name in ("after", "method", "path") if name in about}
        self.faults.append(Fault(kind, times, options=about, **known))

    def calls(self, ending: str = "", method: str = "") -> list[Seen]:
        with self.lock:
            return [s for s in self.log if s.path.split("?")[0].endswith(ending) and s.method in (method or s.method)]

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()

    def take_fault(self, method: str, path: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.times <= 0 or fault.method not in ("*", method) or not fnmatch.fnmatch(path, fault.path):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                fault.times -= 1
                return fault
        return None

    def arrived(self) -> tuple[int, float]:
        """Count this call in the window; give what remains (below zero: too many) and when room comes."""
        with self.lock:
            now = time.monotonic()
            while self.arrivals and now - self.arrivals[0] >= self.window:
                self.arrivals.popleft()
            wait = self.window - (now - self.arrivals[0]) if self.arrivals else 0.0
            if len(self.arrivals) >= self.limit:
                return -1, wait
            self.arrivals.append(now)
            return self.limit - len(self.arrivals), wait


class RefusedError(Exception):
    """An answer that is no table: status and title, or an empty body."""

    def __init__(self, status: int, title: str, body_status: int | None = None) -> None:
        self.status, self.title, self.body_status = status, title, body_status or status


class Handler(BaseHTTPRequestHandler):
    owner: PxWebServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._serve("GET", b"")

    def do_POST(self) -> None:
        self._serve("POST", self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _serve(self, method: str, content: bytes) -> None:
        seen = Seen(method, self.path, json.loads(content) if content else None, at=time.monotonic())
        seen.agent = self.headers.get("User-Agent", "")
        with self.owner.lock:
            self.owner.log.append(seen)
        try:
            self._answer(seen)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _answer(self, seen: Seen) -> None:
        remaining, wait = self.owner.arrived()
        limits = {}
        if self.owner.send_limit_headers:
            limits = {
                "x-ratelimit-limit": str(self.owner.limit),
                "x-ratelimit-policy": f"{self.owner.limit};w={self.owner.window:g}s",
                "x-ratelimit-remaining": str(max(remaining, 0)),
                "x-ratelimit-resource": "SB_API_1MIN",
            }
        if remaining < 0:
            return self._send(seen, 429, b"", limits | {"Retry-After": str(math.ceil(wait))})
        fault = self.owner.take_fault(seen.method, urlsplit(self.path).path)
        if fault and fault.kind in REFUSALS:
            return REFUSALS[fault.kind](self, seen, fault)
        try:
            if len(self.path) > LONGEST_ADDRESS:
                return self._send(seen, 404, HTML, limits, "text/html")
            body = json.dumps(self._find(seen), ensure_ascii=False).encode()
        except RefusedError as problem:
            text = {"type": "Parameter error", "title": problem.title, "status": problem.body_status}
            body = json.dumps(text).encode() if problem.title else b""
            return self._send(seen, problem.status, body, limits)
        if fault:
            return SPOILERS[fault.kind](self, seen, body, fault)
        return self._send(seen, 200, body, limits)

    def _send(
        self,
        seen: Seen,
        status: int,
        body: bytes,
        headers: dict[str, str] | None = None,
        kind: str = "application/json",
    ) -> None:
        seen.status = status
        self.send_response(status)
        for name, value in {"Content-Type": f"{kind}; charset=utf-8", **(headers or {})}.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        if len(body) > 1000 and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _find(self, seen: Seen) -> Any:
        address = urlsplit(self.path)
        asked = {name: values[-1] for name, values in parse_qs(address.query).items()}
        language = known_language(asked)
        path = unquote(address.path)[len(BASE) :].strip("/")
        if path in self.owner.recorded:
            return json.loads(self.owner.recorded[path])
        parts = path.split("/")
        match [parts[0].lower(), *parts[1:]]:
            case ["config"]:
                return config()
            case ["tables"]:
                return self._page(asked)
            case ["codelists", name]:
                if name not in self.owner.codelists:
                    raise RefusedError(404, "Non-existent codelist")
                return codelist_reply(self.owner.codelists[name], language)
            case ["tables", name]:
                return entry(self._table(name, 404), language)
            case ["tables", name, "metadata"]:
                return metadata(self._table(name, 404), language, self.owner.codelists)
            case ["tables", name, "data"]:
                if asked.get("outputFormat", "json-stat2") != "json-stat2":
                    raise RefusedError(400, "Unsupported output format")
                chosen = seen.body["selection"] if seen.method == "POST" else selection_of(asked)
                return data(self._table(name, 400), chosen, self.owner, language)
        raise RefusedError(404, "")

    def _table(self, name: str, status: int) -> DemoTable:
        if name not in self.owner.tables:
            raise RefusedError(status, "Non-existent table", 404)
        return self.owner.tables[name]

    def _page(self, asked: dict[str, str]) -> Any:
        size, number = int(asked.get("pageSize", 20)), int(asked.get("pageNumber", 1))
        query = asked.get("query", "").lower()
        found = [t for t in self.owner.tables.values() if query in t.label.lower()]
        pages = max(1, math.ceil(len(found) / size))
        if number > pages:
            raise RefusedError(404, "Non-existent page")
        page = {"pageNumber": number, "pageSize": size, "totalElements": len(found), "totalPages": pages, "links": []}
        rows = [entry(table, "no") for table in found[(number - 1) * size : number * size]]
        return {"language": "no", "tables": rows, "page": page, "links": []}


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


def _status(handler: Handler, seen: Seen, fault: Fault) -> None:
    headers = {"Retry-After": str(fault.options["retry_after"])} if "retry_after" in fault.options else {}
    handler._send(seen, int(fault.kind), b"", headers)


def _html(handler: Handler, seen: Seen, fault: Fault) -> None:
    handler._send(seen, fault.options.get("status", 200), b"<html>Log in to the network</html>", {}, "text/html")


def _drop(handler: Handler, seen: Seen, _: Fault) -> None:
    handler.close_connection = True
    handler.connection.close()


def _cut(handler: Handler, seen: Seen, body: bytes, _: Fault) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.wfile.flush()
    handler.close_connection = True


def _short_length(handler: Handler, seen: Seen, body: bytes, _: Fault) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body) - 20))
    handler.end_headers()
    handler.wfile.write(body)
    handler.close_connection = True


def _slow(handler: Handler, seen: Seen, body: bytes, fault: Fault) -> None:
    time.sleep(fault.options.get("seconds", 1.0))
    handler._send(seen, 200, body)


def _drip(handler: Handler, seen: Seen, body: bytes, fault: Fault) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    for place in range(len(body)):
        handler.wfile.write(body[place : place + 1])
        time.sleep(fault.options.get("seconds", 0.05))


def _other_figures(handler: Handler, seen: Seen, body: bytes, fault: Fault) -> None:
    handler._send(seen, 200, json.dumps(json.loads(body) | fault.options).encode())


def _raw(handler: Handler, seen: Seen, _: bytes, fault: Fault) -> None:
    handler._send(seen, 200, fault.options["body"])


REFUSALS = {"429": _status, "503": _status, "500": _status, "404": _status, "html": _html, "drop": _drop}
SPOILERS = {"cut": _cut, "short length": _short_length, "slow": _slow, "drip": _drip, "change": _other_figures}
SPOILERS |= {"raw": _raw}


@contextmanager
def serving(tables: list[DemoTable], codelists: list[CodeList] | None = None, **options: Any) -> Iterator[PxWebServer]:
    server = PxWebServer(tables, codelists or [], **options)
    try:
        yield server
    finally:
        server.close()
