"""The patients: who was left out and why, how long treatment lasted, and everybody's line from start to last contact."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from durata.cohort import Cohort
from durata.designs.catalogue import declared_design
from durata.designs.timeline import duration_group, timeline
from durata.estimate.analysis import Refused
from durata.finding import CannotEstimate
from durata.language.speaking import speak
from durata.report.chapters.wording import Wording
from durata.report.document import Block, FigureBlock, Heading, Paragraph, Shows
from durata.show.disclosure import disclosure
from durata.show.figures.durations import durations_figure, durations_words
from durata.show.figures.flow import flow_figure, flow_words
from durata.show.figures.svg import drawing
from durata.show.figures.swimmer import Bar, SwimmerWords, swimmer_figure, swimmer_words
from durata.show.numbers import count
from durata.show.time_scale import time_scale


def patients(words: Wording) -> Iterator[Block]:
    """Blocks of the chapter."""
    study, contents = words.study, words.contents
    yield Heading(words.say("patients.chapter"), anchor="patients")
    outcome = next(iter(study.outcomes))
    design = declared_design(study)
    cohort = contents.answers.cohort(design, outcome)
    flow = contents.records.flow if isinstance(cohort, Refused) or cohort.flow is None else cohort.flow
    people = group_people(cohort)
    if disclosure().any_small(people.values()):
        people = {}  # with the number of all beside them, the other groups would give the small one away
    title = words.say("patients.flow")
    yield FigureBlock(
        drawing(flow_figure(flow, people), "flow", title=title, alternative=flow_words(flow, people)),
        words.say("patients.flow_caption", title=title),
        Shows("flow"),
    )
    yield from durations(words)
    yield from swimmer(words, outcome)


def group_people(cohort: Cohort | Refused) -> dict[str, int]:
    """How many people each group of a cohort has."""
    if isinstance(cohort, Refused) or cohort.group is None:
        return {}
    return {
        level: len(np.unique(cohort.person[cohort.group.codes == code]))
        for code, level in enumerate(cohort.group.levels)
    }


def durations(words: Wording) -> Iterator[Block]:
    """How long treatment lasted, with the boundaries of the groups."""
    study, records = words.study, words.contents.records
    treatment = study.treatment
    days = records.dates[treatment.end] - records.dates[treatment.start]
    ended = np.isfinite(days)
    length = study.study.days(treatment.unit)
    group = duration_group(study, np.where(ended, days, np.inf))
    in_groups = [int(np.count_nonzero(group.codes == code)) for code in range(len(group.levels))]
    sizes = words.phrases.join(
        [
            words.say("patients.size", group=level, n=n)
            for level, n in zip(group.levels, disclosure().parts(in_groups), strict=True)
        ]
    )
    never = int(np.count_nonzero(~ended))
    said = [words.say("patients.sizes", parts=sizes)]
    if never:
        said.append(words.say("patients.never", never=count(never), all=len(records)))
    between = int(np.count_nonzero(ended & (group.codes < 0)))
    if between:
        said.append(words.say("patients.between", between=count(between)))
    yield Paragraph((words.phrases.paragraph(said),))
    if disclosure().declared:
        # a bar may be a single patient, and the shortest and the longest duration are two
        yield withheld(words, words.say("patients.durations"))
        return
    shown = words.durations()
    by_group = {level: days[ended & (group.codes == code)] for code, level in enumerate(group.levels)}
    bounds = [one.to * length for one in treatment.groups if one.to is not None]
    scale = time_scale(study, unit=treatment.unit)
    title = words.say("patients.durations")
    label = words.say("patients.duration_axis")
    yield FigureBlock(
        drawing(
            durations_figure(by_group, bounds, scale, label=label),
            "durations",
            title=title,
            alternative=durations_words(by_group, scale, label=label),
        ),
        words.say(
            "patients.durations_caption",
            n=shown["n"],
            median=shown["median"],
            q1=shown["quartile_1"],
            q3=shown["quartile_3"],
            low=shown["lowest"],
            high=shown["highest"],
            unit=words.counted_unit(treatment.unit),
        ),
        Shows("durations"),
    )


def withheld(words: Wording, what: str) -> Paragraph:
    """The paragraph that stands where a figure would show single patients."""
    reason = speak(
        "It shows single patients, and this study shows nothing of fewer than {fewest}.", fewest=disclosure().fewest
    )
    return Paragraph((words.say("outcome.refused", what=what, reason=reason),))


def swimmer(words: Wording, outcome: str) -> Iterator[Block]:
    """Everybody's line since the start of treatment; no identifiers, only the order of follow-up."""
    study = words.study
    if disclosure().declared:
        yield withheld(words, words.say("patients.swimmer"))
        return
    try:
        line = timeline(study, words.contents.records, outcome)
    except CannotEstimate as refusal:
        yield Paragraph((words.say("outcome.refused", what=words.say("patients.swimmer"), reason=str(refusal)),))
        return
    outside = words.say("patients.outside")
    bars = []
    for k in range(len(line.person)):
        code = line.group.codes[k]
        ended = np.isfinite(line.end[k])
        bars.append(
            Bar(
                group=line.group.levels[code] if code >= 0 else outside,
                follow_up=float(line.exit[k]),
                event=bool(line.event[k]),
                treatment_end=float(min(line.end[k], line.exit[k])) if ended else None,
                guaranteed_until=float(min(line.end[k], line.exit[k])) if code >= 0 else 0.0,
            )
        )
    said = SwimmerWords(
        before=words.say("patients.before"),
        after=words.say("patients.after"),
        event=words.outcome(outcome),
        ongoing=words.say("patients.ongoing", outcome=words.within(outcome)),
        guaranteed=words.say("patients.guaranteed"),
        time_zero=study.treatment.start_name,
    )
    levels = line.group.levels
    title = words.say("patients.swimmer")
    yield FigureBlock(
        drawing(
            swimmer_figure(bars, levels, words.scale, said),
            "swimmer",
            title=title,
            alternative=swimmer_words(bars, levels, words.scale, said),
        ),
        words.say("patients.swimmer_caption"),
        Shows("swimmer", outcome),
    )
