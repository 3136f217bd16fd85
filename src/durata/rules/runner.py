"""The rule engine: a rule asks for facts by parameter name and is quiet, speaks findings, or cannot judge."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from durata.finding import Evidence, Finding, Severity, Where
from durata.language.speaking import speak
from durata.records.records import Records
from durata.rules.places import places

Facts = Mapping[str, Any]
RuleFunction = Callable[..., Iterator["Seen"]]


class NotJudged(Exception):
    """Raised by a rule that lacks what it needs to judge; the message names what is missing."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a rule saw; the engine adds the rule's code to make it a Finding."""

    severity: Severity
    what: str
    evidence: Evidence
    remedy: str
    where: Where | None
    people: tuple[int, ...]
    reference: str


def seen(
    severity: Severity,
    what: str,
    *,
    evidence: Evidence | None = None,
    remedy: str = "",
    where: Where | None = None,
    people: tuple[int, ...] = (),
    reference: str = "",
) -> Seen:
    """Say what a rule saw; ``{names}`` in ``what`` and ``remedy`` are filled from ``evidence``."""
    return Seen(severity, what, evidence or {}, remedy, where, people, reference)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its ``code``, the bad pattern it is named after (reads after "allow ..."), and what judges it."""

    code: str
    name: str
    since: str
    reference: str
    judge: RuleFunction

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts the rule reads: the names of its parameters."""
        return tuple(inspect.signature(self.judge).parameters)

    @property
    def guards_data(self) -> bool:
        """Whether its errors are defects of the data (rules D), which nothing but a correction sets right."""
        return self.code.startswith("D")

    @property
    def summary(self) -> str:
        """Why the pattern misleads, in the first line of the rule's docstring."""
        return (inspect.getdoc(self.judge) or "").split("\n", 1)[0]

    def findings(self, facts: Facts) -> tuple[Finding, ...]:
        """Judge the facts; raises NotJudged when one of them is absent."""
        absent = [name for name in self.facts if facts.get(name) is None]
        if absent:
            raise NotJudged(speak("needs {facts}", facts=speak(", ").join(absent)))
        asked = {name: facts[name] for name in self.facts}
        records = facts.get("records") if self.guards_data else None
        return tuple(
            Finding(
                code=self.code,
                severity=one.severity,
                what=one.what,
                evidence=one.evidence,
                remedy=one.remedy,
                where=one.where,
                reference=one.reference or self.reference,
                people=one.people,
                keys=() if records is None else records.keys(one.people),
            )
            for one in self.judge(**asked)
        )


_REGISTERED: dict[str, Rule] = {}


def rule(code: str, name: str, *, since: str, reference: str = "") -> Callable[[RuleFunction], RuleFunction]:
    """Register a generator of :func:`seen` as a rule."""

    def register(judge: RuleFunction) -> RuleFunction:
        if code in _REGISTERED:
            raise ValueError(f"two rules have the code {code}")
        _REGISTERED[code] = Rule(code, name, since, reference, judge)
        return judge

    return register


def registered() -> Mapping[str, Rule]:
    """Every rule whose family has been imported, by code; see :mod:`durata.rules.catalogue` for all."""
    return MappingProxyType(_REGISTERED)


@dataclass(frozen=True)
class Verdicts:
    """What all rules said: findings (most severe first), quiet rules, rules not judged, and findings set aside.

    ``ignored`` pairs each finding set aside with the reason written in the study file.
    """

    findings: tuple[Finding, ...]
    quiet: tuple[str, ...]
    not_judged: Mapping[str, str]
    ignored: tuple[tuple[Finding, str], ...]

    @property
    def worst(self) -> Severity | None:
        """The gravest severity among the findings, None when there are none."""
        return max((finding.severity for finding in self.findings), key=lambda s: s.rank, default=None)


def judge(rules: Mapping[str, Rule], facts: Facts, ignore: Mapping[str, str]) -> Verdicts:
    """Run rules over facts; a code in ``ignore`` has its findings set aside with the written reason.

    Errors in the data (rules D) are never set aside; their warnings are, also one by one where a person accepted every
    cell of a finding in the file of decisions.
    """
    findings: list[Finding] = []
    quiet: list[str] = []
    not_judged: dict[str, str] = {}
    ignored: list[tuple[Finding, str]] = []
    records: Records | None = facts.get("records")
    for code, one in sorted(rules.items()):
        try:
            spoken = one.findings(facts)
        except NotJudged as lacking:
            not_judged[code] = str(lacking)
            continue
        if not spoken:
            quiet.append(code)
        for finding in spoken:
            defect = one.guards_data and finding.severity is Severity.ERROR
            reasons = () if defect or records is None else _accepted(finding, spoken, records)
            if code in ignore and not defect:
                ignored.append((finding, ignore[code]))
            elif reasons:
                ignored.append((finding, speak("; ").join(reasons)))
            else:
                findings.append(finding)
    findings.sort(key=lambda finding: -finding.severity.rank)
    return Verdicts(tuple(findings), tuple(quiet), MappingProxyType(not_judged), tuple(ignored))


def _accepted(finding: Finding, spoken: Sequence[Finding], records: Records) -> tuple[str, ...]:
    """The reasons for which a person accepts every cell of a finding; none as long as one of them is open."""
    if not records.accepted:
        return ()
    asked = [place.id for place in places(spoken) if place.finding is finding]
    if any(one not in records.accepted for one in asked):
        return ()
    return tuple(dict.fromkeys(records.accepted[one] for one in asked))
