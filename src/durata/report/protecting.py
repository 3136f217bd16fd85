"""Contents without their small cells: what a study declared not to show is gone before anything is written from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from durata.cohort import Cohort
from durata.estimate.analysis import Analysis, Answer, Answers, Refused
from durata.estimate.result import Curve, Effects, Summary, Test
from durata.finding import Finding
from durata.language.speaking import speak
from durata.records.flow import Flow, Step
from durata.report.contents import Contents
from durata.rules.runner import Verdicts
from durata.show.disclosure import Disclosure, Withheld

COUNTED = ("n", "events", "missing", "observed", "at_risk", "censored")


def disclosure_of(contents: Contents) -> Disclosure:
    """The policy that a study declares."""
    return Disclosure(contents.study.study.small_cells or 0)


def protected(contents: Contents) -> Contents:
    """The same contents with every small count, and what would give one away, withheld; as they are without a policy."""
    policy = disclosure_of(contents)
    if not policy.declared:
        return contents
    records, verdicts = contents.records, contents.verdicts
    return replace(
        contents,
        records=replace(
            records,
            flow=protected_flow(records.flow, policy),
            findings=tuple(protected_finding(one, policy) for one in records.findings),
        ),
        answers=ProtectedAnswers(contents.answers, policy),
        verdicts=Verdicts(
            findings=tuple(protected_finding(one, policy) for one in verdicts.findings),
            ignored=tuple((protected_finding(one, policy), reason) for one, reason in verdicts.ignored),
            quiet=verdicts.quiet,
            not_judged={code: protected_text(reason, policy) for code, reason in verdicts.not_judged.items()},
        ),
    )


def reason_withheld(policy: Disclosure) -> str:
    """Why something is not shown."""
    return speak(
        "Withheld: it would tell of fewer than {fewest} patients, which this study does not show.", fewest=policy.fewest
    )


class ProtectedAnswers(Answers):
    """Answers of which those that tell of a small cell are refused, with the reason."""

    def __init__(self, answers: Answers, policy: Disclosure) -> None:
        self._inner, self._policy = answers, policy
        self._shown: dict[Analysis, Answer | Refused] = {}
        self._seen: dict[tuple[str, str], Cohort | Refused] = {}

    def cohort(self, design: str, outcome: str) -> Cohort | Refused:
        """The Cohort of a design, its notes and its flow protected; its rows are those of the patients."""
        key = (design, outcome)
        if key not in self._seen:
            cohort = self._inner.cohort(design, outcome)
            if isinstance(cohort, Refused):
                self._seen[key] = replace(cohort, reason=protected_text(cohort.reason, self._policy))
            else:
                notes = tuple(protected_finding(note, self._policy) for note in cohort.notes)
                flow = None if cohort.flow is None else protected_flow(cohort.flow, self._policy)
                self._seen[key] = replace(cohort, notes=notes, flow=flow)
        return self._seen[key]

    def ask(self, analysis: Analysis) -> Answer | Refused:
        """The answer, or why it is not shown."""
        if analysis not in self._shown:
            answer = self._inner.ask(analysis)
            cohort = self._inner.cohort(analysis.design, analysis.outcome)
            self._shown[analysis] = protected_answer(answer, cohort, self._policy)
        return self._shown[analysis]

    def __iter__(self) -> Iterator[tuple[Analysis, Answer | Refused]]:
        return iter([(analysis, self.ask(analysis)) for analysis, _ in list(self._inner)])


def protected_answer(answer: Answer | Refused, cohort: Cohort | Refused, policy: Disclosure) -> Answer | Refused:
    """An answer without small cells, or Refused where it would tell of one."""
    if isinstance(answer, Refused):
        return replace(answer, reason=protected_text(answer.reason, policy))
    withheld = Refused(reason_withheld(policy))
    notes = tuple(protected_finding(note, policy) for note in answer.notes)
    match answer:
        case Curve():
            counts = [(stretch.n, float(stretch.events.sum())) for stretch in answer.stretches]
            small = any(policy.any_small((n, events, n - events)) for n, events in counts)
            return withheld if small else replace(answer, notes=notes)
        case Effects():
            # with the events of all known, the standard error of a group's ratio tells those of the group
            small = policy.any_small((answer.n, answer.n_events, answer.n_people)) or small_groups(cohort, policy)
            tests = {name: replace(test, parts=()) for name, test in answer.tests.items()}
            return withheld if small else replace(answer, notes=notes, tests=tests)
        case Test():
            rows = answer.parts
            return replace(answer, notes=notes, parts=() if tells(rows, policy) else rows)
        case Summary():
            if "sizes" in answer.settings and "covariates" in answer.settings:
                if policy.any_small(answer.settings["sizes"].values()):
                    return withheld
                return replace(answer, notes=notes, table=tuple(described(answer, policy)))
            return withheld if tells(answer.rows(), policy) else replace(answer, notes=notes)


def small_groups(cohort: Cohort | Refused, policy: Disclosure) -> bool:
    """Whether a group of a cohort has few people or few events."""
    if isinstance(cohort, Refused) or cohort.group is None:
        return False
    codes = cohort.group.codes
    return any(
        policy.any_small(
            (len(np.unique(cohort.person[codes == code])), int(np.count_nonzero(cohort.event & (codes == code))))
        )
        for code in range(len(cohort.group.levels))
    )


def tells(rows: tuple[Mapping[str, Any], ...] | list[dict[str, Any]], policy: Disclosure) -> bool:
    """Whether rows hold a small count: of those they count, or of those who are left."""
    for row in rows:
        counts = [float(row[name]) for name in COUNTED if row.get(name) is not None]
        if row.get("n") is not None:
            counts += [
                float(row["n"]) - float(row[name]) for name in ("events", "observed") if row.get(name) is not None
            ]
        if policy.any_small(counts):
            return True
    return False


def described(summary: Summary, policy: Disclosure) -> Iterator[dict[str, Any]]:
    """The rows of a baseline table: each covariate's levels (and who is not known) by group as a table with known margins."""
    rows = summary.rows()
    for name in dict.fromkeys(row["term"] for row in rows):
        mine = [row for row in rows if row["term"] == name]
        counted = [row for row in mine if "group" in row]
        width = len(dict.fromkeys(row["group"] for row in counted))
        lines = [counted[start : start + width] for start in range(0, len(counted), width)]
        by_level = bool(lines) and "events" in lines[0][0]
        measure = "events" if by_level else "n"
        table = [[int(row[measure]) for row in line] for line in lines]
        if lines:
            table.append([int(row["missing"]) for row in lines[0]])
        shown = policy.table(table)
        for line, counts in zip(lines, shown, strict=False):
            for row, count, missing in zip(line, counts, shown[-1], strict=True):
                # nobody with a known value, or so few that a median is nearly a patient's own
                nameless = isinstance(count, Withheld) and (by_level or policy.small(int(row["n"])))
                if isinstance(missing, Withheld):
                    row["n"] = policy.not_few()
                row.update({measure: count, "missing": missing})
                if nameless:
                    row.update(dict.fromkeys({"estimate", "std_dev", "quartile_1", "quartile_3"} & row.keys()))
                    row["note"] = reason_withheld(policy)
        yield from mine


