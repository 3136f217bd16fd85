"""The whole walk, top to bottom: study file -> records -> cohorts -> answers -> findings -> report.

What writes a report is imported only when one is written: a check answers without figures, Word files and workbooks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from durata.designs.catalogue import DESIGNS, declared_design
from durata.designs.timeline import duration_group
from durata.estimate.analysis import Answers, Refused
from durata.estimate.plan import answers_for, ask_beside, planned
from durata.finding import CannotEstimate, Finding, Severity, StudyError
from durata.kernels.compiled.readiness import in_one_way
from durata.language.speaking import ENGLISH, speaking
from durata.records.flow import Flow
from durata.records.notes import reading_notes
from durata.records.reading import read_all, without
from durata.records.records import Records
from durata.report.figure_files import DEFAULT_FORMATS
from durata.rules.catalogue import data_rules, defects_ignored, lint, misplaced_ignores
from durata.rules.runner import Verdicts, judge
from durata.show.disclosure import disclosing
from durata.show.missing_glyphs import missing_glyphs
from durata.study.file import read_study
from durata.study.types import Study

if TYPE_CHECKING:
    from durata.report.contents import Contents
    from durata.report.document import Document

Progress = Callable[[str, int, int], None]
MANY = 200_000
"""Patients from which compiled kernels are worth waiting for a compiler, once on a machine; below, numpy answers."""


def silent(stage: str, done: int, of: int) -> None:
    """Tell nobody; the default progress of :func:`run`."""


@contextmanager
def walking(study: Study, records: Records) -> Iterator[None]:
    """Everything said in the study's language and computed in one way, so that the same input gives the same bytes."""
    with speaking(study.study.language), in_one_way(compiled=len(records) >= MANY):
        yield


@dataclass(frozen=True)
class StudyRun:
    """A finished study: its contents, ready to be written or looked into."""

    contents: Contents
    progress: Progress = silent

    def document(self) -> Document:
        """The report as ordered blocks, in the study's language."""
        from durata.report.compose import compose
        from durata.report.protecting import disclosure_of, protected

        with walking(self.contents.study, self.contents.records), disclosing(disclosure_of(self.contents)):
            return compose(protected(self.contents))

    def results(self) -> str:
        """results.json as text."""
        from durata.report.protecting import disclosure_of
        from durata.report.results import results_json

        with walking(self.contents.study, self.contents.records), disclosing(disclosure_of(self.contents)):
            return results_json(self.shown())

    def shown(self) -> Contents:
        """The contents without the small cells that the study declared not to show."""
        from durata.report.protecting import protected

        return protected(self.contents)

    def files(self, figures: Sequence[str] = DEFAULT_FORMATS) -> dict[str, bytes]:
        """Every output file by its path in the folder, as bytes; ``figures`` are the formats of the figure files."""
        from durata.report.docx.write import to_docx
        from durata.report.figure_files import figure_files
        from durata.report.html import to_html
        from durata.report.protecting import disclosure_of
        from durata.report.table_files import to_csv_files
        from durata.report.workbook import to_xlsx

        self.progress("writing the report", 0, 4)
        policy = disclosure_of(self.contents)
        with walking(self.contents.study, self.contents.records), disclosing(policy):
            document = self.document()
            self.progress("writing the report", 1, 4)
            files = {
                "report.html": to_html(document).encode("utf-8"),
                "results.json": self.results().encode("utf-8"),
            }
            self.progress("writing the report", 2, 4)
            files |= {"report.docx": to_docx(document), "tables.xlsx": to_xlsx(document), **to_csv_files(document)}
            self.progress("writing the report", 3, 4)
            files |= figure_files(document, figures)
        self.progress("writing the report", 4, 4)
        return files

    def write(self, folder: str | Path, figures: Sequence[str] = DEFAULT_FORMATS) -> Path:
        """Write the report, its results, tables and figures into ``folder``, all or nothing; return the report's path.

        Raises StaleResult when the data or the study file changed meanwhile, CannotWrite when the folder cannot be written.
        """
        from durata.report.folder import write_folder
        from durata.report.origin import refuse_stale

        target = Path(folder)
        files = self.files(figures)
        with speaking(self.contents.study.study.language):
            refuse_stale(self.contents)
            write_folder(target, files)
        return target / "report.html"


