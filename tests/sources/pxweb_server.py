"""A local PxWeb v2 server for tests: real sockets, quirks and faults on demand.

It behaves as Statistics Norway's does where a client can tell: ``/config`` says 0 calls in 0
seconds, the limit stands in headers, too many cells give 400, a doubled code gives an empty 500,
a long address an HTML 404, and a municipality of another era zeros instead of nothing.
"""

from __future__ import annotations

import fnmatch
import gzip
import json
import math
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from pxweb_answers import (
    CodeList,
    DemoTable,
    RefusedError,
    codelist_reply,
    config,
    data,
    entry,
    known_language,
    metadata,
    selection_of,
)

BASE = "/api/pxwebapi/v2"


LONGEST_ADDRESS = 2100


HTML = b"<!DOCTYPE html><html><head><title>404 - File or directory not found.</title></head></html>"


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
