"""Data sets on which Firth's penalised Cox model once went wrong."""

from __future__ import annotations

import numpy as np
import pytest
from firth_written_out import WrittenOut
from scipy.stats import chi2

from durata.cohort import Cohort
from durata.estimate.firth import firth_cox

# fmt: off
TWO_EVENTS_FOUR_TERMS = Cohort(
    person=np.arange(19),
    entry=np.array([1.5, -0.5, 14.5, 6.5, 3.5, 1.5, -0.5, 1.5, 1.5, -0.5, -0.5, -0.5, -0.5, 0.5, -0.5, 6.5, 0.5, 1.5, -0.5]),
    exit=np.array([4.0, 1, 23, 10, 7, 4, 1, 18, 3, 2, 1, 1, 1, 2, 1, 10, 9, 3, 1]),
    event=np.isin(np.arange(19), [0, 3]),
    covariates={
        "a": np.isin(np.arange(19), [0, 3]) * 1.0,
        "b": np.array([3.98, 1.14, 22.97, 9.96, 6.99, 4.19, 1.2, 18.19, 3.02, 1.9, 0.95, 0.94, 1.02, 2.15, 1.07, 10.09, 8.99, 3.08,
                       1.13]),
        "c": np.array([0.92, -0.68, -0.34, -0.23, -1.15, -1.2, 1.18, 0.53, -0.47, 1.14, 0.32, 0.78, -1.65, -0.68, 1.08, -1.93,
                       -0.19, -0.38, -0.2]),
        "d": np.array([-0.23, 0.73, -0.3, 0.48, -0.31, -1.55, 1.28, 1.08, -0.35, -0.6, 0.12, 1.55, -0.27, -0.26, -0.27, -0.64, -0.4,
                       -0.55, -0.08]),
    },
)
TWO_PEAKS = Cohort(
    person=np.arange(25),
    entry=np.array([3.5, -0.5, 2.5, -0.5, 1.5, -0.5, -0.5, -0.5, -0.5, -0.5, -0.5, -0.5, -0.5, 0.5, 0.5, -0.5, -0.5, -0.5, 0.5,
                    -0.5, -0.5, 8.5, -0.5, 3.5, -0.5]),
    exit=np.array([6.05, 8.4, 5.1, 1.3, 16.5, 2.73, 4.15, 2.14, 0.83, 3.25, 0.63, 1.4, 1.91, 1.44, 2.28, 0.26, 5.18, 1.01, 3.1,
                   0.11, 2.3, 19.88, 5.77, 5.46, 1.23]),
    event=np.isin(np.arange(25), [8, 12, 19, 21]),
    covariates={
        "a": np.isin(np.arange(25), [0, 2, 4, 6, 7, 9, 10, 12, 15, 23]) * 1.0,
        "b": np.array([6.1, 8.36, 5.02, 1.3, 16.54, 2.83, 4.2, 2.28, 0.69, 3.27, 0.82, 1.39, 1.84, 1.28, 2.28, 0.18, 5.13, 0.98,
                       3.0, 0.09, 2.44, 19.87, 5.71, 5.6, 1.29]),
        "c": np.array([6.07, 8.39, 4.99, 0.96, 16.31, 2.82, 4.26, 2.03, 0.75, 3.23, 0.61, 1.58, 1.78, 1.24, 2.26, 0.4, 5.1, 1.01,
                       3.01, 0.0, 2.39, 19.89, 5.97, 5.35, 1.07]),
        "d": np.array([-1.16, 6.66, 12.66, -36.56, 3531.25, -29.55, -0.2, 8.36, 7.58, 2.73, -433.28, 39.63, 157.18, 5.74, 5.78,
                       8.61, -5.38, 0.21, -68.49, -14.4, -7.33, 6.45, -2747.7, 6.77, 9.79]),
    },
)
# fmt: on


def test_limits_where_the_information_is_nearly_lost() -> None:
    """Sums over risk sets cancelled so far out that the climb ran after rounding for minutes and found no limits."""
    effects = firth_cox(TWO_EVENTS_FOUR_TERMS, list("abcd"))
    low, high = effects.interval()
    assert np.isfinite([low, high]).all()
    written = WrittenOut(TWO_EVENTS_FOUR_TERMS, list("abcd"), "efron")
    assert written.score(effects.estimate) * effects.std_error == pytest.approx(np.zeros(4), abs=1e-8)
    for j, limit in [(j, ends[j]) for j in range(4) for ends in (low, high)]:
        # The constrained likelihood has several peaks: scipy climbs from both sides of c = 0.
        tops = [written.maximum(j, limit, near) for near in (effects.estimate, np.array([18.0, 3.0, 4.0, -19.0]))]
        fall = min(2 * (effects.log_likelihood - written.value(top).real) for top in tops)
        assert chi2.cdf(fall, 1) == pytest.approx(0.95, abs=1e-8)


def test_two_peaks_are_said() -> None:
    """The profile of d falls, and rises to a second peak on the other side of 0: its p-value is not that of its interval."""
    effects = firth_cox(TWO_PEAKS, list("abcd"), ties="breslow")
    row = effects.term("d")
    assert row["conf_low"] < 0 < row["conf_high"]
    assert row["p_value"] < 0.05
    (note,) = (note for note in effects.notes if note.code == "N17")
    assert "more than one peak: interval and p-value of d do not agree" in note.message
