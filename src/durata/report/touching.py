"""Which tables and figures a finding touches: the one place that says so, and the marks it leaves beside them.

A chapter says what a table or figure shows (``TableBlock(table, shows=Shows("curve", outcome))``); ``TOUCHES`` says of
every rule which kinds it bends; :func:`with_marks` brings both together once the whole report is written. A new rule
needs its line in ``TOUCHES`` and its sentences under ``[plain.CODE]`` in ``words/*.toml``; a new table or figure needs a
kind of ``KINDS`` (or one more of them) and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from types import MappingProxyType

from durata.finding import Finding, Severity
from durata.language.speaking import speak
from durata.report.chapters.wording import Wording
from durata.report.document import (
    IN_WORDS,
    Block,
    Document,
    FigureBlock,
    FindingIndex,
    Heading,
    Mark,
    Shows,
    TableBlock,
)
from durata.rules.catalogue import all_rules
from durata.study.types import Study

PATIENTS = ("flow", "durations", "swimmer")
SURVIVAL = ("curve", "horizons", "medians", "rates", "restricted_mean")
EFFECTS = ("tests", "restricted_mean_contrasts", "model")
SUBGROUPS = ("subgroups", "subgroup_survival")
KINDS = (
    *PATIENTS,
    "baseline",
    "after",
    "measurement",
    "responses",
    *SURVIVAL,
    "follow_up",
    *EFFECTS,
    "proportional",
    *SUBGROUPS,
    "designs",
    "designs_forest",
    "time_dependent_model",
    "emulation",
    "emulation_diagnostics",
    "weights",
    "imputation",
    "claims",
    "published",
    "reading",
)
"""Everything a table or figure can show, as the findings know it."""

TOUCHES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # the data
        "D01": ("flow", "baseline"),
        "D02": ("durations", "swimmer"),
        "D12": ("baseline", "after", "reading"),
        "D13": ("baseline", "after", "measurement", "reading"),
        "D14": ("baseline", "after", "responses", "reading"),
        "D15": ("follow_up", "curve"),
        "D16": ("curve", "rates"),
        "D17": ("baseline",),
        # the clock, and who is compared
        "T01": (*SURVIVAL, *EFFECTS, "designs", "designs_forest", *SUBGROUPS),
        "T02": (*SURVIVAL, *EFFECTS, "designs", "designs_forest", *SUBGROUPS),
        "S01": ("flow", "responses", *SURVIVAL, *EFFECTS, "designs_forest", *SUBGROUPS),
        "S02": ("baseline", *EFFECTS),
        # what was known only later
        "C01": ("model", *SUBGROUPS),
        "C02": SUBGROUPS,
        "C03": SUBGROUPS,
        "C04": ("baseline", "after", "model"),
        # boundaries and numbers cut up
        "K01": (*EFFECTS, "durations"),
        "K02": ("durations", "model"),
        "K03": ("model",),
        "K04": ("durations",),
        # events and models
        "P01": ("model",),
        "P02": ("model",),
        "P03": ("model",),
        "P04": ("curve", "horizons", "medians", "rates"),
        "H01": ("proportional", "model", "curve"),
        # comparisons and what is said of them
        "M01": ("tests", "subgroups"),
        "M02": ("subgroups", "claims"),
        "M03": ("model", "claims"),
        # confounding, positivity and what the treatment was
        "X01": ("baseline", "model", "designs_forest", "emulation"),
        "X02": ("baseline", "model", "designs_forest", "emulation"),
        "X03": ("baseline", "model", "emulation"),
        "X04": ("emulation", "emulation_diagnostics", "weights"),
        "X05": ("durations", "emulation"),
        # follow-up
        "L01": ("follow_up", "curve", "horizons", "emulation"),
        "L02": ("curve", "horizons", "restricted_mean", "follow_up"),
        "L03": ("curve", "horizons", "medians", "emulation"),
        # what is reported
        "R01": ("published",),
        "R02": ("curve", "horizons", "restricted_mean", "restricted_mean_contrasts", "subgroup_survival"),
        "R03": ("published",),
        "R04": ("claims", "model"),
        # privacy: what tells who a patient is bends no number
        "I01": (),
        "I02": (),
        "I03": (),
        "I04": (),
        "I05": (),
    }
)
"""By the code of a rule, what its findings bend; a rule that is not here stands in the chapter on findings alone."""

FAMILIES = "DTSCKXLPHMRI"
"""The families of rules: what bends the comparison itself stands before what is said about it."""


def family_place(code: str) -> int:
    """Where the family of a rule stands among the families."""
    return FAMILIES.index(code[0]) if code[0] in FAMILIES else len(FAMILIES)


def by_family(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings as the report prints them in full: family by family, in each rule by rule, the gravest first."""
    return tuple(sorted(findings, key=lambda one: (family_place(one.code), one.code, -one.severity.rank)))


