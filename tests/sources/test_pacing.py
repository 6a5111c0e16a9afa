from __future__ import annotations

import pytest
from clocks import Clock

from demografi.sources.pacing import CancelledError, Limiter


def sent_in(limiter: Limiter, clock: Clock, calls: int, headers: dict[str, str] | None = None) -> list[float]:
    """Send calls as fast as the limiter lets; give the time of each."""
    times = []
    for _ in range(calls):
        limiter.wait()
        times.append(clock.time)
        limiter.learn(headers or {}, 200)
    return times


def most_in(times: list[float], window: float) -> int:
    return max(sum(1 for other in times if start <= other < start + window) for start in times)


def test_never_more_than_30_calls_a_minute_where_the_server_says_nothing() -> None:
    clock = Clock()
    times = sent_in(Limiter(clock=clock, sleep=clock.sleep), clock, 200)
    assert most_in(times, 60) == 30
    assert times[-1] - times[0] == pytest.approx(360, abs=1), "no slower than that either"


def test_the_limit_in_the_headers_is_followed() -> None:
    clock = Clock()
    headers = {"x-ratelimit-limit": "40", "x-ratelimit-policy": "40;w=60s", "x-ratelimit-remaining": "9"}
    assert most_in(sent_in(Limiter(clock=clock, sleep=clock.sleep), clock, 200, headers), 60) == 40


@pytest.mark.parametrize(
    "headers", [{"x-ratelimit-limit": "0"}, {"x-ratelimit-policy": "0;w=0s"}, {"x-ratelimit-limit": "many"}]
)
def test_a_limit_of_nothing_is_not_believed(headers: dict[str, str]) -> None:
    limiter = Limiter()
    limiter.learn(headers, 200)
    assert limiter.allowed == (30, 60.0)


def test_none_left_means_waiting_even_when_our_own_calls_were_few() -> None:
    clock = Clock()
    limiter = Limiter(clock=clock, sleep=clock.sleep)
    limiter.wait()
    limiter.learn({"x-ratelimit-policy": "40;w=60s", "x-ratelimit-remaining": "0"}, 200)
    start = clock.time
    limiter.wait()
    assert clock.time - start >= 60


def test_a_wait_can_be_stopped() -> None:
    clock = Clock()
    limiter = Limiter(clock=clock, sleep=clock.sleep)
    with pytest.raises(CancelledError, match="finished parts are not fetched twice"):
        limiter.pause(60, cancel=lambda: clock.time > 1003)
    assert clock.time < 1004


def test_the_least_time_of_a_plan_is_told() -> None:
    assert Limiter().seconds_for(30) == 0
    assert Limiter().seconds_for(31) == 60
