"""Rules T: whether everybody's clock starts when the groups are told apart."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from durata.designs.catalogue import declared_design
from durata.designs.timeline import duration_group
from durata.estimate.analysis import Answers, Refused
from durata.estimate.guaranteed_time import guaranteed_time
from durata.estimate.primary import grouping_is_beside
from durata.finding import Severity
from durata.language.speaking import speak
from durata.records.records import Records
from durata.rules.question import gravity
from durata.rules.runner import NotJudged, Seen, rule, seen
from durata.rules.wording import joined, patient_time_words, unit_words
from durata.study.types import Study


@rule(
    "T01",
    "arm-known-after-time-zero",
    since="0.1",
    reference="Suissa S (2008) Am J Epidemiol 167:492-499; Gail MH (1972) Ann Intern Med 76:815-817",
)
def arm_known_after_time_zero(study: Study, answers: Answers) -> Iterator[Seen]:
    """Time before the group was known is time in which nobody of the group could have the event.

    It is credited to the group all the same, so groups of longer duration look safer than they are.
    """
    judged = False
    for outcome, declared in study.outcomes.items():
        cohort = answers.cohort(declared_design(study), outcome)
        if isinstance(cohort, Refused):
            continue
        judged = True
        unit, length = study.study.time_unit, study.study.days(study.study.time_unit)
        rows = guaranteed_time(cohort)
        total = sum(row.days for row in rows)
        if total <= 0:
            continue
        beside = grouping_is_beside(study, answers, outcome)
        what = (
            "{outcome}: patients are put into groups by something known only after time zero ({zero}). Until then they "
            "could not have the event and stay in their group: {parts}. This immortal time makes longer durations look "
            "better."
        )
        if beside:
            what = (
                "{outcome}: the grouping by achieved duration, which stands beside the emulated trial, credits time before "
                "the group was known ({zero}): {parts}. The emulated trial guarantees nobody any time."
            )
        yield seen(
            Severity.INFO if beside else Severity.ERROR,
            what,
            evidence={
                "outcome": declared.label or outcome,
                "zero": cohort.time_zero,
                "parts": joined(
                    speak(
                        "{group}: {days:,.0f} of {total:,.0f} {unit} guaranteed ({percent:.0f}%)",
                        group=row.group,
                        days=row.days / length,
                        total=row.total / length,
                        unit=patient_time_words(unit),
                        percent=100 * row.share,
                    )
                    for row in rows
                ),
                "guaranteed": {row.group: row.days / length for row in rows},
                "follow_up": {row.group: row.total / length for row in rows},
                "share": {row.group: row.share for row in rows},
            },
            remedy="Conclude from the emulated trial ([emulation]); print the grouping, if at all, as what was observed."
            if beside
            else "Declare the durations as strategies under [emulation] and conclude from the emulated trial; the "
            "time-dependent analysis beside the grouping guarantees nobody any time either. Do not conclude from the "
            "grouping alone.",
        )
    if not judged:
        raise NotJudged(speak("no cohort could be built for any outcome"))


@rule(
    "T02",
    "time-zero-at-end-of-treatment",
    since="0.1",
    reference="Hernan MA, Sauer BC, Hernandez-Diaz S, Platt R, Shrier I (2016) J Clin Epidemiol 79:70-75",
)
def time_zero_at_end_of_treatment(study: Study, records: Records) -> Iterator[Seen]:
    """A clock that starts when treatment ends forgets everybody who never got there, and when.

    Durations are then compared among survivors only, each group starting later by its own duration.
    """
    if study.time.zero != "end":
        return
    end = records.dates[study.treatment.end] - records.dates[study.treatment.start]
    group = duration_group(study, np.where(np.isnan(end), np.inf, end))
    unit, length = study.treatment.unit, study.study.days(study.treatment.unit)
    means = {
        level: float(np.mean(end[group.codes == code])) / length
        for code, level in enumerate(group.levels)
        if np.any(group.codes == code)
    }
    if not means:
        raise NotJudged(speak("needs patients whose treatment ended"))
    never = int(np.count_nonzero(np.isnan(end)))
    yield seen(
        gravity(study),
        "Durations of {treatment} are compared with time zero at its end ({end}): the groups start {shift:.1f} {unit} "
        "apart on average ({parts}), and whoever died, progressed or was lost before {end} is absent ({absent}).",
        evidence={
            "treatment": study.treatment.name,
            "end": study.treatment.end_name,
            "unit": unit_words(unit),
            "shift": max(means.values()) - min(means.values()),
            "parts": joined(
                speak("{level}: mean {mean:.1f} {unit}", level=level, mean=mean, unit=unit_words(unit))
                for level, mean in means.items()
            ),
            "absent": speak("{n} in this file", n=never) if never else speak("this file holds none of them"),
            "mean_duration": means,
            "never_ended": never,
        },
        remedy='Set [time] zero = "start" and include everybody who started; until then read the result as a '
        "description of those who reached {end}.",
    )
