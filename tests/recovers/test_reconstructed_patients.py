"""Patients rebuilt from Kaplan-Meier curves: the curve, its numbers at risk, its events and the hazard ratio come back."""

from __future__ import annotations

import numpy as np
import pytest

import durata as du


def two_arms(seed: int) -> du.Cohort:
    rng = np.random.default_rng(seed)
    hazard = np.repeat([0.02, 0.012], [80, 120])
    time, censored = rng.exponential(1 / hazard), rng.uniform(20, 90, 200)
    return du.cohort_from_arrays(
        time=np.minimum(time, censored), event=time <= censored, group=np.repeat(["a", "b"], [80, 120]), unit="months"
    )


def drawn(cohort: du.Cohort, *, every: float | None, events: bool) -> dict[str, du.DigitisedCurve]:
    """The curves of a cohort read off at the foot of each step."""
    curves = {}
    assert cohort.group is not None
    for k, name in enumerate(cohort.group.levels):
        stretch = du.kaplan_meier(cohort, by="group").group(name)
        steps = stretch.events > 0
        time = cohort.exit[cohort.group.codes == k]
        risk_times = [0.0] if every is None else np.arange(0, time.max(), every).tolist()
        curves[name] = du.DigitisedCurve(
            stretch.time[steps].tolist(),
            stretch.estimate[steps].tolist(),
            risk_times,
            [int((time >= t).sum()) for t in risk_times],
            int(stretch.events.sum()) if events else None,
        )
    return curves


def farthest(cohort: du.Cohort, curves: dict[str, du.DigitisedCurve], least_at_risk: int = 10) -> float:
    """The largest distance of survival where at least so many are at risk."""
    found = du.kaplan_meier(cohort, by="group")
    worst = 0.0
    for name, curve in curves.items():
        stretch = found.group(name)
        here = np.searchsorted(stretch.time, curve.times, side="right") - 1
        kept = np.array([stretch.at_risk_at(t) >= least_at_risk for t in curve.times])
        survival = np.where(here >= 0, stretch.estimate[here], 1.0)
        worst = max(worst, float(np.max(np.abs(survival - np.asarray(curve.survival))[kept])))
    return worst


def log_hazard_ratio(cohort: du.Cohort) -> float:
    return float(du.cox(cohort, ["group"]).estimate[0])


# Guyot et al. found hazard ratios within a few percent with numbers at risk; without them censoring is a guess.
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("every", "events", "curve_off", "ratio_off"),
    [(6.0, True, 0.015, 0.10), (12.0, True, 0.02, 0.10), (12.0, False, 0.02, 0.10), (None, True, 0.03, 0.15)],
)
def test_two_arms_come_back(seed: int, every: float | None, events: bool, curve_off: float, ratio_off: float) -> None:
    truth = two_arms(seed)
    curves = drawn(truth, every=every, events=events)
    rebuilt = du.reconstruct_patients(curves)
    assert len(rebuilt) == len(truth)
    assert rebuilt.group is not None
    assert rebuilt.group.levels == ("a", "b")
    assert farthest(rebuilt, curves) < curve_off
    assert abs(log_hazard_ratio(rebuilt) - log_hazard_ratio(truth)) < ratio_off
    if events:
        assert rebuilt.n_events == truth.n_events
        assert not rebuilt.notes
    for k, curve in enumerate(curves.values()):
        exits = rebuilt.exit[rebuilt.group.codes == k]
        assert [int((exits >= t).sum()) for t in curve.risk_times] == list(curve.at_risk)


def test_without_censoring_every_patient_comes_back_exactly() -> None:
    truth = du.cohort_from_arrays(time=[1, 2, 2, 5, 8, 9], event=[True] * 6, group=["a"] * 6)
    rebuilt = du.reconstruct_patients(drawn(truth, every=None, events=False))
    assert np.sort(rebuilt.exit).tolist() == [1, 2, 2, 5, 8, 9]
    assert bool(rebuilt.event.all())


def test_a_stretch_by_hand() -> None:
    # 10 at risk; 0.9 at 2 is one event; 7 are left at 6, so of the 3 who left one or two were censored at even
    # distances; 0.7875 = 0.9 x 7/8 at 5: one censored by then, one event among 8
    curve = du.DigitisedCurve([2, 5], [0.9, 0.7875], [0, 6], [10, 7])
    rebuilt = du.reconstruct_patients({"a": curve})
    assert np.sort(rebuilt.exit[rebuilt.event]).tolist() == [2, 5]
    assert int((rebuilt.exit >= 5).sum()) == 8
    assert du.kaplan_meier(rebuilt).group("all").estimate[-1] == pytest.approx(0.7875)


@pytest.mark.parametrize(
    ("curve", "words"),
    [
        (du.DigitisedCurve([2, 2], [0.9, 0.8], [0], [10]), "times must increase"),
        (du.DigitisedCurve([2, 5], [0.8, 0.9], [0], [10]), "survival rises to 0.9 at time 5"),
        (du.DigitisedCurve([2, 5], [90, 80], [0], [10]), "survival 90 at time 2 does not lie between 0 and 1"),
        (du.DigitisedCurve([2], [float("nan")], [0], [10]), "does not lie between 0 and 1"),
        (du.DigitisedCurve([2, 5], [0.9], [0], [10]), "as many survival values as times"),
        (du.DigitisedCurve([], [], [0], [10]), "at least one"),
        (du.DigitisedCurve([0], [1.0], [0], [10]), "no point after time 0"),
        (du.DigitisedCurve([2, 5], [0.9, 0.8], [1], [10]), "must increase from 0"),
        (du.DigitisedCurve([2, 5], [0.9, 0.8], [0, 3], [10]), "as many numbers at risk"),
        (du.DigitisedCurve([2, 5], [0.9, 0.8], [0, 3], [10, 11]), "rises from 10 to 11 at 3"),
        (du.DigitisedCurve([2, 5], [0.9, 0.8], [0], [0]), "the first between 1 and"),
        (du.DigitisedCurve([2, 5], [0.9, 0.8], [0], [10], 11), "11 events of 10 patients"),
        (
            du.DigitisedCurve([2, 5], [0.4, 0.3], [0, 3], [10, 8]),
            "at least 6 events, but the number at risk falls by 2",
        ),
    ],
)
def test_curves_that_cannot_be_are_refused(curve: du.DigitisedCurve, words: str) -> None:
    with pytest.raises(du.CannotEstimate, match=words):
        du.reconstruct_patients({"a": curve})
    with pytest.raises(du.CannotEstimate, match="no curve"):
        du.reconstruct_patients({})


def test_a_total_that_cannot_be_met_is_said() -> None:
    rebuilt = du.reconstruct_patients({"a": du.DigitisedCurve([2, 5], [0.9, 0.8], [0], [10], 9)})
    assert rebuilt.n_events == 2
    assert [note.code for note in rebuilt.notes] == ["N80"]
    assert "give 2 events; 9 were printed" in rebuilt.notes[0].message
