"""Rules L01 and L02: patients lost before the data were cut off, and horizons that could not have been reached."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from durata.category import Category
from durata.cohort import Cohort
from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Analysis, Answers, Refused
from durata.estimate.curves import kaplan_meier
from durata.estimate.estimators import is_constant, likelihood_ratio_p
from durata.estimate.plan import BY_GROUP
from durata.estimate.result import Curve
from durata.estimate.tests import log_rank
from durata.finding import CannotEstimate, Severity
from durata.kernels.arrays import BoolArray, FloatArray
from durata.kernels.multiplicity import adjusted_p_values
from durata.language.speaking import speak
from durata.records.records import Records
from durata.rules.compared import chosen_confounders, known
from durata.rules.runner import NotJudged, Seen, rule, seen
from durata.rules.wording import covariate_name, joined, outcome_name, p_words, unit_words
from durata.study.types import Study

MONTHS_UNSEEN = 12
FEWEST_LOST = 5
COMPLETE = 0.8
SURE = 0.05
EPOCH = np.datetime64("1970-01-01")


@dataclass(frozen=True, eq=False)
class Loss:
    """Of each row of a cohort, (n,): days it could have been observed until the cutoff, and whether it was lost before.

    Lost is who had no event and was last seen more than twelve months before the cutoff: a visit a year is no loss.
    """

    possible: FloatArray
    lost: BoolArray


def loss_of(study: Study, records: Records, cohort: Cohort) -> Loss:
    """Who was lost; NotJudged without a cutoff."""
    if study.study.data_cutoff is None:
        raise NotJudged(speak("needs [study] data_cutoff: the last day on which anything could be recorded"))
    column = study.treatment.start if study.time.zero == "start" else study.treatment.end
    cutoff = float((np.datetime64(study.study.data_cutoff) - EPOCH).astype(int))
    possible = np.maximum(cutoff - records.dates[column][cohort.person], cohort.exit)
    unseen = possible - cohort.exit
    return Loss(possible, ~cohort.event & (unseen > MONTHS_UNSEEN * study.study.month_days))


@rule(
    "L01",
    "patients-lost-before-the-cutoff",
    since="0.2",
    reference="Clark TG, Altman DG, De Stavola BL (2002) Lancet 359:1309-1310; Robins JM, Finkelstein DM (2000) Biometrics "
    "56:779-788",
)
def patients_lost_before_the_cutoff(study: Study, records: Records, answers: Answers) -> Iterator[Seen]:
    """Whoever stops coming may be doing well or dying elsewhere; curves take them to be like those who stayed.

    Counted is loss before the data were cut off: follow-up that ends with the study is none.
    """
    judged = False
    for outcome in study.outcomes:
        cohort = answers.cohort(declared_design(study), outcome)
        if isinstance(cohort, Refused) or cohort.group is None:
            continue
        loss = loss_of(study, records, cohort)
        judged = True
        seen_until = np.where(cohort.event, cohort.exit, loss.possible)
        if seen_until.sum() <= 0 or loss.lost.sum() < FEWEST_LOST:
            continue
        completeness = float(cohort.exit.sum() / seen_until.sum())
        p_values = _adjusted(study, cohort, loss)
        telling = {name: p for name, p in p_values.items() if p < SURE}
        if not telling and completeness >= COMPLETE:
            continue
        yield _said(study, outcome, cohort, cohort.group, loss, telling, completeness)
    if not judged:
        raise NotJudged(speak("no cohort could be built for any outcome"))


def _adjusted(study: Study, cohort: Cohort, loss: Loss) -> dict[str, float]:
    """Holm-adjusted p of loss for the groups and each covariate, one at a time."""
    losing = replace(cohort, event=loss.lost, cause=None)
    p_values: dict[str, float] = {}
    for name in ("group", *chosen_confounders(study)):
        if is_constant(losing, name):
            continue
        try:
            p_values[name] = _p_of_loss(losing, name)
        except CannotEstimate:
            continue  # unknown in everybody who was followed: it cannot tell who was lost
    adjusted = adjusted_p_values(np.array(list(p_values.values())), "holm") if p_values else np.zeros(0)
    return dict(zip(p_values, map(float, adjusted), strict=True))


def _p_of_loss(losing: Cohort, name: str) -> float:
    """Whether loss goes with a category (log-rank test) or a number (likelihood ratio of a Cox model)."""
    if isinstance(losing.column(name), Category):
        known_rows = losing.select(known(losing.column(name)))
        return float(log_rank(known_rows, by=name).p_value)
    return likelihood_ratio_p(losing, [name], "efron")


def _said(
    study: Study,
    outcome: str,
    cohort: Cohort,
    groups: Category,
    loss: Loss,
    telling: dict[str, float],
    completeness: float,
) -> Seen:
    rows = []
    for code, level in enumerate(groups.levels):
        here = groups.codes == code
        if here.any():
            until = np.where(cohort.event, cohort.exit, loss.possible)[here].sum()
            rows.append(
                {
                    "group": level,
                    "lost": int(np.count_nonzero(loss.lost & here)),
                    "n": int(np.count_nonzero(here)),
                    "percent": 100 * float(cohort.exit[here].sum() / until) if until > 0 else 100.0,
                }
            )
    month = study.study.month_days
    evidence: dict[str, object] = {
        "outcome": outcome_name(study, outcome),
        "lost": int(loss.lost.sum()),
        "n": len(cohort),
        "months": MONTHS_UNSEEN,
        "gap": float(np.median((loss.possible - cohort.exit)[loss.lost])) / month,
        "completeness": 100 * completeness,
        "by_group": tuple(rows),
        "parts": joined(
            speak("{group} {lost} of {n} lost, {percent:.0f}% of the follow-up there could be", **row) for row in rows
        ),
        "p_values": telling,
        "telling": joined(speak("{name} ({p})", name=_named(study, name), p=p_words(p)) for name, p in telling.items()),
    }
    bounds = _worst_case(study, cohort, loss)
    evidence |= {"bounds": bounds, "worst": joined(bounds)}
    what = (
        "{outcome}: {lost} of {n} patients were last seen more than {months} months before the data were cut off (median {gap:.0f} "
        "months); completeness of follow-up is {completeness:.0f}% ({parts})."
    )
    if telling and bounds:
        what = (
            "{outcome}: {lost} of {n} patients were last seen more than {months} months before the data were cut off (median "
            "{gap:.0f} months); completeness of follow-up is {completeness:.0f}% ({parts}). Who was lost goes with {telling}. If "
            "all the lost had had the event then: {worst}."
        )
    elif telling:
        what = (
            "{outcome}: {lost} of {n} patients were last seen more than {months} months before the data were cut off (median "
            "{gap:.0f} months); completeness of follow-up is {completeness:.0f}% ({parts}). Who was lost goes with {telling}."
        )
    elif bounds:
        what = (
            "{outcome}: {lost} of {n} patients were last seen more than {months} months before the data were cut off (median "
            "{gap:.0f} months); completeness of follow-up is {completeness:.0f}% ({parts}). If all the lost had had the event "
            "then: {worst}."
        )
    return seen(
        Severity.WARNING,
        what,
        evidence=evidence,
        remedy="Ask a registry or call them; weight for loss in an emulation ([emulation] loss), and print completeness by group.",
        people=tuple(int(person) for person in cohort.person[loss.lost]),
    )


def _named(study: Study, name: str) -> str:
    return speak("the duration group") if name == "group" else covariate_name(study, name)


def _worst_case(study: Study, cohort: Cohort, loss: Loss) -> tuple[str, ...]:
    """In words, by group: survival at the last horizon as estimated, and if every lost patient had had the event then."""
    if not study.horizons.at:
        return ()
    at, length = study.horizons.at[-1], study.study.days(study.study.time_unit)
    dead = replace(cohort, event=cohort.event | loss.lost, cause=None)
    read = []
    for one in (cohort, dead):
        try:
            curve = kaplan_meier(one, by="group")
        except CannotEstimate:
            return ()
        read.append({str(row["group"]): row.get("estimate") for row in curve.at([at * length]).rows()})
    return tuple(
        speak(
            "{group} at {at:g} {unit} {worst:.0f}% in place of {estimate:.0f}%",
            group=group,
            at=at,
            unit=unit_words(study.study.time_unit),
            worst=100 * float(worst),
            estimate=100 * float(estimate),
        )
        for group, estimate in read[0].items()
        if estimate is not None and (worst := read[1].get(group)) is not None
    )


@rule(
    "L02",
    "horizon-most-could-not-reach",
    since="0.2",
    reference="Pocock SJ, Clayton TC, Altman DG (2002) Lancet 359:1686-1689; Schemper M, Smith TL (1996) Control Clin Trials "
    "17:343-346",
)
def horizon_most_could_not_reach(study: Study, records: Records, answers: Answers) -> Iterator[Seen]:
    """A horizon longer than the time since treatment is read off the first patients only, who may differ from the later.

    Where one group began earlier it is followed longer, and the groups are compared at a time that one of them hardly saw.
    """
    horizons = tuple(
        dict.fromkeys(
            (*study.horizons.at, *(() if study.horizons.restricted_mean is None else (study.horizons.restricted_mean,)))
        )
    )
    if not horizons:
        raise NotJudged(speak("needs [horizons] at, or restricted_mean"))
    unit, length = unit_words(study.study.time_unit), study.study.days(study.study.time_unit)
    judged = False
    for outcome in study.outcomes:
        cohort = answers.cohort(declared_design(study), outcome)
        follow_up = answers.ask(Analysis(declared_design(study), outcome, "reverse_kaplan_meier", BY_GROUP))
        if isinstance(cohort, Refused) or cohort.group is None or not isinstance(follow_up, Curve):
            continue
        judged = True
        medians = {str(row["group"]): row.get("estimate") for row in follow_up.quantile([0.5]).rows()}
        parts = []
        for horizon in horizons:
            short = [
                speak("{group} ({median:.0f} {unit})", group=group, median=median / length, unit=unit)
                for group, median in medians.items()
                if isinstance(median, int | float) and median < horizon * length
            ]
            if short:
                parts.append(
                    speak(
                        "{horizon:g} {unit} is longer than the median follow-up of {groups}",
                        horizon=horizon,
                        unit=unit,
                        groups=speak(", ").join(short),
                    )
                )
            parts += _administrative(study, records, cohort, horizon, unit, length)
        if parts:
            yield seen(
                Severity.WARNING,
                "{outcome}: {parts}.",
                evidence={
                    "outcome": outcome_name(study, outcome),
                    "parts": joined(parts),
                    "median_follow_up": {
                        group: None if not isinstance(median, int | float) else median / length
                        for group, median in medians.items()
                    },
                    "horizons": horizons,
                },
                remedy="Choose [horizons] that at least half of every group could reach, or wait until they have.",
                where=study.place("horizons"),
            )
    if not judged:
        raise NotJudged(speak("survival or follow-up could not be estimated for any outcome"))


def _administrative(
    study: Study, records: Records, cohort: Cohort, horizon: float, unit: str, length: float
) -> list[str]:
    """Groups of which less than half began early enough before the cutoff for the horizon."""
    if study.study.data_cutoff is None or cohort.group is None:
        return []
    could = loss_of(study, records, cohort).possible >= horizon * length
    said = []
    for code, level in enumerate(cohort.group.levels):
        here = cohort.group.codes == code
        if here.any() and np.mean(could[here]) < 1 / 2:
            said.append(
                speak(
                    "only {n} of {of} of {group} began early enough to be followed for {horizon:g} {unit}",
                    n=int(np.count_nonzero(could & here)),
                    of=int(np.count_nonzero(here)),
                    group=level,
                    horizon=horizon,
                    unit=unit,
                )
            )
    return said
