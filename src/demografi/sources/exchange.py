"""Ask a statistics server one question, from the cache where the answer is kept.

Only an answer that came whole and says what was asked is kept. Too many calls, a busy server and
a broken connection are tried again as `urllib3.util.Retry` counts them; a question the server
finds wrong never is.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache as remembered
from importlib import resources
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, MaxRetryError, ResponseError
from urllib3.util import Retry

from demografi.errors import AbsentError, SourceError
from demografi.sources.cache import Cache, Kept, unkept
from demografi.sources.pacing import Limiter, stop_if_asked
from demografi.tables import PROGRAM, VERSION

__all__ = ["Connection", "Question", "ask"]

LOG = logging.getLogger(PROGRAM)
T = TypeVar("T")
TRIES_AGAIN = 5
BUSY = {429, 502, 503, 504}
LONGEST_WAIT = 300.0
PIECE = 65_536
MOST_BYTES = 200_000_000
"""A reply of 800,000 cells is about 5 MB; forty times that is no table."""


@remembered
def _limiter_of(server: str) -> Limiter:
    return Limiter()


@dataclass(frozen=True)
class Connection:
    """How a server is reached: address, language, cache, patience.

    Parameters
    ----------
    base
        Address up to and with the version, such as ``https://data.ssb.no/api/pxwebapi/v2``.
    language
        The server's own code: ``"no"`` or ``"en"``.
    cache
        Where replies are kept; None keeps nothing.
    offline
        Never touch the network.
    session
        The caller's own `requests.Session`, for proxies and the system's certificates.
    timeout
        Seconds to wait for a connection, and for the next bytes of an answer.
    longest
        Seconds a whole answer may take, however busily it trickles.
    limiter
        Shared by all connections to the same server unless one is given.
    cancel
        Asked often; a true answer stops the work. ``threading.Event().is_set`` will do.
    now
        Gives the aware time that is written beside a reply.
    """

    base: str
    language: str = "no"
    cache: Cache | None = None
    offline: bool = False
    session: requests.Session = field(default_factory=requests.Session, repr=False)
    timeout: tuple[float, float] = (10.0, 60.0)
    longest: float = 600.0
    limiter: Limiter | None = None
    cancel: Callable[[], bool] | None = None
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)

    @property
    def pace(self) -> Limiter:
        """The limiter in force."""
        return self.limiter or _limiter_of(urlsplit(self.base).netloc)


@dataclass(frozen=True)
class Question:
    """One call: a path below the server's address, and for data the selection that is posted."""

    path: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None

    @property
    def method(self) -> str:
        """POST where there is a selection: an address over about 2,100 characters gets a web page for an answer."""
        return "GET" if self.body is None else "POST"

    def canonical(self, connection: Connection) -> dict[str, Any]:
        """Say everything the answer depends on, for the cache."""
        asked = {"server": connection.base, "language": connection.language, "path": self.path}
        return asked | {"parameters": dict(self.parameters), "body": self.body}


class _AgainError(Exception):
    """An answer that did not come, or is not what it claims to be; worth asking for again."""

    def __init__(self, fault: str, wait: float = 0.0) -> None:
        super().__init__(fault)
        self.fault, self.wait = fault, wait


def ask(
    connection: Connection,
    question: Question,
    understand: Callable[[Any], T],
    *,
    fresh: bool = False,
    facts: Callable[[T], Mapping[str, Any]] | None = None,
) -> tuple[T, Kept]:
    """Give the answer to a question, and the reply as it came.

    Parameters
    ----------
    understand
        Makes the answer of parsed JSON; a `SourceError` from it means that the reply is not kept.
    fresh
        Ask the server even where an answer is kept.
    facts
        What to write beside the reply, from the answer.

    Raises
    ------
    SourceError
        The server refuses, cannot be reached, or keeps answering something else; or the
        question is not in the cache and the network may not be touched.
    """
    query = question.canonical(connection)
    if not fresh and (known := _kept(connection, query, understand)):
        return known
    if connection.offline:
        fault = "cannot be asked for anew" if fresh else "is not kept"
        raise AbsentError(
            f"'{question.path}' {fault}, and the network may not be touched.",
            where=f"Looked in {connection.cache.folder if connection.cache else 'no cache'}.",
            hint="Load it once with offline=False.",
        )
    body, answer = _insist(connection, question, understand)
    fetched = connection.now().isoformat(timespec="seconds")
    said = facts(answer) if facts else {}
    if connection.cache:
        return answer, connection.cache.keep(query, body, fetched=fetched, facts=said)
    return answer, unkept(query, body, fetched=fetched, facts=said)


def _kept(connection: Connection, query: Mapping[str, Any], understand: Callable[[Any], T]) -> tuple[T, Kept] | None:
    if connection.cache is None:
        return None
    try:
        found = connection.cache.find(query)
        return (understand(_json(found.body)), found) if found else None
    except SourceError as damage:
        if connection.offline:
            raise
        LOG.warning("%s It is fetched again.", damage.fault)
        return None


