"""What holds for every printed number: it is near the true one, on its side of no effect, and never a lie about all or none."""

from __future__ import annotations

import itertools
import math

from hypothesis import given
from hypothesis import strategies as st

from durata.show import numbers
from durata.show.figures.labels import spread
from durata.show.time_scale import STEPS, TimeScale

positive = st.floats(1e-3, 9e3)


def read(text: str) -> float:
    return float(text.replace("−", "-").replace(",", "").replace("<", "").replace(">", "").replace("%", ""))


@given(st.floats(0, 1))
def test_a_printed_p_value_is_within_its_last_digit(p: float) -> None:
    text = numbers.p_value(p)
    assert abs(read(text) - p) <= 0.001 + 1e-12
    assert ("<" in text) == (p < 0.001)


@given(st.floats(-1e9, 1e9), st.integers(0, 6))
def test_a_printed_number_is_within_half_its_last_digit(value: float, places: int) -> None:
    text = numbers.fixed(value, places)
    assert abs(read(text) - value) <= 0.5 * 10.0**-places * (1 + 1e-9) + 1e-15 * abs(value)
    assert not text.startswith("-")


@given(positive, positive, positive)
def test_rounding_never_moves_a_limit_across_one(a: float, b: float, c: float) -> None:
    low, value, high = sorted((a, b, c))
    printed_low, printed_high = numbers.ratio_interval(value, low, high).split("(")[1].rstrip(")").split(" to ")
    for printed, true in ((printed_low, low), (printed_high, high)):
        if abs(true - 1) > 1e-5:
            assert (read(printed) - 1) * (true - 1) > 0


@given(st.integers(0, 500), st.integers(1, 500))
def test_only_everybody_is_a_hundred_percent(part: int, whole: int) -> None:
    part = min(part, whole)
    text = numbers.percent(part / whole)
    assert (text == "100%") == (part == whole)
    assert (text == "0%") == (part == 0)


@given(st.floats(1e-6, 1e6))
def test_a_standard_error_is_shown_with_two_digits(std_error: float) -> None:
    places = numbers.decimals(std_error, at_most=12)
    if 0 < places < 12:
        assert 10 <= math.floor(std_error * 10.0**places * (1 + 1e-9)) < 100


@given(st.sampled_from([*STEPS, "units"]), st.floats(1e-3, 1e5), st.sampled_from([1.0, 7.0, 30.4375, 365.25]))
def test_ticks_begin_at_zero_are_even_and_few(unit: str, until: float, length: float) -> None:
    scale = TimeScale(unit, length)
    ticks = scale.ticks(until)
    assert ticks[0] == 0
    assert 1 <= len(ticks) <= 10
    assert ticks[-1] <= scale.shown(until) * (1 + 1e-9)
    gaps = [later - earlier for earlier, later in itertools.pairwise(ticks)]
    assert all(math.isclose(gap, gaps[0], rel_tol=1e-9) for gap in gaps)


@given(st.lists(st.tuples(st.floats(0, 300), st.floats(5, 30)), min_size=1, max_size=8))
def test_labels_at_the_ends_of_curves_never_touch(wanted: list[tuple[float, float]]) -> None:
    middles = [level for level, _ in wanted]
    heights = [height for _, height in wanted]
    placed = spread(middles, heights, 0, 300)
    edges = sorted((middle - height / 2, middle + height / 2) for middle, height in zip(placed, heights, strict=True))
    assert all(upper[0] >= lower[1] - 1e-6 for lower, upper in itertools.pairwise(edges))
    if sum(heights) <= 300:
        assert edges[0][0] >= -1e-6
        assert edges[-1][1] <= 300 + 1e-6
