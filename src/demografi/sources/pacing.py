"""Wait before calling, so that a server's limit is never passed."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

from demografi.errors import SourceError

__all__ = ["CancelledError", "Limiter", "stop_if_asked"]

CALLS, WINDOW = 30, 60.0
"""Calls and seconds where a server does not say what it allows."""

LONGEST_NAP = 0.25
MARGIN = 0.05
"""Seconds added to every window: one call may reach the server faster than another."""

_POLICY = re.compile(r"(\d+)\s*;\s*w=(\d+(?:\.\d+)?)")


class CancelledError(SourceError):
    """The caller asked to stop; what was finished is kept."""

    code = "cancelled"


def stop_if_asked(cancel: Callable[[], bool] | None) -> None:
    """Refuse to go on once the caller has asked to stop."""
    if cancel is not None and cancel():
        raise CancelledError("Fetching was stopped.", hint="Call again: finished parts are not fetched twice.")


class Limiter:
    """Spread calls to one server over time, for all threads of this process.

    The server's own limit is read from the ``x-ratelimit-*`` headers of each answer; where an
    answer has none, 30 calls a minute hold. What ``/config`` says is not believed: it says 0.

    Parameters
    ----------
    clock, sleep
        Seconds that only go forward, and a wait; tests give their own.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._sent: deque[float] = deque()
        self._limit, self._window = CALLS, WINDOW
        self._closed_until = float("-inf")
        self._lock = threading.Lock()

    @property
    def allowed(self) -> tuple[int, float]:
        """Calls and the seconds they are for, as now known."""
        return self._limit, self._window

    def wait(self, cancel: Callable[[], bool] | None = None) -> None:
        """Return when the next call may be sent, and count it.

        Raises
        ------
        CancelledError
            The caller asked to stop while waiting.
        """
        while True:
            stop_if_asked(cancel)
            with self._lock:
                pause = self._pause(self._clock())
                if pause <= 0:
                    self._sent.append(self._clock())
                    return
            self._sleep(min(pause, LONGEST_NAP) if cancel else pause)

    def pause(self, seconds: float, cancel: Callable[[], bool] | None = None) -> None:
        """Wait a time the server asked for, awake to a stop."""
        end = self._clock() + seconds
        while (left := end - self._clock()) > 0:
            stop_if_asked(cancel)
            self._sleep(min(left, LONGEST_NAP) if cancel else left)

    def learn(self, headers: Mapping[str, str], status: int) -> None:
        """Take the limit from an answer; an answer that says none is left brings a wait."""
        with self._lock:
            self._limit, self._window = _stated(headers) or (CALLS, WINDOW)
            if headers.get("x-ratelimit-remaining") == "0" or status == 429:
                first = self._sent[0] if self._sent else self._clock()
                self._closed_until = max(self._closed_until, first + self._window + MARGIN)

    def seconds_for(self, calls: int) -> float:
        """Say how long a number of calls must take at the least, from an idle start."""
        return max(0, calls - 1) // self._limit * self._window

    def _pause(self, now: float) -> float:
        while self._sent and now - self._sent[0] >= self._window + MARGIN:
            self._sent.popleft()
        full = self._sent[-self._limit] + self._window + MARGIN - now if len(self._sent) >= self._limit else 0.0
        return max(full, self._closed_until - now)


def _stated(headers: Mapping[str, str]) -> tuple[int, float] | None:
    found = _POLICY.search(headers.get("x-ratelimit-policy", ""))
    if found:
        limit, window = int(found[1]), float(found[2])
    else:
        text = headers.get("x-ratelimit-limit", "")
        limit, window = int(text) if text.isdecimal() else 0, WINDOW
    return (limit, window) if limit > 0 and window > 0 else None
