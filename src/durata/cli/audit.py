"""The command that audits published figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from durata.cli.exits import Exit
from durata.cli.options import FORMAT, LANGUAGE, print_json

if TYPE_CHECKING:
    from durata.audit.audit import Judged


@click.command()
@click.argument("figures", required=False, type=click.Path(path_type=Path))
@click.option("--example", is_flag=True, help="Audit the bundled figures of a published abstract.")
@LANGUAGE
@FORMAT
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info", "never"]),
    default="error",
    show_default=True,
    help="Exit with 1 when something said is at least this severe; incoherent figures are errors.",
)
def audit(figures: Path | None, example: bool, language: str | None, shape: str, fail_on: str) -> None:
    """Hold the published numbers of a paper against each other.

    FIGURES is a TOML file of counts, percentages, hazard ratios, survival and p-values as they are printed.
    """
    from durata.audit.audit import audit_figures
    from durata.audit.file import read_figures
    from durata.examples import example_figures
    from durata.finding import Severity
    from durata.language.speaking import speaking

    if (figures is None) != example:
        raise click.UsageError("Name a figures file, or give --example for the bundled one (one of the two).")
    read = read_figures(example_figures() if figures is None else figures)
    spoken = language or read.language
    judged = audit_figures(read.model_copy(update={"language": spoken}))
    with speaking(spoken):
        if shape == "json":
            from durata.report.results import as_plain, finding_words

            rows = [
                {"section": one.section, "verdict": str(one.verdict), **finding_words(one.finding)} for one in judged
            ]
            print_json(as_plain({"title": read.title, "source": read.source, "judged": rows}))
        else:
            say(read.title, read.source, judged)
    if fail_on != "never" and any(one.finding.severity.rank >= Severity(fail_on).rank for one in judged):
        raise SystemExit(Exit.FINDINGS)


def say(title: str, source: str, judged: tuple[Judged, ...]) -> None:
    """Print the sections, each with what was said: verdict, sentence, what to do."""
    from rich.cells import cell_len

    from durata.audit.seen import Verdict
    from durata.finding import Severity
    from durata.language.speaking import speak

    colours = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: None}
    words = {verdict: speak(verdict.value) for verdict in Verdict}
    width = max(cell_len(one) for one in words.values())
    click.secho(title, bold=True)
    click.echo(source)
    section = ""
    for one in judged:
        if one.section != section:
            section = one.section
            click.echo()
            click.secho(speak(section), bold=True)
        finding = one.finding
        word = words[one.verdict]
        mark = "!" if finding.severity is not Severity.INFO else " "
        shown = click.style(word, fg=colours[finding.severity]) + " " * (width - cell_len(word))
        advice = f" {click.style(finding.advice, dim=True)}" if finding.remedy else ""
        click.echo(f"{mark} {finding.code}  {shown}  {finding.message}{advice}")
    numbers = {verdict: sum(one.verdict is verdict for one in judged) for verdict in Verdict}
    click.echo()
    click.echo(
        speak(
            "{coherent} coherent, {incoherent} incoherent, {open} cannot be judged; {warnings} to be read with care (!).",
            coherent=numbers[Verdict.COHERENT],
            incoherent=numbers[Verdict.INCOHERENT],
            open=numbers[Verdict.OPEN],
            warnings=sum(one.finding.severity is not Severity.INFO for one in judged),
        )
    )
