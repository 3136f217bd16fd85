"""The commands and their words; what each does is imported only when it runs, so that --help is quick."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from durata.cli.exits import Asked, Exit, leave_with


class OutputFolder(click.Path):
    """A folder to write into, which has to have a name: an empty word would be the folder one stands in."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path, or a usage error for an empty word."""
        if not str(value).strip():
            self.fail("the name of the folder is empty. Name a folder, or leave -o out.", param, ctx)
        return super().convert(value, param, ctx)


def remember(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """Keep the format that was asked for, so that an error too is told in it."""
    if isinstance(context.obj, Asked):
        context.obj.json = value == "json"
    return value


FORMAT = click.option(
    "--format",
    "shape",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    callback=remember,
    help="json prints one document on stdout and nothing else.",
)
STUDY = click.argument("study", type=click.Path(path_type=Path))
OUTPUT = click.option("--output", "-o", type=OutputFolder(path_type=Path), help="Folder for the report.")


def print_json(document: Any) -> None:
    """Print one JSON document on stdout."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False))


EXIT_CODES = (
    "Exit codes: 0 ok, 1 findings at or above --fail-on, 2 wrong usage, 3 study or data invalid, 4 nothing can be "
    "estimated, 70 an error in durata, 130 cancelled."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}, epilog=EXIT_CODES)
@click.version_option(package_name="durata", message="durata %(version)s")
def durata() -> None:
    """Find out how long a treatment should last.

    durata turns a patient file and a short study file into a whole study, and says which of its results the design
    itself has bent.
    """


@durata.command()
@click.argument("name", default="gist")
@OUTPUT
@FORMAT
def demo(name: str, output: Path | None, shape: str) -> None:
    """Run a bundled study (gist or stanford) and say where its report is."""
    from durata.examples import example, examples

    if name not in examples():
        raise click.UsageError(f"There is no bundled study {name!r}; there are: {', '.join(examples())}.")
    study = example(name)
    report = run_and_write(study, output or Path(f"durata-{name}"), shape)
    if report is not None:
        click.echo(f"The study file behind it: {study}")
        click.echo("Your own study: durata run path/to/study.toml")


@durata.command()
@STUDY
@OUTPUT
@FORMAT
def run(study: Path, output: Path | None, shape: str) -> None:
    """Run a study file: report.html and results.json in one folder."""
    if not study.name:
        raise click.UsageError(f"{study} is a folder. Name the study file in it.")
    run_and_write(study, output or study.with_name(f"{study.stem}-report"), shape)


def run_and_write(study: Path, output: Path, shape: str) -> Path | None:
    """Run a study and write its report; print where it is, or the results as JSON (and return None)."""
    from durata.cli.progress import Reporter
    from durata.pipeline import run as run_study

    with Reporter() as progress:
        finished = run_study(study, progress=progress)
        report = finished.write(output)
    if shape == "json":
        from durata.report.results import results_json

        click.echo(results_json(finished.contents), nl=False)
        return None
    from durata.cli.findings import flow_line, summary_line
    from durata.pipeline import declared_flow

    click.echo(f"The report is ready: {report.resolve()}")
    contents = finished.contents
    click.echo(flow_line(declared_flow(contents.study, contents.records, contents.answers)))
    click.echo(summary_line(contents.verdicts))
    return report


@durata.command()
@STUDY
@FORMAT
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info", "never"]),
    default="error",
    show_default=True,
    help="Exit with 1 when a finding is at least this severe.",
)
def check(study: Path, shape: str, fail_on: str) -> None:
    """Say what is wrong with a study before anyone believes a p-value."""
    from durata.cli.findings import print_reading, print_verdicts, reading_json, verdicts_json
    from durata.cli.progress import Reporter
    from durata.finding import Severity
    from durata.pipeline import check as check_study

    with Reporter() as progress:
        checked = check_study(study, progress=progress)
    verdicts = checked.verdicts
    if shape == "json":
        print_json(verdicts_json(verdicts) | reading_json(checked.notes, checked.flow))
    else:
        print_reading(checked.notes, checked.flow)
        print_verdicts(verdicts)
    if fail_on != "never" and any(f.severity.rank >= Severity(fail_on).rank for f in verdicts.findings):
        raise SystemExit(Exit.FINDINGS)


@durata.command()
@click.argument("identifier")
@STUDY
@FORMAT
def trace(identifier: str, study: Path, shape: str) -> None:
    """Follow one patient through every stage of a study."""
    from durata.pipeline import prepare
    from durata.trace import trace_patient

    stages = trace_patient(*prepare(study), identifier)
    if shape == "json":
        print_json([{"stage": stage.name, "lines": list(stage.lines)} for stage in stages])
        return
    for stage in stages:
        click.secho(stage.name, bold=True)
        for line in stage.lines:
            click.echo(f"  {line}")


@durata.command()
@click.argument("code", required=False)
@FORMAT
def rules(code: str | None, shape: str) -> None:
    """List the rules, or show the page of one."""
    from durata.cli.findings import print_rules, rules_json
    from durata.rules.catalogue import all_rules
    from durata.rules.pages import page

    known = all_rules()
    if code is None:
        if shape == "json":
            print_json(rules_json(known))
        else:
            print_rules(known)
        return
    if code.upper() not in known:
        raise click.UsageError(f"There is no rule {code!r}; there are: {', '.join(known)}.")
    if shape == "json":
        print_json(rules_json({code.upper(): known[code.upper()]})[0] | {"page": page(code.upper())})
    else:
        click.echo(page(code.upper()))


@durata.command()
def schema() -> None:
    """Print the JSON schema of the study file, for editors."""
    from durata.study.schema import study_schema

    print_json(study_schema())


def main() -> None:
    """Run the command line and leave with the exit code that says how it went."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    leave_with(durata)
