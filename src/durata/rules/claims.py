"""Rules R: whether what is printed can be read off the data."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Analysis, Answers, Refused
from durata.estimate.judgement import NOT_ESTIMABLE, judged
from durata.estimate.result import Curve
from durata.finding import Severity
from durata.rules.runner import NotJudged, Seen, rule, seen
from durata.rules.wording import contrast_words
from durata.study.types import Study

ENOUGH_AT_RISK = 10


@rule(
    "R02",
    "horizon-beyond-the-data",
    since="0.1",
    reference="Pocock SJ, Clayton TC, Altman DG (2002) Lancet 359:1686-1689",
)
def horizon_beyond_the_data(study: Study, answers: Answers) -> Iterator[Seen]:
    """Survival at a time that few patients have reached rests on those few, whatever its decimals."""
    if not study.horizons.at:
        raise NotJudged("needs [horizons] at")
    design = declared_design(study)
    unit, length = study.study.time_unit, study.study.days(study.study.time_unit)
    judged = False
    for outcome, declared in study.outcomes.items():
        cohort = answers.cohort(design, outcome)
        follow_up = answers.ask(Analysis(design, outcome, "reverse_kaplan_meier"))
        if isinstance(cohort, Refused) or cohort.group is None:
            continue
        judged = True
        median = _median(follow_up) / length
        thin: list[str] = []
        counts: dict[str, dict[str, int]] = {}
        late: list[float] = []
        for horizon in study.horizons.at:
            day = horizon * length
            for code, level in enumerate(cohort.group.levels):
                members = cohort.group.codes == code
                entered = np.ones(len(cohort), bool) if cohort.entry is None else cohort.entry < day
                at_risk = int(np.count_nonzero(members & entered & (cohort.exit >= day)))
                counts.setdefault(level, {})[f"{horizon:g}"] = at_risk
                if members.any() and at_risk < ENOUGH_AT_RISK:
                    thin.append(f"{level} at {horizon:g} {unit} ({at_risk} at risk)")
            if np.isfinite(median) and horizon > median:
                late.append(horizon)
        if not thin and not late:
            continue
        said = []
        evidence: dict[str, object] = {"outcome": declared.label or outcome, "at_risk": counts}
        if thin:
            said.append("fewer than {enough} patients are left for {thin}")
            evidence |= {"enough": ENOUGH_AT_RISK, "thin": "; ".join(thin)}
        if late:
            said.append("the median follow-up is {median:.0f} {unit}, shorter than {late} {unit}")
            evidence |= {"median": median, "unit": unit, "late": ", ".join(f"{horizon:g}" for horizon in late)}
        yield seen(
            Severity.WARNING,
            "{outcome}: " + "; ".join(said) + ".",
            evidence=evidence,
            remedy="Choose earlier [horizons] at, or print these values only with their interval and number at risk.",
        )
    if not judged:
        raise NotJudged("no cohort could be built for any outcome")


@rule(
    "R04",
    "claim-not-supported",
    since="0.1",
    reference="Lang TA, Altman DG (2015) Int J Nurs Stud 52:5-9; Wasserstein RL, Lazar NA (2016) Am Stat 70:129-133",
)
def claim_not_supported(study: Study, answers: Answers) -> Iterator[Seen]:
    """A sentence of the conclusion must point to an estimate that says so, adjusted where it speaks of an effect."""
    if not study.claims:
        raise NotJudged("needs [claims]")
    for one in judged(study, answers):
        outcome = study.outcomes[one.claim.outcome].label or one.claim.outcome
        if one.verdict == NOT_ESTIMABLE:
            yield seen(
                Severity.WARNING,
                "The claim “{text}” cannot be judged: {reason}",
                evidence={"text": one.claim.text, "outcome": outcome, "reason": one.reason, "verdict": one.verdict},
                remedy="Leave the sentence out, or say that the data cannot answer it.",
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
                "model": "adjusted" if against[0].adjusted_for else "unadjusted",
                "outcome": outcome,
                "parts": contrast_words(against),
                "verdict": one.verdict,
            },
            remedy="Reword the conclusion so that it says what the interval allows.",
            where=study.place(f"claims.{one.name}"),
        )


def _median(answer: object) -> float:
    """Median follow-up of everybody together, in the curve's unit; infinite when it was not reached."""
    if not isinstance(answer, Curve):
        return float("inf")
    estimate = answer.quantile([0.5]).rows()[0].get("estimate")
    return float("inf") if estimate is None else float(estimate)
