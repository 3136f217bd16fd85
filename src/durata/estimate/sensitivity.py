"""How strong what was not seen must be: E-value, tipping point for the never-operated, bias from a binary confounder."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, get_args

import numpy as np

from durata.estimate.result import Summary
from durata.finding import CannotEstimate, Finding, Severity
from durata.language.speaking import speak

Measure = Literal["risk ratio", "hazard ratio", "odds ratio"]
BEFORE_CONFOUNDING = ("T01", "S01")
"""While one of these stands the comparison itself is broken, and no confounder need be imagined."""


def e_value(
    estimate: float,
    low: float | None = None,
    high: float | None = None,
    *,
    measure: Measure = "risk ratio",
    rare: bool = False,
    findings: Iterable[Finding] = (),
) -> Summary:
    """The E-value: how strongly a confounder must be tied to both exposure and outcome to explain an estimate away.

    For a risk ratio RR >= 1 it is RR + sqrt(RR (RR - 1)); for RR < 1 that of 1 / RR. The E-value of the interval is that of
    the limit nearer to 1, and 1 when the interval covers 1. A hazard ratio or odds ratio is taken as a risk ratio when
    the outcome is ``rare`` (below 15 % at the end of follow-up); otherwise it is converted first, the hazard ratio by
    (1 - 0.5^sqrt(HR)) / (1 - 0.5^sqrt(1 / HR)), the odds ratio by its square root.

    Parameters
    ----------
    estimate, low, high : the ratio with its confidence limits (both or neither).
    findings : what the rules found in the study; while T01 (arm known after time zero) or S01 (selection on
        surgery) stands as an error or a warning, there is no E-value.

    Returns
    -------
    Summary with rows "risk ratio" (estimate, conf_low, conf_high), "E-value" and, with limits, "E-value of the
    interval".

    Raises
    ------
    CannotEstimate : a ratio that is not positive; limits that do not enclose it; a finding that stands before.

    References
    ----------
    VanderWeele & Ding, Annals of Internal Medicine 2017;167:268; VanderWeele, Epidemiology 2017;28:e58 (conversions).

    Examples
    --------
    >>> [round(row["estimate"], 2) for row in e_value(3.9, 1.8, 8.7).rows()]
    [3.9, 7.26, 3.0]
    """
    if measure not in get_args(Measure):
        raise CannotEstimate(
            speak(
                "There is no measure {measure!r}; there are {known}.",
                measure=measure,
                known=speak(", ").join(map(repr, get_args(Measure))),
            )
        )
    standing = [f.code for f in findings if f.code in BEFORE_CONFOUNDING and f.severity != Severity.INFO]
    if standing:
        raise CannotEstimate(
            speak(
                "There is no E-value while {standing} stands: the bias there is not confounding, and a "
                "number about confounders would hide it. Repair the design first.",
                standing=speak(", ").join(sorted(set(standing))),
            )
        )
    _check_ratio(estimate, low, high)
    ratio, below, above = (
        None if value is None else _as_risk_ratio(value, measure, rare) for value in (estimate, low, high)
    )
    assert ratio is not None
    table: list[dict[str, Any]] = [{"term": "risk ratio", "estimate": ratio, "conf_low": below, "conf_high": above}]
    table.append({"term": "E-value", "estimate": _e_value(ratio)})
    if below is not None and above is not None:
        nearer = 1.0 if below <= 1.0 <= above else below if below > 1.0 else above
        table.append({"term": "E-value of the interval", "estimate": _e_value(nearer)})
    converted = measure != "risk ratio" and not rare
    return Summary(
        what=speak("how strong confounding must be to explain the estimate away"),
        table=tuple(table),
        method="E-value",
        settings={"measure": measure, "rare": rare},
        notes=(_converted(measure),) if converted else (),
    )


def tipping_point(
    survival: float,
    reference: float,
    n: int,
    *,
    never_operated: float = 0.0,
    reference_share: float = 0.0,
    reference_never_operated: float | None = None,
    shares: Iterable[float] = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3),
) -> Summary:
    """How many unseen patients who started a group's treatment and were never operated would undo its advantage.

    With a share pi of a group never operated and their survival s, survival of all who started is (1 - pi) S + pi s. The
    tipping share is where that of the better group falls to that of the reference group:
    pi* = (S - S_ref') / (S - s), with S_ref' = (1 - pi_ref) S_ref + pi_ref s_ref; it stands for
    n* = n pi* / (1 - pi*) patients, rounded up, beside the ``n`` who were operated.

    Parameters
    ----------
    survival, reference : survival at one horizon among the operated of the better group and of the reference.
    n : operated patients of the better group.
    never_operated : survival of its never-operated at the horizon (0: the worst case).
    reference_share, reference_never_operated : the never-operated of the reference group (none, unless said; their
        survival is ``never_operated`` unless said).
    shares : shares of the better group at which its bounds are tabulated, the survival of the never-operated being
        anything from 0 to 1.

    Returns
    -------
    Summary; first row: the tipping share (estimate) and the number of patients (n). Then one row a share (value): the
    better group's survival with ``never_operated`` (estimate), the worst and best case (conf_low, conf_high), and
    whether the order is kept (note). No interval here is statistical.

    Raises
    ------
    CannotEstimate : shares or survival outside 0 to 1; a better group that is not better; never-operated who live
        longer than is needed to undo the advantage at any share.

    References
    ----------
    Manski, American Economic Review 1990;80:319 (bounds); Hernan, Hernandez-Diaz & Robins, Epidemiology 2004;15:615.

    Examples
    --------
    >>> row = tipping_point(0.8, 0.6, 60).rows()[0]
    >>> round(row["estimate"], 3), row["n"]
    (0.25, 20)
    """
    shares = tuple(shares)
    given = [survival, reference, never_operated, reference_share, *shares]
    other = never_operated if reference_never_operated is None else reference_never_operated
    if not all(0.0 <= value <= 1.0 for value in [*given, other]):
        raise CannotEstimate(speak("Survival and shares are numbers between 0 and 1 (0.85 for 85 %)."))
    if n < 1:
        raise CannotEstimate(speak("The better group has nobody; there is no advantage to undo."))
    whole = (1.0 - reference_share) * reference + reference_share * other
    if survival <= whole:
        raise CannotEstimate(
            speak(
                "Survival {survival:g} is not better than that of the reference group ({whole:g}): "
                "there is no advantage to undo.",
                survival=survival,
                whole=whole,
            )
        )
    if never_operated >= whole:
        raise CannotEstimate(
            speak(
                "Never-operated patients with survival {never_operated:g} cannot undo the advantage "
                "over {whole:g}, however many they are. Take a lower survival, 0 at worst.",
                never_operated=never_operated,
                whole=whole,
            )
        )
    share = (survival - whole) / (survival - never_operated)
    # Rounding must not turn 20 patients into 21.
    patients = int(np.ceil(n * share / (1.0 - share) - 1e-9))
    table: list[dict[str, Any]] = [
        {"term": "tipping share of never-operated", "estimate": share, "n": patients, "note": ""}
    ]
    for at in shares:
        kept = (1.0 - at) * survival
        now = kept + at * never_operated
        words = speak("advantage kept") if now > whole + 1e-12 else speak("advantage lost")
        table.append(
            {
                "term": "share of never-operated",
                "value": float(at),
                "estimate": now,
                "conf_low": kept,
                "conf_high": kept + at,
                "note": words,
            }
        )
    return Summary(
        what=speak("survival of all who started, by the share of never-operated patients"),
        table=tuple(table),
        method=speak("bounds over patients who were never operated"),
        settings={
            "survival": survival,
            "reference": whole,
            "never_operated": never_operated,
            "reference_share": reference_share,
            "n": n,
        },
    )


def unmeasured_confounder(
    estimate: float,
    low: float | None = None,
    high: float | None = None,
    *,
    effect: float | Iterable[float],
    exposed: float | Iterable[float],
    unexposed: float | Iterable[float],
) -> Summary:
    """What a ratio would be without one unmeasured binary confounder, for assumed prevalences and effects of it.

    With prevalence p1 among the exposed and p0 among the others, and a risk ratio ``effect`` of the confounder for the
    outcome (the same in both), the estimate is divided by (1 + p1 (effect - 1)) / (1 + p0 (effect - 1)). Exact for risk
    ratios, approximate for hazard ratios with a rare outcome. Limits are divided as well: they say nothing of the
    uncertainty about the assumptions.

    Parameters
    ----------
    estimate, low, high : the ratio with its confidence limits (both or neither).
    effect, exposed, unexposed : one number or several each; every combination is a row.

    Returns
    -------
    Summary with one row a combination: term (the assumptions in words), value (the bias factor), estimate, conf_low,
    conf_high.

    Raises
    ------
    CannotEstimate : ratios that are not positive; prevalences outside 0 to 1; limits that do not enclose the estimate.

    References
    ----------
    Schlesselman, American Journal of Epidemiology 1978;108:3; Lash, Fox & Fink, Applying Quantitative Bias Analysis 2009.

    Examples
    --------
    >>> row = unmeasured_confounder(0.5, effect=3.0, exposed=0.2, unexposed=0.5).rows()[0]
    >>> round(row["value"], 3), round(row["estimate"], 3)
    (0.7, 0.714)
    """
    _check_ratio(estimate, low, high)
    effects, first, second = (
        [float(v) for v in (several if isinstance(several, Iterable) else [several])]
        for several in (effect, exposed, unexposed)
    )
    if not all(np.isfinite(value) and value > 0 for value in effects):
        raise CannotEstimate(speak("The effect of a confounder is a risk ratio and must be a positive number."))
    if not all(0.0 <= value <= 1.0 for value in [*first, *second]):
        raise CannotEstimate(speak("Prevalences are numbers between 0 and 1."))
    table = []
    for ratio in effects:
        for p1 in first:
            for p0 in second:
                bias = (1.0 + p1 * (ratio - 1.0)) / (1.0 + p0 * (ratio - 1.0))
                table.append(
                    {
                        "term": f"risk ratio {ratio:g}, prevalence {p1:g} among the exposed, {p0:g} among the others",
                        "value": bias,
                        "estimate": estimate / bias,
                        "conf_low": None if low is None else low / bias,
                        "conf_high": None if high is None else high / bias,
                    }
                )
    return Summary(
        what=speak("the estimate without an unmeasured binary confounder"),
        table=tuple(table),
        method=speak("division by the bias factor"),
        settings={"estimate": estimate},
    )


def _check_ratio(estimate: float, low: float | None, high: float | None) -> None:
    if (low is None) != (high is None):
        raise CannotEstimate(speak("Give both confidence limits or neither."))
    given = [value for value in (low, estimate, high) if value is not None]
    if not all(np.isfinite(value) and value > 0 for value in given):
        raise CannotEstimate(speak("A ratio and its limits must be positive numbers."))
    if given != sorted(given):
        raise CannotEstimate(
            speak(
                "The limits {low!r} and {high!r} do not enclose the estimate {estimate!r}.",
                low=low,
                high=high,
                estimate=estimate,
            )
        )


def _as_risk_ratio(value: float, measure: Measure, rare: bool) -> float:
    if measure == "risk ratio" or rare:
        return value
    if measure == "odds ratio":
        return float(np.sqrt(value))
    return float(-np.expm1(np.log(0.5) * np.sqrt(value)) / -np.expm1(np.log(0.5) * np.sqrt(1.0 / value)))


def _e_value(ratio: float) -> float:
    away = max(ratio, 1.0 / ratio)
    return float(away + np.sqrt(away * (away - 1.0)))


def _converted(measure: Measure) -> Finding:
    return Finding(
        "N50",
        Severity.INFO,
        "The {measure} was converted into an approximate risk ratio by a formula that assumes a common outcome.",
        {"measure": measure},
        "The E-value of a risk ratio at a horizon needs no conversion.",
        reference="VanderWeele TJ. Epidemiology 2017;28:e58",
    )
