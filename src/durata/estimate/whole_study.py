"""Estimators that answer from the whole study rather than from one Cohort: two designs at once, every design, sizes."""

from __future__ import annotations

from collections.abc import Callable

from durata.cohort import Cohort
from durata.estimate.analysis import Analysis, Answer
from durata.estimate.estimators import model_terms, no_screen, number
from durata.estimate.immortal_time import immortal_time_ratio
from durata.estimate.result import Summary
from durata.estimate.shrinkage import shrinkage_plateau
from durata.estimate.specifications import specifications
from durata.records.records import Records
from durata.study.types import Study

RATIO = "immortal_time_ratio"
SPECIFICATIONS = "specifications"
PLATEAU = "shrinkage_plateau"


def whole_study_estimators(
    study: Study, records: Records, cohort_of: Callable[[str, str], Cohort]
) -> dict[str, Callable[[Analysis], Answer]]:
    """These estimators by the name an Analysis calls them; ``cohort_of(design, outcome)`` makes a Cohort."""

    def ratio(analysis: Analysis) -> Summary:
        entered, naive = (
            cohort_of("delayed_entry", analysis.outcome),
            cohort_of("observed_from_start", analysis.outcome),
        )
        return immortal_time_ratio(naive, entered, model_terms(naive, analysis, no_screen)[0])

    def curve(analysis: Analysis) -> Summary:
        level, reference = str(analysis.setting("level")), str(analysis.setting("reference"))
        return specifications(study, records, level=level, reference=reference, most=int(number(analysis, "most")))

    def plateau(analysis: Analysis) -> Summary:
        treatment, dates = study.treatment, records.dates
        achieved = (dates[treatment.end] - dates[treatment.start]) / study.study.days(treatment.unit)
        before, after = (records.numbers[str(analysis.setting(name))] for name in ("before", "after"))
        return shrinkage_plateau(achieved, before, after, unit=treatment.unit)

    return {RATIO: ratio, SPECIFICATIONS: curve, PLATEAU: plateau}
