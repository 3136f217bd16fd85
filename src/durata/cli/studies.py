"""The commands that walk a study: demo, run, trace; what each does is imported only when it runs."""

from __future__ import annotations

from pathlib import Path

import click

from durata.cli.options import FIGURES, FORMAT, LANGUAGE, OUTPUT, STUDY, print_json


@click.command()
@click.argument("name", default="gist")
@OUTPUT
@FIGURES
@LANGUAGE
@FORMAT
def demo(name: str, output: Path | None, figures: str, language: str | None, shape: str) -> None:
    """Run a bundled study (gist, gist-started or stanford) and say where its report is."""
    from durata.examples import example, examples

    if name not in examples():
        raise click.UsageError(f"There is no bundled study {name!r}; there are: {', '.join(examples())}.")
    study = example(name, language)
    report = run_and_write(study, output or Path(f"durata-{name}"), figures, shape, language)
    if report is not None:
        click.echo(f"The study file behind it: {study}")
        click.echo("Your own study: durata run path/to/study.toml")


@click.command()
@STUDY
@OUTPUT
@FIGURES
@LANGUAGE
@FORMAT
def run(study: Path, output: Path | None, figures: str, language: str | None, shape: str) -> None:
    """Run a study file: the report, its results, tables and figures in one folder."""
    if not study.name:
        raise click.UsageError(f"{study} is a folder. Name the study file in it.")
    run_and_write(study, output or study.with_name(f"{study.stem}-report"), figures, shape, language)


def run_and_write(study: Path, output: Path, figures: str, shape: str, language: str | None = None) -> Path | None:
    """Run a study and write its report; print where it is, or the results as JSON (and return None)."""
    from durata.cli.progress import Reporter
    from durata.pipeline import run as run_study
    from durata.report.figure_files import figure_formats
    from durata.report.folder import refuse_unfit

    formats = figure_formats(figures)
    refuse_unfit(output)
    with Reporter() as progress:
        finished = run_study(study, language=language, progress=progress)
        report = finished.write(output, formats)
    if shape == "json":
        click.echo(finished.results(), nl=False)
        return None
    from durata.cli.findings import flow_line, summary_line
    from durata.language.speaking import speak, speaking
    from durata.pipeline import declared_flow

    contents = finished.shown()
    with speaking(contents.study.study.language):
        click.echo(speak("The report is ready: {file}", file=report.resolve()))
        click.echo(flow_line(declared_flow(contents.study, contents.records, contents.answers)))
        click.echo(summary_line(contents.verdicts))
    return report


@click.command()
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