def run(study: Study | str | Path, *, language: str | None = None, progress: Progress = silent) -> StudyRun:
    """Run a whole study: read, check, build every design's cohort, estimate, judge.

    Parameters
    ----------
    study : a Study, or the path of a study file.
    language : "en" or "zh" for the report and all that is said; the study's own when not given. Labels stay the study's.
    progress : called with (stage, done, of) as the walk goes on.

    Returns
    -------
    StudyRun; ``.write("report/")`` writes the report.

    Raises
    ------
    StudyError : the study file or the data cannot become a Cohort.
    CannotEstimate : a Cohort stands, but nothing can be estimated from it.

    Examples
    --------
    >>> import durata as du
    >>> finished = du.run(du.example("stanford"))
    >>> len(finished.contents.verdicts.findings) > 0
    True
    """
    declared = study if isinstance(study, Study) else read_study(study)
    if language is not None:
        table = declared.study.model_copy(update={"language": language})
        declared = declared.model_copy(update={"study": table})
    with speaking(declared.study.language):
        return _run(declared, progress)


def _run(study: Study, progress: Progress) -> StudyRun:
    progress("reading", 0, 1)
    declared, records = prepare(study)
    progress("reading", 1, 1)
    with walking(declared, records):
        return _answered(declared, records, progress)


def _answered(declared: Study, records: Records, progress: Progress) -> StudyRun:
    from durata.report.contents import Contents, provenance

    answers = answers_for(
        declared, records, told=lambda done, of: progress("drawing the patients of the emulated trial again", done, of)
    )
    asked = planned(declared)
    refusals: list[str] = []
    for done, analysis in enumerate(asked):
        progress("estimating", done, len(asked))
        answer = answers.ask(analysis)
        if isinstance(answer, Refused) and answer.reason not in refusals:
            refusals.append(answer.reason)
    ask_beside(declared, answers)
    progress("estimating", len(asked), len(asked))
    refuse_without_events(declared, answers, refusals)

    progress("checking", 0, 1)
    verdicts = lint(declared, records, answers)
    progress("checking", 1, 1)
    return StudyRun(Contents(declared, records, answers, verdicts, provenance(declared, records)), progress)


@dataclass(frozen=True)
class Checked:
    """What a check says: the rules' verdicts, what reading the data noticed, who is in the analysis, and in which language."""

    verdicts: Verdicts
    notes: tuple[Finding, ...]
    flow: Flow
    language: str = ENGLISH

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that the rules and the reading of the data found, the gravest first."""
        return tuple(sorted((*self.verdicts.findings, *self.notes), key=lambda one: -one.severity.rank))


def check(study: Study | str | Path, *, progress: Progress = silent) -> Checked:
    """Judge a study by every rule without writing anything; raises as :func:`run` does."""
    asked = study if isinstance(study, Study) else read_study(study)
    with speaking(asked.study.language):
        progress("reading", 0, 2)
        declared, records = prepare(asked)
        progress("checking", 1, 2)
        with walking(declared, records):
            answers = answers_for(declared, records)
            flow = declared_flow(declared, records, answers)
            notes = (*records.findings, *reading_notes(records))
            return Checked(lint(declared, records, answers), notes, flow, asked.study.language)


def declared_flow(study: Study, records: Records, answers: Answers) -> Flow:
    """The flow of patients into the declared analysis of the first outcome."""
    cohort = answers.cohort(declared_design(study), next(iter(study.outcomes)))
    return records.flow if isinstance(cohort, Refused) or cohort.flow is None else cohort.flow


def prepare(study: Study | str | Path) -> tuple[Study, Records]:
    """Read and check what was declared and recorded; raise StudyError when no Cohort can be built from it.

    With ``on_defect = "exclude"`` the patients behind an error are left out with the reason instead. A key of ``[ignore]``
    that is no rule's code, or that would hide an error in the data, is refused. Cells that cannot be read are said together
    with what the rules on data find in the cells that can.
    """
    declared = study if isinstance(study, Study) else read_study(study)
    misplaced = misplaced_ignores(declared)
    if misplaced:
        raise StudyError(misplaced)
    found = read_all(declared)
    records = found.records
    if records is None:
        raise StudyError(errors_of(found.findings))
    facts = {"study": declared, "records": records}
    errors = errors_of(judge(data_rules(), facts, {}).findings)
    unread = errors_of(found.findings)
    excluding = declared.data.on_defect == "exclude" and all(finding.people for finding in errors)
    if unread or (errors and not excluding):
        rest = without(records, "", found.doubtful)
        doubts = (
            judge(data_rules(), {"study": declared, "records": rest}, declared.ignore).findings if len(rest) else ()
        )
        also = [one for one in (*found.findings, *doubts) if one.severity is not Severity.ERROR]
        raise StudyError([*unread, *errors, *defects_ignored(declared, errors)], also)
    if errors:
        records = exclude(records, errors)
    if len(records) == 0:
        raise StudyError([nobody_left(records)])
    empty = empty_groups(declared, records)
    if empty:
        raise StudyError([empty])
    noticed = (*records.findings, *missing_glyphs(declared, records))
    return declared, replace(records, findings=noticed)


def errors_of(findings: Iterable[Finding]) -> list[Finding]:
    """The findings of severity error."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]


