"""Laws of restricted means compared between groups: turned round, other units, repetition, many groups are pairs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from durata.category import Category
from durata.cohort import Cohort, Weights
from durata.estimate.restricted_mean import restricted_mean, restricted_mean_contrasts

few = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 10_000)
NUMBERS = ("estimate", "std_error", "statistic", "conf_low", "conf_high", "p_value")


def drawn(seed: int, levels: int = 2, n: int = 40) -> Cohort:
    rng = np.random.default_rng(seed)
    return Cohort(
        person=np.arange(n),
        exit=np.ceil(rng.exponential(9.0, n)),
        event=rng.random(n) < 0.6,
        group=Category((np.arange(n) % levels).astype(np.intp), tuple("abc"[:levels])),
    )


def numbers(row: dict[str, Any]) -> list[float]:
    return [np.nan if row[name] is None else row[name] for name in NUMBERS]


def same(one: list[dict[str, Any]], other: list[dict[str, Any]], tolerance: float = 1e-9) -> None:
    for mine, theirs in zip(one, other, strict=True):
        assert (mine["term"], mine["group"]) == (theirs["term"], theirs["group"])
        assert numbers(theirs) == pytest.approx(numbers(mine), rel=tolerance, abs=1e-10, nan_ok=True)
        assert theirs["note"] == mine["note"]


@few
@given(seeds, st.floats(1, 30))
def test_turned_round(seed: int, until: float) -> None:
    cohort = drawn(seed)
    there = restricted_mean_contrasts(cohort, until=until).rows()
    back = restricted_mean_contrasts(cohort, until=until, reference="b").rows()
    for one, other in zip(there, back, strict=True):
        assert (one["estimate"] is None) == (other["estimate"] is None)
        if one["p_value"] is None:
            continue
        assert other["p_value"] == pytest.approx(one["p_value"], rel=1e-9)
        assert other["statistic"] == pytest.approx(-one["statistic"], rel=1e-9)
        turned = (lambda x: -x) if one["term"] == "difference" else (lambda x: 1 / x)
        assert other["estimate"] == pytest.approx(turned(one["estimate"]), rel=1e-9)
        assert [other["conf_low"], other["conf_high"]] == pytest.approx(
            [turned(one["conf_high"]), turned(one["conf_low"])], rel=1e-9
        )


@few
@given(seeds, st.floats(1, 30), st.floats(-3, 3))
def test_the_unit_of_time_scales_the_difference_only(seed: int, until: float, power: float) -> None:
    cohort, unit = drawn(seed), 10.0**power
    one = restricted_mean_contrasts(cohort, until=until).rows()
    other = restricted_mean_contrasts(replace(cohort, exit=cohort.exit * unit), until=until * unit).rows()
    for mine, theirs in zip(one, other, strict=True):
        size = unit if mine["term"] == "difference" else 1.0
        scaled = [size, size, 1.0, size, size, 1.0]
        assert numbers(theirs) == pytest.approx(np.multiply(numbers(mine), scaled), rel=1e-8, nan_ok=True)


@few
@given(seeds, st.floats(1, 30))
def test_the_order_of_rows_changes_nothing(seed: int, until: float) -> None:
    cohort = drawn(seed)
    shuffled = cohort.select(np.random.default_rng(seed).permutation(len(cohort)))
    same(restricted_mean_contrasts(cohort, until=until).rows(), restricted_mean_contrasts(shuffled, until=until).rows())


@few
@given(seeds, st.floats(1, 30))
def test_frequency_weights_are_repeated_rows(seed: int, until: float) -> None:
    cohort = drawn(seed)
    counts = np.random.default_rng(seed).integers(1, 4, len(cohort))
    again = np.repeat(np.arange(len(cohort)), counts)
    repeated = cohort.select(again, person=np.arange(len(again)))
    weighted = replace(cohort, weights=Weights(counts.astype(float), "frequency"))
    for variance in ("greenwood", "infinitesimal-jackknife"):
        same(
            restricted_mean_contrasts(repeated, until=until, variance=variance).rows(),  # type: ignore[arg-type]
            restricted_mean_contrasts(weighted, until=until, variance=variance).rows(),  # type: ignore[arg-type]
        )


@few
@given(seeds, st.floats(1, 30), st.sampled_from(["a", "b", "c"]))
def test_many_groups_are_pairs(seed: int, until: float, reference: str) -> None:
    cohort = drawn(seed, 3)
    assert cohort.group is not None
    every = restricted_mean_contrasts(cohort, until=until, reference=reference).rows()
    others = [level for level in "abc" if level != reference]
    assert [row["group"] for row in every] == [level for level in others for _ in range(3)]
    for level in others:
        pair = cohort.select(np.isin(cohort.group.codes, ["abc".index(level), "abc".index(reference)]))
        alone = restricted_mean_contrasts(pair, until=until, reference=reference).rows()
        same([row for row in every if row["group"] == level], alone)


@few
@given(seeds, st.floats(1, 30))
def test_contrasts_are_those_of_the_means(seed: int, until: float) -> None:
    cohort = drawn(seed)
    a, b = restricted_mean(cohort, "group", until=until).rows()
    difference, ratio, lost = restricted_mean_contrasts(cohort, until=until).rows()
    if a["estimate"] is None or b["estimate"] is None:
        assert difference["estimate"] is None
        return
    assert difference["estimate"] == pytest.approx(b["estimate"] - a["estimate"], abs=1e-12)
    assert ratio["estimate"] == pytest.approx(b["estimate"] / a["estimate"])
    if lost["estimate"] is not None:
        assert lost["estimate"] == pytest.approx((until - b["estimate"]) / (until - a["estimate"]))
    if difference["std_error"] is not None:
        assert difference["std_error"] == pytest.approx(np.hypot(a["std_error"], b["std_error"]))
