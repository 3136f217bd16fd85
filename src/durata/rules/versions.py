"""Rule X05: one name for several treatments, and a duration that is not that of the treatment."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from durata.category import Category
from durata.designs.timeline import duration_group
from durata.estimate.analysis import Answers
from durata.estimate.association import table_result
from durata.finding import Severity
from durata.kernels.arrays import FloatArray
from durata.kernels.rank_tests import kruskal_wallis
from durata.language.speaking import speak
from durata.records.records import Records
from durata.rules.compared import Compared, compared, varies
from durata.rules.runner import NotJudged, Seen, rule, seen
from durata.rules.wording import covariate_name, joined, p_words
from durata.study.types import Study

LONG_GAP = 14
SURE = 0.05


@rule(
    "X05",
    "several-treatments-under-one-name",
    since="0.2",
    reference="VanderWeele TJ, Hernan MA (2013) J Causal Inference 1:1-20",
)
def several_treatments_under_one_name(study: Study, records: Records, answers: Answers) -> Iterator[Seen]:
    """A group by duration that also had another dose, or weeks without the drug, is not compared by duration alone."""
    if study.treatment.last_dose is None and not study.treatment.versions:
        raise NotJudged(
            speak("needs [treatment] last_dose (a date before the end), or versions (covariates such as the dose)")
        )
    who = compared(study, answers)
    if study.treatment.last_dose is not None:
        yield from _gaps(study, records, who, study.treatment.last_dose)
    for name in study.treatment.versions:
        if varies(who.column(name)):
            yield from _version(study, who, name)


def _gaps(study: Study, records: Records, who: Compared, last_dose: str) -> Iterator[Seen]:
    """Days without the drug before the end, and patients whose group is another by the days on the drug."""
    days: FloatArray = (records.dates[study.treatment.end] - records.dates[last_dose])[who.person]
    on_drug = (records.dates[last_dose] - records.dates[study.treatment.start])[who.person]
    known = np.isfinite(days)
    if not known.any():
        return
    by_drug = duration_group(study, np.where(np.isnan(on_drug), np.inf, on_drug))
    level_of = np.array([*study_levels(study), ""])
    declared = np.array([*who.group.levels, ""])[who.group.codes]
    moved = known & (level_of[by_drug.codes] != declared)
    long = known & (np.abs(days) > LONG_GAP)
    if not moved.any() and not long.any():
        return
    of_group = {
        level: (float(np.median(days[here])), float(np.max(days[here])))
        for code, level in enumerate(who.group.levels)
        if (here := known & (who.group.codes == code)).any()
    }
    yield seen(
        Severity.INFO,
        "The last dose and {end} are not the same day: more than {limit} days apart in {long} of {n} patients ({parts}). By days "
        "on the drug {moved} patients would be in another duration group.",
        evidence={
            "end": study.treatment.end_name,
            "limit": LONG_GAP,
            "long": int(long.sum()),
            "n": int(known.sum()),
            "moved": int(moved.sum()),
            "parts": joined(
                speak("{group}: median {median:.0f} days, at most {most:.0f}", group=level, median=median, most=most)
                for level, (median, most) in of_group.items()
            ),
            "gaps": of_group,
        },
        remedy="Say which duration is meant; show the comparison with [treatment] end set to the last dose beside it.",
        where=study.place("treatment.last_dose"),
        people=tuple(int(person) for person in who.person[moved | long]),
    )


def study_levels(study: Study) -> tuple[str, ...]:
    """The names of the declared duration groups."""
    return tuple(group.name for group in study.treatment.groups)


def _version(study: Study, who: Compared, name: str) -> Iterator[Seen]:
    """A version of the treatment that is not spread over the groups as chance would."""
    column = who.column(name)
    if isinstance(column, Category):
        used = column.used()
        table = np.zeros((len(used.levels), len(who.group.levels)))
        there = ~used.missing
        np.add.at(table, (used.codes[there], who.group.codes[there]), 1.0)
        p_value = table_result(table).p_value
        parts = [
            speak(
                "{group}: {shares}",
                group=group,
                shares=speak(", ").join(
                    speak("{level} {percent:.0f}%", level=level, percent=100 * n / max(of.sum(), 1.0))
                    for level, n in zip(used.levels, of, strict=True)
                ),
            )
            for group, of in zip(who.group.levels, table.T, strict=True)
        ]
    else:
        samples = [column[(who.group.codes == code) & np.isfinite(column)] for code in range(len(who.group.levels))]
        p_value = float(kruskal_wallis(samples).p_value)
        parts = [
            speak("{group}: median {median:g} ({low:g} to {high:g})", group=group, median=m, low=low, high=high)
            for group, sample in zip(who.group.levels, samples, strict=True)
            if len(sample)
            for low, m, high in [map(float, np.quantile(sample, [0, 0.5, 1]))]
        ]
    if not p_value < SURE:
        return
    yield seen(
        Severity.INFO,
        "{name} differs between the duration groups ({p}): {parts}. They were treated differently, not only for longer.",
        evidence={"name": covariate_name(study, name), "p": p_words(p_value), "parts": joined(parts)},
        remedy="Compare durations within one version ([subgroups] or [eligibility]), or say that the comparison is of "
        "durations with the versions that came with them.",
        where=study.place("treatment.versions"),
    )