def exclude(records: Records, errors: Iterable[Finding]) -> Records:
    """Leave out the patients behind errors, one step of the flow a rule; positions refer to ``records`` as given."""
    rules = data_rules()
    gone: set[int] = set()
    steps: dict[str, list[int]] = {}
    for finding in errors:
        new = [person for person in finding.people if person not in gone]
        gone.update(new)
        # the rule's name is the pattern in words: "duplicate patients", "dates out of order"
        steps.setdefault(rules[finding.code].name.replace("-", " "), []).extend(new)
    kept = np.arange(len(records))
    for reason, people in steps.items():
        positions = tuple(int(k) for k in np.flatnonzero(np.isin(kept, people)))
        records = without(records, reason, positions)
        kept = np.delete(kept, positions)
    return records


def nobody_left(records: Records) -> Finding:
    """The finding that says that every patient has been left out, and at which steps."""
    steps = "; ".join(f"{step.reason}: {step.excluded}" for step in records.flow.steps[1:])
    return Finding(
        "F08",
        Severity.ERROR,
        "No patient is left ({steps}).",
        {"steps": steps or "the file holds none"},
        remedy="Check [eligibility] and the columns it names.",
    )


def empty_groups(study: Study, records: Records) -> Finding | None:
    """The finding that names declared duration groups without patients, None when every group has some."""
    treatment = study.treatment
    end = records.dates[treatment.end] - records.dates[treatment.start]
    known = np.isfinite(end)
    group = duration_group(study, np.where(known, end, np.inf))
    empty = [level for code, level in enumerate(group.levels) if not np.any(group.codes == code)]
    if not empty:
        return None
    seen = (end[known].min(), end[known].max()) if known.any() else (0.0, 0.0)
    length = study.study.days(treatment.unit)
    return Finding(
        "F09",
        Severity.ERROR,
        "Duration group(s) without any patient: {groups}. Durations in the data run from {low:.1f} to {high:.1f} {unit}."
        if known.any()
        else "Duration group(s) without any patient: {groups}. Nobody's treatment has an end date.",
        {
            "groups": ", ".join(empty),
            "low": float(seen[0] / length),
            "high": float(seen[1] / length),
            "unit": treatment.unit,
        },
        remedy="Check the boundaries and the unit under [treatment], or merge the empty group with its neighbour.",
        where=study.place("treatment.groups"),
    )


def refuse_without_events(study: Study, answers: Answers, refusals: list[str]) -> None:
    """Raise CannotEstimate when no cohort stands, or none of them holds a single event."""
    stands = False
    for outcome in study.outcomes:
        for design in DESIGNS:
            cohort = answers.cohort(design, outcome)
            if not isinstance(cohort, Refused):
                stands = True
                if cohort.n_events:
                    return
    if stands:
        outcomes = ", ".join(declared.label or name for name, declared in study.outcomes.items())
        raise CannotEstimate(
            f"No patient has the event ({outcomes}), so nothing can be compared. Check the event columns, or "
            "event_codes, under [outcomes]."
        )
    raise CannotEstimate("; ".join(refusals) or "Nothing can be estimated from this study.")