def _insist(connection: Connection, question: Question, understand: Callable[[Any], T]) -> tuple[bytes, T]:
    policy = Retry(total=TRIES_AGAIN, backoff_factor=1.0, backoff_max=60.0)
    url = connection.base + question.path
    while True:
        connection.pace.wait(connection.cancel)
        try:
            body = _attempt(connection, question, url, again=bool(policy.history))
            return body, _understood(body, understand)
        except _AgainError as again:
            try:
                policy = policy.increment(question.method, url, error=ResponseError(again.fault))
            except MaxRetryError as error:
                raise _gave_up(url, again.fault) from error
            LOG.info("%s: %s; trying again.", url, again.fault)
            _wait(connection, max(again.wait, policy.get_backoff_time()), url)


def _attempt(connection: Connection, question: Question, url: str, *, again: bool) -> bytes:
    headers = {"User-Agent": f"{PROGRAM}/{VERSION}", "Accept": "application/json"}
    # What is left on the line of a spoiled answer must not be read as the next one.
    headers |= {"Connection": "close"} if again else {}
    try:
        response, body = _exchange(connection, question, url, headers)
    except requests.exceptions.SSLError as error:
        raise _unreached(url, error, "Give session= with your system's certificates.") from error
    except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
        raise _AgainError(_plain(error)) from error
    except requests.RequestException as error:
        raise _unreached(url, error, "Look at the address and the session's settings.") from error
    if response.status_code in BUSY:
        wait = Retry().get_retry_after(response.raw) or 0.0
        raise _AgainError(f"the server answers {response.status_code}", wait)
    if response.status_code != 200:
        raise _refused(response.status_code, body, url)
    return body


def _exchange(
    connection: Connection, question: Question, url: str, headers: Mapping[str, str]
) -> tuple[requests.Response, bytes]:
    started = time.monotonic()
    with connection.session.request(
        question.method,
        url,
        params={"lang": connection.language, **question.parameters},
        json=question.body,
        headers=dict(headers),
        timeout=connection.timeout,
        stream=True,
    ) as response:
        connection.pace.learn(response.headers, response.status_code)
        pieces, size = [], 0
        for piece in _pieces(response):
            stop_if_asked(connection.cancel)
            pieces.append(piece)
            size += len(piece)
            if size > MOST_BYTES:
                raise SourceError(
                    f"The answer is over {MOST_BYTES // 1_000_000} MB.",
                    where=url,
                    hint="Ask for fewer codes at a time.",
                )
            if time.monotonic() - started > connection.longest:
                raise requests.Timeout(f"the answer was not whole after {connection.longest:g} seconds")
        return response, b"".join(pieces)


def _pieces(response: requests.Response) -> Iterator[bytes]:
    # iter_content waits until a piece is full, so an answer that trickles would never be given up.
    read = getattr(response.raw, "read1", None)
    if read is None:
        yield from response.iter_content(PIECE)
        return
    try:
        while piece := read(PIECE, decode_content=True):
            yield piece
    except HTTPError as error:
        raise requests.exceptions.ChunkedEncodingError(error) from error


def _understood(body: bytes, understand: Callable[[Any], T]) -> T:
    if body.lstrip()[:1] == b"<":
        raise _AgainError("the answer is a web page, not JSON")
    try:
        return understand(_json(body))
    except (ValueError, RecursionError) as error:
        raise _AgainError(f"the answer is not JSON ({error})") from error
    except SourceError as error:
        raise _AgainError(f"the answer does not fit the question: {error.fault}") from error


def _json(body: bytes) -> Any:
    return json.loads(body.decode("utf-8-sig"))


def _wait(connection: Connection, seconds: float, url: str) -> None:
    if seconds > LONGEST_WAIT:
        raise SourceError(
            f"The server asks for a wait of {seconds / 60:.0f} minutes.",
            where=url,
            hint="Call again later: finished parts are kept.",
        )
    connection.pace.pause(seconds, connection.cancel)


def _refused(status: int, body: bytes, url: str) -> SourceError:
    try:
        title = str(_json(body)["title"])
    except (ValueError, KeyError, TypeError):
        if status == 404:
            title = "web page"
        elif status >= 500 and not body:
            title = "empty error"
        else:
            title = ""
    words = _server_words().get(title) or _server_words()["other"]
    facts = [words["nb"].format(title=title), f"The server answered {status} to {url}."]
    kind = AbsentError if title.startswith("Non-existent") else SourceError
    return kind(words["en"].format(title=title), where=facts, hint=words["hint"])


@remembered
def _server_words() -> dict[str, dict[str, str]]:
    written = (resources.files("demografi") / "data" / "server_errors.csv").read_text(encoding="utf-8")
    return {row["title"]: row for row in csv.DictReader(written.splitlines())}


def _gave_up(url: str, fault: str) -> SourceError:
    return SourceError(
        f"No usable answer came after {TRIES_AGAIN + 1} tries.",
        where=[f"Last time: {fault}.", url],
        hint="Call again later: finished parts are kept. Or use offline=True with what is kept.",
    )


def _unreached(url: str, error: Exception, hint: str) -> SourceError:
    return SourceError("The server cannot be reached.", where=[_plain(error), url], hint=hint)


def _plain(error: Exception) -> str:
    # Addresses of objects in memory differ from run to run and help nobody.
    return re.sub(r"<[^<>]* at 0x[0-9a-f]+>", "", str(error)).strip(" :") or type(error).__name__
