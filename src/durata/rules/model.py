"""Rules H: whether one hazard ratio can stand for the whole of follow-up."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from durata.cohort import Cohort
from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Analysis, Answers, Refused
from durata.estimate.plan import model_settings
from durata.estimate.result import Effects, Summary
from durata.finding import Severity
from durata.language.speaking import speak
from durata.rules.group_hazards import group_model, ratio_numbers, ratio_words
from durata.rules.runner import NotJudged, Seen, rule, seen
from durata.rules.wording import covariate_name, outcome_name, p_words, unit_words
from durata.study.types import Study

CHANGES = 0.05


@rule(
    "H01",
    "one-hazard-ratio-for-all-times",
    since="0.2",
    reference="Grambsch PM, Therneau TM (1994) Biometrika 81:515-526; Hernan MA (2010) Epidemiology 21:13-15; Royston P, "
    "Parmar MK (2013) BMC Med Res Methodol 13:152",
)
def one_hazard_ratio_for_all_times(study: Study, answers: Answers) -> Iterator[Seen]:
    """Where the hazard ratio changes along time, its average belongs to no time and depends on how long follow-up was."""
    design, judged = declared_design(study), False
    for outcome in study.outcomes:
        asked = Analysis(design, outcome, "proportional_hazards", model_settings(study, design, outcome, adjusted=True))
        answer, cohort = answers.ask(asked), answers.cohort(design, outcome)
        if not isinstance(answer, Summary) or isinstance(cohort, Refused):
            continue
        judged = True
        p_values = {str(row["term"]): row["p_value"] for row in answer.rows() if row["p_value"] is not None}
        group = p_values.get("group")
        evidence: dict[str, object] = {"outcome": outcome_name(study, outcome), "p_values": p_values}
        if group is not None and group < CHANGES:
            half = float(np.median(cohort.exit[cohort.event]))
            early, late = _before(study, cohort, half), _after(study, cohort, half)
            evidence |= {
                "p": p_words(group),
                "at": half / study.study.days(study.study.time_unit),
                "unit": unit_words(study.study.time_unit),
                "early": ratio_words(early),
                "late": ratio_words(late),
                "hazard_ratios_early": ratio_numbers(early),
                "hazard_ratios_late": ratio_numbers(late),
            }
            yield seen(
                Severity.WARNING,
                "{outcome}: the hazard ratios of the groups change along time (test of proportional hazards {p}). Before {at:.0f} "
                "{unit}: {early}; after: {late}.",
                evidence=evidence,
                remedy="Compare restricted mean survival ([horizons] restricted_mean) or survival at declared horizons, and print "
                "the hazard ratio, if at all, by period.",
            )
            continue
        others = [name for name, p in p_values.items() if name not in ("group", "GLOBAL") and p < CHANGES]
        if others and p_values.get("GLOBAL", 1.0) < CHANGES:
            evidence |= {
                "p": p_words(p_values["GLOBAL"]),
                "names": speak(", ").join(
                    covariate_name(study, name) if name in study.covariates else name for name in others
                ),
            }
            yield seen(
                Severity.INFO,
                "{outcome}: in the model the hazard ratio of {names} changes along time (test of all terms {p}); that of the groups "
                "is not shown to.",
                evidence=evidence,
                remedy="A category that changes along time may stand under [models] strata instead of adjust.",
            )
    if not judged:
        raise NotJudged(speak("the model could not be tested for any outcome"))


def _before(study: Study, cohort: Cohort, time: float) -> Effects | Refused:
    """The groups' hazard ratios up to a time: who was under observation for longer leaves then."""
    rows = np.arange(len(cohort))
    if cohort.entry is not None:
        rows = np.flatnonzero(cohort.entry < time)
    part = cohort.select(rows)
    return group_model(
        study,
        part.select(np.arange(len(part)), exit=np.minimum(part.exit, time), event=part.event & (part.exit <= time)),
    )


def _after(study: Study, cohort: Cohort, time: float) -> Effects | Refused:
    """The groups' hazard ratios from a time on, among those then at risk."""
    rows = np.flatnonzero(cohort.exit > time)
    if len(rows) == 0:
        return Refused(speak("nobody is at risk then"))
    entry = np.full(len(rows), time) if cohort.entry is None else np.maximum(cohort.entry[rows], time)
    return group_model(study, cohort.select(rows, entry=entry))