def anchors(findings: Iterable[Finding]) -> tuple[tuple[Finding, str], ...]:
    """Every finding with the anchor of its place in full, in the order in which they stand there."""
    return tuple((one, f"finding-{position}") for position, one in enumerate(by_family(findings), start=1))


def kinds_touched(finding: Finding) -> tuple[str, ...]:
    """The kinds of tables and figures that a finding touches: those of its rule, narrowed by what it saw."""
    kinds = TOUCHES.get(finding.code, ())
    evidence = finding.evidence
    if finding.code == "R02":
        inside = "at_risk" not in evidence  # numbers at risk of the whole stand there, those of subgroups do not
        return tuple(kind for kind in kinds if (kind in SUBGROUPS) is inside)
    if finding.code == "C01":
        inside = "subgroups" in evidence
        return tuple(kind for kind in kinds if (kind in SUBGROUPS) is inside)
    return kinds


def outcome_keys(study: Study) -> Mapping[str, str]:
    """The keys of the outcomes by what messages call them; a name that two outcomes share says nothing."""
    called = [one.label or name for name, one in study.outcomes.items()]
    return {label: key for label, key in zip(called, study.outcomes, strict=True) if called.count(label) == 1}


def touches(finding: Finding, shows: Shows, outcomes: Mapping[str, str]) -> bool:
    """Whether a finding touches what is shown; ``outcomes`` are the keys of the outcomes by what messages call them."""
    if shows.kind not in kinds_touched(finding):
        return False
    about = outcomes.get(str(finding.evidence.get("outcome", "")), "")
    return not about or not shows.outcome or about == shows.outcome


def name_of(code: str) -> str:
    """What a rule is called, in a few words."""
    rule = all_rules().get(code)
    if rule is None:
        return ""
    said = speak(rule.name)
    return said if said != rule.name else rule.name.replace("-", " ")


def mark(words: Wording, finding: Finding, anchor: str) -> Mark:
    """The mark of a finding, with the sentence that says what it means."""
    return Mark(finding.code, finding.severity, anchor, name_of(finding.code), plain(words, finding, "means"))


def plain(words: Wording, finding: Finding, part: str) -> str:
    """What a finding ``means`` for whoever decides, or how to ``act`` on it; its own words where its rule has none."""
    try:
        return words.say(f"plain.{finding.code}.{part}")
    except KeyError:
        return finding.message if part == "means" else finding.advice


def with_marks(words: Wording, blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks with the marks of the findings that touch them, one a rule, the gravest and most particular first.

    What a mark means is said where a chapter prints it first; after that its name is enough.
    """
    placed = anchors(words.contents.verdicts.findings)
    outcomes = outcome_keys(words.study)
    found: list[Block] = []
    said: set[str] = set()
    for block in blocks:
        if isinstance(block, Heading) and block.level == 1:
            said = set()
        if not isinstance(block, TableBlock | FigureBlock) or block.shows is None:
            found.append(block)
            continue
        shows = block.shows
        here: dict[str, tuple[Finding, str]] = {}
        for finding, anchor in placed:
            if touches(finding, shows, outcomes):
                before = here.get(finding.code)
                if before is None or finding.severity.rank > before[0].severity.rank:
                    here[finding.code] = (finding, anchor)
        marks = []
        for finding, anchor in sorted(here.values(), key=lambda pair: _weight(pair[0], said)):
            one = mark(words, finding, anchor)
            marks.append(replace(one, words="") if one.code in said else one)
        # only what stands in words has been said
        said |= {one.code for one in marks[:IN_WORDS]}
        found.append(replace(block, marks=tuple(marks)))
    return _with_places(found, words.study.study.language)


def _with_places(blocks: Sequence[Block], language: str) -> tuple[Block, ...]:
    """The blocks, the list of findings saying beside which tables and figures each of its rules stands."""
    numbered = Document("", "", tuple(blocks), language=language).numbered()
    beside: dict[str, list[str]] = {}
    for entry in numbered:
        if isinstance(entry.block, TableBlock | FigureBlock):
            for one in entry.block.marks:
                beside.setdefault(one.code, []).append(entry.anchor)
    return tuple(
        replace(
            block,
            families=tuple(
                (family, tuple(replace(one, beside=tuple(beside.get(one.mark.code, ()))) for one in rules))
                for family, rules in block.families
            ),
        )
        if isinstance(block, FindingIndex)
        else block
        for block in blocks
    )


def _weight(finding: Finding, said: Set[str]) -> tuple[int, bool, int, int, str]:
    """The gravest first; of the equally grave what was not said yet, then what touches least and so belongs here most."""
    code = finding.code
    return -finding.severity.rank, code in said, len(kinds_touched(finding)), family_place(code), code


def counted(findings: Iterable[Finding]) -> Mapping[Severity, int]:
    """How many findings there are of each severity, the gravest first."""
    every = tuple(findings)
    return {
        severity: n
        for severity in sorted(Severity, key=lambda one: -one.rank)
        if (n := sum(one.severity is severity for one in every))
    }
