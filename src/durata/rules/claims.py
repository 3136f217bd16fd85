"""Rules R: whether what is printed can be read off the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Analysis, Answers
from durata.estimate.judgement import NOT_ESTIMABLE, judged
from durata.estimate.plan import BY_GROUP, subgroup_analyses
from durata.estimate.result import Curve
from durata.finding import Severity
from durata.language.speaking import speak
from durata.rules.runner import NotJudged, Seen, rule, seen
from durata.rules.wording import contrast_words, joined, unit_words
from durata.study.types import Study

ENOUGH_AT_RISK = 10
MOST_CELLS = 12  # thin cells of subgroups named; beyond that the rest is counted


@rule(
    "R02",
    "horizon-beyond-the-data",
    since="0.1",
    reference="Pocock SJ, Clayton TC, Altman DG (2002) Lancet 359:1686-1689",
)
def horizon_beyond_the_data(study: Study, answers: Answers) -> Iterator[Seen]:
    """Survival at a time that few patients have reached rests on those few, whatever its decimals.

    Read are the numbers at risk of the curves themselves, in everybody and in each subgroup, and how far each curve goes.
    """
    horizons = study.horizons
    if not horizons.at and horizons.restricted_mean is None:
        raise NotJudged(speak("needs [horizons] at, or restricted_mean"))
    design = declared_design(study)
    unit, length = unit_words(study.study.time_unit), study.study.days(study.study.time_unit)
    judged = False
    for outcome, declared in study.outcomes.items():
        curve = answers.ask(Analysis(design, outcome, "kaplan_meier", BY_GROUP))
        follow_up = answers.ask(Analysis(design, outcome, "reverse_kaplan_meier"))
        if not isinstance(curve, Curve) or not isinstance(follow_up, Curve):
            continue
        judged = True
        said = []
        counts = _at_risk(curve, horizons.at, length)
        evidence: dict[str, object] = {"outcome": declared.label or outcome, "at_risk": counts, "unit": unit}
        evidence |= {"enough": ENOUGH_AT_RISK}
        thin = _thin(counts, unit)
        if thin:
            evidence["thin"] = joined(thin)
            said.append(speak("fewer than {enough} patients are left for {thin}", **evidence))
        median = _median(follow_up)
        late = [] if median is None else [horizon for horizon in horizons.at if horizon > median / length]
        if late and median is not None:
            evidence |= {"median": median / length, "late": speak(", ").join(f"{horizon:g}" for horizon in late)}
            said.append(speak("the median follow-up is {median:.0f} {unit}, shorter than {late} {unit}", **evidence))
        beyond = _beyond(curve, horizons.restricted_mean, length, unit)
        if beyond:
            evidence |= {"until": horizons.restricted_mean, "beyond": joined(beyond)}
            said.append(
                speak("the mean survival time up to {until:g} {unit} has too little behind it in {beyond}", **evidence)
            )
        if said:
            yield seen(
                Severity.WARNING,
                "{outcome}: {parts}.",
                evidence={**evidence, "parts": joined(said)},
                remedy="Choose earlier [horizons], or print these values only with their interval and number at risk.",
            )
        cells = [
            speak("{subgroup}, {cell}", subgroup=condition.label or subgroup, cell=cell)
            for subgroup, condition in study.subgroups.items()
            if isinstance(
                inside := answers.ask(subgroup_analyses(study, design, outcome, subgroup)["kaplan_meier"]), Curve
            )
            for cell in _thin(_at_risk(inside, horizons.at, length), unit)
        ]
        if cells:
            more = speak("; and {n} more", n=len(cells) - MOST_CELLS) if len(cells) > MOST_CELLS else ""
            yield seen(
                Severity.WARNING,
                "{outcome}, subgroups: fewer than {enough} patients are left for {thin}.",
                evidence={
                    "outcome": declared.label or outcome,
                    "enough": ENOUGH_AT_RISK,
                    "thin_cells": tuple(cells),
                    "thin": joined(cells[:MOST_CELLS]) + more,
                },
                remedy="Read the curves of these [subgroups] no further than patients are left, or choose earlier [horizons].",
            )
    if not judged:
        raise NotJudged(speak("survival or follow-up could not be estimated for any outcome"))


def _at_risk(curve: Curve, horizons: Sequence[float], length: float) -> dict[str, dict[str, int]]:
    """Numbers at risk by group and horizon, as the curve counts them."""
    return {
        stretch.group: {f"{horizon:g}": int(stretch.at_risk_at(horizon * length)) for horizon in horizons}
        for stretch in curve.stretches
    }


def _thin(counts: Mapping[str, Mapping[str, int]], unit: str) -> list[str]:
    """In words, the groups and horizons that too few patients have reached, horizon by horizon."""
    cells = [(horizon, group, n) for group, by_horizon in counts.items() for horizon, n in by_horizon.items()]
    order = list(dict.fromkeys(horizon for horizon, _, _ in cells))
    return [
        speak("{group} at {horizon} {unit} ({n} at risk)", group=group, horizon=horizon, unit=unit, n=n)
        for horizon, group, n in sorted(cells, key=lambda cell: order.index(cell[0]))
        if n < ENOUGH_AT_RISK
    ]


def _beyond(curve: Curve, until: float | None, length: float, unit: str) -> list[str]:
    """In words, the groups that were not followed until the end of the restricted mean, or that few patients were."""
    if until is None:
        return []
    said = []
    for stretch in curve.stretches:
        if len(stretch.estimate) and float(stretch.estimate[-1]) == 0:
            continue  # the curve has come down to 0: the area under it is known whatever comes later
        n = int(stretch.at_risk_at(until * length))
        if n == 0:
            said.append(
                speak(
                    "{group} (observed for no longer than {until:.1f} {unit})",
                    group=stretch.group,
                    until=stretch.until / length,
                    unit=unit,
                )
            )
        elif n < ENOUGH_AT_RISK:
            said.append(speak("{group} ({n} at risk)", group=stretch.group, n=n))
    return said


@rule(
    "R04",
    "claim-not-supported",
    since="0.1",
    reference="Lang TA, Altman DG (2015) Int J Nurs Stud 52:5-9; Wasserstein RL, Lazar NA (2016) Am Stat 70:129-133",
)
def claim_not_supported(study: Study, answers: Answers) -> Iterator[Seen]:
    """A sentence of the conclusion must point to an estimate that says so, adjusted where it speaks of an effect."""
    if not study.claims:
        raise NotJudged(speak("needs [claims]"))
    for one in judged(study, answers):
        outcome = study.outcomes[one.claim.outcome].label or one.claim.outcome
        if one.verdict == NOT_ESTIMABLE:
            yield seen(
                Severity.WARNING,
                "The claim “{text}” cannot be judged: {reason}",
                evidence={"text": one.claim.text, "outcome": outcome, "reason": one.reason, "verdict": one.verdict},
                remedy="Take the sentence out of [claims] and out of the paper, or say that the data cannot answer it.",
                where=study.place(f"claims.{one.name}"),
            )
            continue
        # intervals that merely hold 1 behind "best" or "no difference" are M03's, subgroups M02's
        against = tuple(c for c in one.failing if c.direction != 0 or one.claim.says in ("better", "worse"))
        if one.claim.subgroup is not None or not against:
            continue
        yield seen(
            Severity.ERROR,
            "The claim “{text}” is not supported by the {model} estimate of {outcome}: {parts}.",
            evidence={
                "text": one.claim.text,
                "model": speak("adjusted") if against[0].adjusted_for else speak("unadjusted"),
                "outcome": outcome,
                "parts": contrast_words(against),
                "verdict": one.verdict,
            },
            remedy="Reword the conclusion ([claims]) so that it says what the interval allows; durata run prints a sentence that does.",
            where=study.place(f"claims.{one.name}"),
        )


def _median(follow_up: Curve) -> float | None:
    """Median follow-up of everybody together, in the curve's unit; None when it was not reached: it is no shorter."""
    estimate = follow_up.quantile([0.5]).rows()[0].get("estimate")
    return None if estimate is None else float(estimate)
