"""Rules R01 and R03: printed survival without its uncertainty, and printed figures that the data do not give."""

from __future__ import annotations

from collections.abc import Iterator

from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Analysis, Answers
from durata.estimate.plan import BY_GROUP
from durata.estimate.published import Reproduced, beside
from durata.estimate.result import Curve
from durata.finding import CannotEstimate, Severity
from durata.language.speaking import speak
from durata.records.records import Records
from durata.rules.runner import NotJudged, Seen, rule, seen
from durata.rules.wording import joined
from durata.study.paper import Published
from durata.study.types import Study

MOST_NAMED = 12


@rule(
    "R01",
    "survival-printed-without-uncertainty",
    since="0.2",
    reference="Lang TA, Altman DG (2015) Int J Nurs Stud 52:5-9; Pocock SJ, Clayton TC, Altman DG (2002) Lancet 359:1686-1689",
)
def survival_printed_without_uncertainty(study: Study, answers: Answers) -> Iterator[Seen]:
    """A survival percentage without its interval and the number at risk looks as sure at 9 patients as at 900."""
    figures = () if study.published is None else study.published.figures
    survival = [one for one in figures if one.kind == "survival"]
    if not survival:
        raise NotJudged(speak('needs [published] figures of the kind "survival"'))
    bare = [
        (one, lacking)
        for one in survival
        if (
            lacking := [
                kind for kind in ("survival interval", "at risk") if not any(_goes_with(one, f, kind) for f in figures)
            ]
        )
    ]
    if not bare:
        return
    known = [words for one, _ in bare if (words := _uncertainty(study, answers, one)) is not None]
    more = speak("; and {n} more", n=len(known) - MOST_NAMED) if len(known) > MOST_NAMED else ""
    yield seen(
        Severity.WARNING,
        "{n} of {of} printed survival percentages have no interval ({interval}) or no number at risk ({at_risk}). What stands "
        "behind them in these data: {parts}."
        if known
        else "{n} of {of} printed survival percentages have no interval ({interval}) or no number at risk ({at_risk}).",
        evidence={
            "n": len(bare),
            "of": len(survival),
            "interval": sum("survival interval" in lacking for _, lacking in bare),
            "at_risk": sum("at risk" in lacking for _, lacking in bare),
            "parts": joined(known[:MOST_NAMED]) + more,
            "figures": tuple(one.figure for one, _ in bare),
        },
        remedy="Print interval and number at risk with each, and declare them under [published] (kinds 'survival interval' and 'at risk').",
        where=study.place("published.figures"),
    )


def _goes_with(one: Published, other: Published, kind: str) -> bool:
    """Whether another figure is the interval or the number at risk of this one."""
    same = (one.outcome, one.group, one.at, one.subgroup) == (other.outcome, other.group, other.at, other.subgroup)
    return other.kind == kind and same


def _uncertainty(study: Study, answers: Answers, one: Published) -> str | None:
    """The interval and number at risk of the study's own curve; None where it has none."""
    curve = answers.ask(Analysis(declared_design(study), str(one.outcome), "kaplan_meier", BY_GROUP))
    if not isinstance(curve, Curve) or one.at is None:
        return None
    rows = curve.at([one.at * study.study.days(study.study.time_unit)]).rows()
    row = next((row for row in rows if row.get("group") == one.group), None)
    if row is None or not all(isinstance(row.get(key), int | float) for key in ("conf_low", "conf_high", "at_risk")):
        return None
    return speak(
        "{figure} {printed} (95% CI {low:.1f} to {high:.1f}, {at_risk:.0f} at risk)",
        figure=one.figure,
        printed=one.printed,
        low=100 * float(row["conf_low"]),
        high=100 * float(row["conf_high"]),
        at_risk=float(row["at_risk"]),
    )


@rule(
    "R03",
    "printed-figures-the-data-do-not-give",
    since="0.2",
    reference="Pitkin RM, Branagan MA, Burmeister LF (1999) JAMA 281:1110-1111",
)
def printed_figures_the_data_do_not_give(study: Study, records: Records, answers: Answers) -> Iterator[Seen]:
    """A figure in the abstract that the data do not give at its own rounding was copied, rounded or computed wrongly.

    Readers of abstracts see nothing else of the study.
    """
    if study.published is None:
        raise NotJudged(speak("needs [published] figures"))
    wrong: list[Reproduced] = []
    unknown: list[Reproduced] = []
    for one in study.published.figures:
        try:
            found = beside(study, records, answers, one)
        except CannotEstimate as refusal:
            found = Reproduced(one.figure, one.printed, "", False, str(refusal))
        if found.reason:
            unknown.append(found)
        elif not found.agrees:
            wrong.append(found)
    if len(unknown) == len(study.published.figures):
        raise NotJudged(speak("none of the printed figures could be computed from the data"))
    if wrong:
        more = speak("; and {n} more", n=len(wrong) - MOST_NAMED) if len(wrong) > MOST_NAMED else ""
        yield seen(
            Severity.ERROR,
            "{n} of {of} printed figures are not what the data give: {parts}.",
            evidence={
                "n": len(wrong),
                "of": len(study.published.figures) - len(unknown),
                "parts": joined(
                    speak(
                        "{figure} is printed {printed}, the data give {reproduced}",
                        figure=one.figure,
                        printed=one.printed,
                        reproduced=one.reproduced,
                    )
                    for one in wrong[:MOST_NAMED]
                )
                + more,
                "figures": {one.figure: (one.printed, one.reproduced) for one in wrong},
            },
            remedy="Correct the figure, or the definition under [outcomes], [responses] or [time] that gives another.",
            where=study.place("published.figures"),
        )
    if unknown:
        yield seen(
            Severity.INFO,
            "{n} of {of} printed figures could not be computed from the data: {parts}.",
            evidence={
                "n": len(unknown),
                "of": len(study.published.figures),
                "parts": joined(
                    speak("{figure} ({reason})", figure=one.figure, reason=one.reason.rstrip(".。"))
                    for one in unknown[:MOST_NAMED]
                ),
            },
            remedy="Declare what they are of, or leave them out of [published].",
            where=study.place("published.figures"),
        )
