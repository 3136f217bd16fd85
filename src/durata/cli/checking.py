"""The command check: what is wrong with a study and its data, as text, JSON, SARIF or a workbook, and what to decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from durata.cli.exits import Exit
from durata.cli.options import STUDY, json_text, print_json, remember

if TYPE_CHECKING:
    from durata.finding import StudyError
    from durata.pipeline import Checked
    from durata.report.since import Compared

LARGEST = 512_000_000
FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@STUDY
@click.option(
    "--format",
    "shape",
    type=click.Choice(["text", "json", "sarif", "xlsx"]),
    default="text",
    show_default=True,
    callback=remember,
    help="json and sarif print one document on stdout and nothing else; xlsx is a workbook with one row a cell.",
)
@click.option("--output", "-o", "output", type=FILE, help="File to write into; xlsx needs one.")
@click.option(
    "--since",
    type=click.Path(path_type=Path, dir_okay=False),
    help="What an earlier check --format json wrote; says what is new, unchanged and gone.",
)
@click.option(
    "--write-fixes", "fixes", type=FILE, help="Write a file in which you decide on each cell ([data] fixes names it)."
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info", "never"]),
    default="error",
    show_default=True,
    help="Exit with 1 when a finding is at least this severe.",
)
def check(study: Path, shape: str, output: Path | None, since: Path | None, fixes: Path | None, fail_on: str) -> None:
    """Say what is wrong with a study before anyone believes a p-value."""
    from durata.cli.progress import Reporter
    from durata.finding import Severity, StudyError
    from durata.language.speaking import speaking
    from durata.pipeline import check as check_study
    from durata.report.since import compared

    if shape == "xlsx" and output is None:
        raise click.UsageError("--format xlsx writes a file: name it with --output findings.xlsx.")
    if shape == "text" and output is not None:
        raise click.UsageError("--output goes with --format json, sarif or xlsx.")
    if fixes is not None and fixes.exists():
        raise click.UsageError(f"{fixes} exists, and may hold decisions; name a new file.")
    earlier = None if since is None else _earlier(since)
    try:
        with Reporter() as progress:
            checked = check_study(study, progress=progress)
    except StudyError as refused:
        found = [*refused.findings, *refused.also]
        with speaking(found[0].language):
            rows = compared(found, earlier)
            _write_fixes(fixes, rows, study)
            _refused(refused, rows, shape, output, study)
        raise SystemExit(refused.exit_code) from refused
    with speaking(checked.language):
        rows = compared(checked.findings, earlier)
        _write_fixes(fixes, rows, study)
        _checked(checked, rows, shape, output, study)
    if fail_on != "never" and any(f.severity.rank >= Severity(fail_on).rank for f in checked.verdicts.findings):
        raise SystemExit(Exit.FINDINGS)


def _checked(checked: Checked, rows: Compared, shape: str, output: Path | None, study: Path) -> None:
    """Say what a check found, in the form asked for."""
    from durata.cli.findings import print_reading, print_verdicts, reading_json, verdicts_json
    from durata.report.since import as_json

    if shape == "text":
        print_reading(checked.notes, checked.flow)
        print_verdicts(checked.verdicts)
        _print_changes(rows)
    elif shape == "json":
        document = verdicts_json(checked.verdicts) | reading_json(checked.notes, checked.flow)
        _write_json(document | {"places": as_json(rows)}, output)
    else:
        _write_rows(rows, shape, output, study)


def _refused(refused: StudyError, rows: Compared, shape: str, output: Path | None, study: Path) -> None:
    """Say why there is nothing to analyse yet, in the form asked for."""
    from durata.report.results import as_plain, finding_words
    from durata.report.since import as_json

    if shape == "text":
        for finding in (*refused.findings, *refused.also):
            click.echo(str(finding), err=True)
        _print_changes(rows, err=True)
    elif shape == "json":
        findings = [finding_words(finding) for finding in refused.findings]
        also = [finding_words(finding) for finding in refused.also]
        document = {"error": str(refused), "exit_code": refused.exit_code, "findings": findings, "also": also}
        _write_json(as_plain(document) | {"places": as_json(rows)}, output)
    else:
        _write_rows(rows, shape, output, study)


def _print_changes(rows: Compared, *, err: bool = False) -> None:
    """What became of the findings of an earlier check: how many of each, and which are new or gone."""
    from durata.language.speaking import speak
    from durata.report.since import GONE, NEW, UNCHANGED

    if not rows.since:
        return
    said = "Since the last check: {new} new, {unchanged} unchanged, {gone} gone."
    counts = {"new": rows.count(NEW), "unchanged": rows.count(UNCHANGED), "gone": rows.count(GONE)}
    click.echo(speak(said, **counts), err=err)
    signs = {NEW: "+", GONE: "-"}
    for row in rows.rows:
        if row.state in signs:
            place = speak(", ").join(str(part) for part in (row.file, row.cell or row.row, row.column) if part)
            click.echo(f"  {signs[row.state]} {row.id} {place}", err=err)


def _write_rows(rows: Compared, shape: str, output: Path | None, study: Path) -> None:
    """SARIF on stdout or into a file; the workbook into its file."""
    if shape == "xlsx":
        from durata.report.check_workbook import check_workbook

        assert output is not None
        _write(output, check_workbook(rows))
        return
    from durata.report.check_sarif import check_sarif
    from durata.rules.catalogue import all_rules

    text = check_sarif(rows, all_rules(), study.name)
    if output is None:
        click.echo(text, nl=False)
    else:
        _write(output, text.encode("utf-8"))


def _write_json(document: object, output: Path | None) -> None:
    if output is None:
        print_json(document)
    else:
        _write(output, json_text(document).encode("utf-8"))


def _write_fixes(file: Path | None, rows: Compared, study: Path) -> None:
    """The file of decisions to be filled in, if one was asked for."""
    if file is None:
        return
    from durata.report.fixes_text import fixes_text

    _write(file, fixes_text(rows, study.name).encode("utf-8"))


def _write(file: Path, content: bytes) -> None:
    """Write a file whole, and say where it is on stderr, where it disturbs no document."""
    from durata.language.speaking import speak
    from durata.report.folder import CannotWrite

    beside = file.with_name(f".{file.name}.part")
    try:
        beside.write_bytes(content)
        beside.replace(file)
    except OSError as error:
        beside.unlink(missing_ok=True)
        said = speak("{file} cannot be written ({reason}).", file=str(file), reason=error.strerror or "")
        raise CannotWrite(said) from error
    click.echo(speak("Written: {file}", file=str(file)), err=True)


def _earlier(file: Path) -> Sequence[Mapping[str, Any]]:
    """The places of an earlier check."""
    from durata.report.since import NotAnEarlierCheck, earlier_places
    from durata.study.opening import NotReadable, read_file

    try:
        return earlier_places(read_file(file, LARGEST), file.name)
    except NotReadable as reason:
        raise NotAnEarlierCheck(f"{file.name} {reason}.") from reason
