"""The front page: key numbers, what to take from the study, and what matters most before believing it."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Analysis, Refused
from durata.estimate.claim import Contrast, Lesson, lesson
from durata.estimate.result import Curve
from durata.finding import Finding
from durata.report.association import errors_standing, few_events
from durata.report.chapters.wording import Wording, ratio_words
from durata.report.document import Block, Brief, Briefs, KeyNumber, KeyNumbers, Note, Paragraph, refer
from durata.report.touching import anchors, family_place, mark, plain
from durata.show.numbers import count, percent
from durata.show.printable import inside

MOST = 3


def front(words: Wording) -> Iterator[Block]:
    """Blocks of the front page."""
    yield KeyNumbers(tuple(key_numbers(words)))
    title, said = words.say("front.take"), ""
    for outcome in words.study.outcomes:
        one = lesson(words.study, words.contents.answers, outcome)
        safe = safe_sentence(words, one)
        # a refusal that every outcome shares is said once
        repeated = one.safe is None and safe == said
        text = words.phrases.paragraph([naive_sentence(words, one), "" if repeated else safe])
        yield Note((text,), "message", title)
        title, said = "", safe
    reasons = association_reasons(words)
    if reasons:
        yield Note((words.say("front.association", reasons=words.phrases.clauses(reasons)),), "caution")
    findings = words.contents.verdicts.findings
    if findings:
        yield Paragraph((words.say("front.matters"),), lead=True)
        placed = {id(finding): anchor for finding, anchor in anchors(findings)}
        yield Briefs(
            tuple(
                Brief(
                    mark(words, finding, placed[id(finding)]),
                    plain(words, finding, "means"),
                    plain(words, finding, "act"),
                )
                for finding in foremost(findings)
            )
        )
        more = words.say("front.more", n=len(findings))
        yield Paragraph((more, words.phrases.gap, refer("findings"), words.say("front.more_end")))


def association_reasons(words: Wording) -> list[str]:
    """Why the estimates may not be worded as effects: errors that stand, and models with few events."""
    contents, reasons = words.contents, []
    standing = errors_standing(contents)
    if standing:
        reasons.append(words.say("front.association_error", codes=words.phrases.separated(standing)))
    return [
        *reasons,
        *(
            words.say(
                "front.association_events",
                outcome=words.within(one.outcome),
                events=one.events,
                parameters=one.parameters,
            )
            for one in few_events(contents)
        ),
    ]


def foremost(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings of the front page: the first of each rule, the gravest first, and within them time before claims."""
    first = {finding.code: finding for finding in reversed(findings)}

    def weight(finding: Finding) -> tuple[int, int, str]:
        return -finding.severity.rank, family_place(finding.code), finding.code

    return tuple(sorted(first.values(), key=weight)[:MOST])


def key_numbers(words: Wording) -> Iterator[KeyNumber]:
    """Patients, duration, events and follow-up of the declared analysis."""
    contents, study = words.contents, words.study
    design = declared_design(study)
    yield KeyNumber(
        count(len(contents.records)),
        words.say("front.patients"),
        words.say("front.patients_of", rows=count(contents.records.flow.steps[0].remaining)),
    )
    duration = words.durations()
    yield KeyNumber(
        duration["median"],
        words.say("front.duration", unit=words.unit(study.treatment.unit)),
        words.say("front.quartiles", q1=duration["quartile_1"], q3=duration["quartile_3"]),
    )
    for name in study.outcomes:
        analysed = contents.answers.cohort(design, name)
        if not isinstance(analysed, Refused):
            yield KeyNumber(
                count(analysed.n_events),
                words.say("front.events", outcome=words.outcome(name)),
                words.say("front.among", n=count(analysed.n_people)),
            )
    medians = median_follow_up(words)
    if medians:
        # whoever had the event left observation by it: the outcome followed longest says how long patients were watched
        name = max(medians, key=lambda one: medians[one])
        cohort = contents.answers.cohort(design, name)
        if not isinstance(cohort, Refused):
            yield KeyNumber(
                words.scale.value(medians[name]),
                words.say("front.follow_up", unit=words.scale.name),
                words.say(
                    "front.since" if len(study.outcomes) > 1 else "front.since_only",
                    outcome=words.outcome(name),
                    n=count(cohort.n_people),
                    zero=cohort.time_zero,
                ),
            )


def median_follow_up(words: Wording) -> dict[str, float]:
    """The median follow-up of everybody in the declared design, in days, of each outcome in which it was reached."""
    found = {}
    for name in words.study.outcomes:
        curve = words.ask(Analysis(declared_design(words.study), name, "reverse_kaplan_meier"))
        if isinstance(curve, Curve):
            estimate = curve.quantile([0.5]).rows()[0].get("estimate")
            if estimate is not None and isfinite(estimate):
                found[name] = float(estimate)
    return found


def naive_sentence(words: Wording, one: Lesson) -> str:
    """What the grouping on achieved duration shows, and the guaranteed time in it."""
    if not one.naive:
        return words.say("lesson.no_naive", outcome=words.outcome(one.outcome))
    ratios = words.phrases.join(
        [words.say("lesson.naive_ratio", ratio=ratio_words(naive), level=naive.level) for naive in one.naive]
    )
    shares = words.phrases.join(
        [
            words.say("lesson.share", share=percent(row.share, 0), group=row.group)
            for row in one.guaranteed
            if row.people
        ]
    )
    if words.study.time.zero == "end":
        return words.say(
            "lesson.naive_from_end",
            outcome=words.outcome(one.outcome),
            ratios=ratios,
            reference=one.naive[0].reference,
            adjusted=words.adjusted(one.naive[0].adjusted_for),
            absent=words.say("lesson.absent" if one.never else "lesson.none_absent", never=count(one.never)),
        )
    return words.say(
        "lesson.naive",
        outcome=words.outcome(one.outcome),
        ratios=ratios,
        reference=one.naive[0].reference,
        adjusted=words.adjusted(one.naive[0].adjusted_for),
        guaranteed=shares,
    )


def safe_sentence(words: Wording, one: Lesson) -> str:
    """What the design that guarantees nobody any time shows, no more than its interval allows."""
    if one.safe is None:
        return words.say("lesson.no_safe", reason=inside(one.refusal))
    return words.say(
        "lesson.safe",
        outcome=words.outcome(one.outcome),
        ratio=ratio_words(one.safe),
        adjusted=words.adjusted(one.safe.adjusted_for) or words.say("lesson.unadjusted"),
        verdict=verdict_words(words, one.safe),
    )


def verdict_words(words: Wording, contrast: Contrast) -> str:
    """The direction of a contrast, or that there is no clear one and what its interval leaves room for."""
    if contrast.direction < 0:
        return words.say("lesson.lower")
    if contrast.direction > 0:
        return words.say("lesson.higher")
    return words.say(
        "lesson.none", low=change_words(words, contrast.conf_low), high=change_words(words, contrast.conf_high)
    )


def change_words(words: Wording, ratio: float) -> str:
    """A hazard ratio as a percentage lower or higher."""
    change = round(100 * (ratio - 1))
    if change == 0:
        return words.say("lesson.equal")
    return words.say("lesson.percent_lower" if change < 0 else "lesson.percent_higher", percent=f"{abs(change):,}%")
