"""Laws of climbing with a rough curvature: the top is found, held coordinates stay, rounding does not send it astray."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from durata.kernels.arrays import FloatArray
from durata.kernels.newton import Evaluation
from durata.kernels.quasi_newton import climb, inverse_of

few = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 10_000)


class Hill:
    """-sum cosh(a_i'(b - top)), its information wrong by a factor between 1/2 and 2, and rounding of the height."""

    def __init__(self, seed: int, noise: float = 0.0, p: int = 4) -> None:
        rng = np.random.default_rng(seed)
        self.a, self.top = rng.normal(size=(12, p)), rng.normal(size=p)
        self.wrong, self.noise, self.calls = rng.uniform(0.5, 2.0, 12), noise, 0

    def __call__(self, at: FloatArray) -> Evaluation:
        self.calls += 1
        u = self.a @ (at - self.top)
        rounding = self.noise * np.sin(1e9 * u.sum())
        information = (self.a.T * np.cosh(u) * self.wrong) @ self.a
        return Evaluation(float(-np.cosh(u).sum() + rounding), -np.sinh(u) @ self.a, information)


def reach(step: FloatArray) -> float:
    return float(np.ptp(step))


@few
@given(seeds)
def test_the_top_is_found_although_the_curvature_is_wrong(seed: int) -> None:
    hill = Hill(seed)
    peak = climb(hill, np.zeros(4), reach)
    assert peak.converged
    assert peak.at == pytest.approx(hill.top, abs=1e-10)
    assert hill.calls < 80


@few
@given(seeds, st.lists(st.booleans(), min_size=4, max_size=4))
def test_what_is_held_stays_and_the_rest_is_as_high_as_can_be(seed: int, free: list[bool]) -> None:
    hill, start = Hill(seed), np.full(4, 0.5)
    chosen = np.array(free)
    peak = climb(hill, start, reach, free=chosen)
    assert peak.converged
    assert np.array_equal(peak.at[~chosen], start[~chosen])
    assert peak.there.score[chosen] == pytest.approx(np.zeros(int(chosen.sum())), abs=1e-8)


@few
@given(seeds)
def test_rounding_of_the_height_does_not_matter_where_the_slope_is_known(seed: int) -> None:
    hill = Hill(seed, noise=3e-9)
    peak = climb(hill, np.zeros(4), reach)
    assert peak.converged
    assert peak.at == pytest.approx(hill.top, abs=1e-7)
    assert hill.calls < 80


def test_where_nothing_can_be_computed_there_is_no_top() -> None:
    def nowhere(at: FloatArray) -> Evaluation:
        return Evaluation(-np.inf, np.zeros(2), np.zeros((2, 2)))

    peak = climb(nowhere, np.zeros(2), reach)
    assert (peak.converged, peak.iterations) == (False, 0)


def test_a_slope_without_an_end_is_no_top() -> None:
    def slope(at: FloatArray) -> Evaluation:
        return Evaluation(float(at.sum()), np.ones(2), np.eye(2))

    assert not climb(slope, np.zeros(2), reach).converged


@few
@given(seeds)
def test_the_inverse_is_the_inverse_and_never_negative(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scale = np.array([1e-6, 1.0, 1e6])
    columns = rng.normal(size=(20, 3))
    inverse = inverse_of(columns.T @ columns * scale * scale[:, None])
    assert inverse * scale * scale[:, None] @ (columns.T @ columns) == pytest.approx(np.eye(3), abs=1e-9)
    # A correlation of 1 and a little more, as rounding makes it.
    slightly_negative = np.array([[1.0, 1.0 + 1e-14], [1.0 + 1e-14, 1.0]])
    step = inverse_of(slightly_negative) @ np.array([1.0, -1.0])
    assert step @ [1.0, -1.0] > 0
