"""Rule P04: groups of so few patients or events that their survival is anecdote."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Answers, Refused
from durata.estimate.permutation import ENOUGH_EVENTS, ENOUGH_PATIENTS
from durata.finding import Severity
from durata.kernels.proportions import clopper_pearson_limits
from durata.language.speaking import speak
from durata.rules.runner import NotJudged, Seen, rule, seen
from durata.rules.wording import joined, outcome_name
from durata.study.types import Study


@rule("P04", "small-groups", since="0.2", reference="Pocock SJ, Clayton TC, Altman DG (2002) Lancet 359:1686-1689")
def small_groups(study: Study, answers: Answers) -> Iterator[Seen]:
    """In a group with a handful of events one patient more or less changes the curve, the test and the conclusion.

    Large-sample tests and intervals do not hold there either.
    """
    judged = False
    for outcome in study.outcomes:
        cohort = answers.cohort(declared_design(study), outcome)
        if isinstance(cohort, Refused) or cohort.group is None:
            continue
        judged = True
        sizes = {}
        for code, level in enumerate(cohort.group.levels):
            here = cohort.group.codes == code
            n = len(np.unique(cohort.person[here]))
            if n:
                sizes[level] = (n, int(np.count_nonzero(cohort.event & here)))
        small = {level: (n, d) for level, (n, d) in sizes.items() if n < ENOUGH_PATIENTS or d < ENOUGH_EVENTS}
        if small:
            yield seen(
                Severity.WARNING,
                "{outcome}: fewer than {patients} patients or {events} events in {parts}.",
                evidence={
                    "outcome": outcome_name(study, outcome),
                    "patients": ENOUGH_PATIENTS,
                    "events": ENOUGH_EVENTS,
                    "sizes": sizes,
                    "parts": joined(
                        speak(
                            "{level} ({n} patients, {d} events, 95% CI of the share {low:.0f}% to {high:.0f}%)",
                            level=level,
                            n=n,
                            d=d,
                            low=100 * low,
                            high=100 * high,
                        )
                        for level, (n, d) in small.items()
                        for low, high in [map(float, clopper_pearson_limits(d, n))]
                    ),
                },
                remedy="Merge neighbouring [treatment] groups before looking at the outcome; or print exact tests and intervals, "
                "and no survival percentage beyond the last ten at risk.",
                where=study.place("treatment.groups"),
            )
    if not judged:
        raise NotJudged(speak("no cohort could be built for any outcome"))