def protected_flow(flow: Flow, policy: Disclosure) -> Flow:
    """A flow of which no small step can be read or worked out from the numbers before and after it."""
    first, *rest = flow.steps
    left = [step.excluded for step in rest if step.excluded]
    if not policy.any_small(left):
        return flow if not policy.small(flow.remaining) else Flow((*flow.steps[:-1], _step(flow.steps[-1], policy)))
    shown = policy.parts(left)
    hidden = policy.not_few()
    total_small = policy.small(sum(left)) or len(left) == 1
    steps = [Step(first.reason, 0, hidden if total_small else first.remaining)]
    numbers = iter(shown)
    for step in rest:
        remaining = policy.count(flow.remaining) if step is rest[-1] else hidden
        steps.append(Step(step.reason, next(numbers) if step.excluded else 0, remaining, ()))
    return Flow(tuple(steps))


def _step(step: Step, policy: Disclosure) -> Step:
    return Step(step.reason, step.excluded, policy.count(step.remaining), ())


def protected_finding(finding: Finding, policy: Disclosure) -> Finding:
    """A finding whose numbers that could be small counts are withheld, and with them every share beside them."""
    evidence = {name: _evidence(value, policy) for name, value in finding.evidence.items()}
    if any(evidence[name] is not value for name, value in finding.evidence.items()):
        evidence = {name: _share_withheld(value) for name, value in evidence.items()}
    return replace(finding, evidence=evidence)


def protected_text(text: str, policy: Disclosure) -> str:
    """A sentence, or why it is not shown."""
    return reason_withheld(policy) if policy.tells(text) else text


def _evidence(value: object, policy: Disclosure) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | np.integer):
        return policy.count(int(value)) if policy.small(int(value)) else value
    if isinstance(value, float | np.floating):
        whole = float(value).is_integer() and policy.small(float(value))
        return policy.few() if whole else value
    if isinstance(value, str):
        return Withheld(0, speak("(not shown: small numbers)")) if policy.tells(value) else value
    if isinstance(value, Mapping):
        inner = {key: _evidence(one, policy) for key, one in value.items()}
        return inner if any(inner[key] is not one for key, one in value.items()) else value
    if isinstance(value, tuple | list):
        several = tuple(_evidence(one, policy) for one in value)
        return several if any(new is not old for new, old in zip(several, value, strict=True)) else value
    return value


def _share_withheld(value: object) -> object:
    share = (isinstance(value, float | np.floating) and 0 < value < 1) or (isinstance(value, str) and "%" in value)
    return Withheld(0, speak("(not shown: small numbers)")) if share else value
