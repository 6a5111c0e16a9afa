"""How much a rate has moved: sizes found again in simulated pasts, and nothing later than asked for."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from demografi.needs.drawing import drawn_errors
from demografi.needs.past_changes import FREEDOM, ChangeModel, fit_changes

ROOT = Path(__file__).parents[2]


def simulated(rng: np.random.Generator, common: float, local: float, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Forty places over 200 years: random walks, a shared one, and a count's own noise."""
    shape = (40, 200, 1)
    users = np.full(shape, 100.0)
    walk = np.cumsum(rng.normal(0, np.sqrt(local), shape), axis=1)
    shared = np.cumsum(rng.normal(0, np.sqrt(common), (1, *shape[1:])), axis=1)
    return walk + shared + rng.normal(0, np.sqrt(noise / users), shape), users


def test_sizes_of_a_simulated_past_are_found_again() -> None:
    logs, users = simulated(np.random.default_rng(1), common=0.002, local=0.004, noise=0.3)
    found = fit_changes(logs, users, 2025)
    h = np.array([1.0, 5.0, 10.0])
    # Normal changes within the 80 % reach of Student's t: the size is smaller by the ratio of their quantiles.
    reach = stats.norm.ppf(0.9) / (stats.t.ppf(0.9, FREEDOM) * np.sqrt(1 - 2 / FREEDOM))
    total = found.local[0, 0] * h + found.local[1, 0] * h**2 + 2 * found.noise[0] / 100
    assert total == pytest.approx((0.004 * h + 2 * 0.3 / 100) * reach**2, rel=0.15)
    shared = found.common[0, 0] * h + found.common[1, 0] * h**2
    assert shared == pytest.approx(0.002 * h * FREEDOM / (FREEDOM - 2), rel=0.5)


def test_places_that_share_nothing_have_no_common_part() -> None:
    logs, users = simulated(np.random.default_rng(2), common=0.0, local=0.004, noise=0.3)
    assert fit_changes(logs, users, 2025).common.max() < 0.0005


def test_draws_have_the_size_and_the_sharing_they_are_asked_for() -> None:
    model = ChangeModel(
        2025, np.array([[0.004], [0.0]]), np.array([0.0]), np.array([[0.012], [0.0]]), np.eye(1), (9, 9, 9)
    )
    errors = drawn_errors(model, np.full((2, 1), 100.0), [5029, 5059], 5, range(20_000), 3)[..., 0]
    assert errors[:, 0].max() == 0
    assert errors[:, 5].var(axis=0) == pytest.approx(5 * 0.016, rel=0.1)
    assert np.corrcoef(errors[:, 5].T)[0, 1] == pytest.approx(0.25, abs=0.03)
    assert np.quantile(errors[:, 5, 0] + 2.5 * 0.012, 0.9) == pytest.approx(
        np.sqrt(5 * 0.016) * stats.t.ppf(0.9, FREEDOM) * np.sqrt(1 - 2 / FREEDOM), rel=0.1
    )
    part = drawn_errors(model, np.full((1, 1), 100.0), [5059], 3, range(100, 200), 3)[..., 0]
    assert np.array_equal(part[:, :, 0], errors[100:200, :4, 1])


def test_the_tables_of_the_page_are_those_of_the_data() -> None:
    page = (ROOT / "docs" / "need.md").read_text(encoding="utf-8")
    script = runpy.run_path(str(ROOT / "scripts" / "need_page.py"))
    assert script["departure_page"]() in page
    assert script["change_page"]() in page


@pytest.mark.reference
@pytest.mark.long
def test_the_hit_rates_of_the_page_are_those_of_the_launches() -> None:
    page = (ROOT / "docs" / "need.md").read_text(encoding="utf-8")
    script = runpy.run_path(str(ROOT / "scripts" / "need_page.py"))
    assert script["score_page"](script["score"]()) in page
