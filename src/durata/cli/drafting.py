"""The commands that begin a study: init drafts the study file of a patient file, template writes an empty spreadsheet."""

from __future__ import annotations

import os
from pathlib import Path

import click

from durata.cli.exits import Exit
from durata.language.speaking import LANGUAGES

FORCE = click.option("--force", is_flag=True, help="Overwrite a file that is there.")


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False),
    help="The study file; study.toml beside the patient file if not given.",
)  # fmt: skip
@click.option(
    "--language", type=click.Choice(LANGUAGES),
    help="Language of the study; Chinese if not given and most column names are Chinese.",
)  # fmt: skip
@click.option("--sheet", help="Worksheet of a workbook; the one with most known column names if not given.")
@FORCE
def init(data: Path, output: Path | None, language: str | None, sheet: str | None, force: bool) -> None:
    """Draft the study file of a patient file: what was recognised, what was not, and why."""
    from durata.drafting.draft import draft_study
    from durata.language.speaking import speak, speaking

    target = output or data.with_name("study.toml")
    if target.is_dir():
        target = target / "study.toml"
    refuse_to_overwrite([target], force)
    draft = draft_study(data, target, language=language, sheet=sheet)
    put(target, draft.text.encode("utf-8"))
    proposal = draft.proposal
    with speaking(proposal.language):
        click.echo(speak("The draft is written: {file}", file=target))
        for line in (*proposal.found, *proposal.left):
            click.echo(f"  {line}")
        for look in proposal.looked_at:
            click.echo(speak("Please check: {look}", look=look))
        for lacking in proposal.lacks:
            click.echo(speak("TODO: {lacking}", lacking=lacking))
        if proposal.lacks:
            click.echo(speak("Complete the lines that begin with # TODO, then: durata check {file}", file=target))
        else:
            click.echo(speak("Next: durata check {file}", file=target))
    if proposal.lacks:
        raise SystemExit(Exit.FINDINGS)


@click.command()
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), default=Path("template.xlsx"), show_default=True,
    help="The spreadsheet; its study file, study.toml, is written beside it.",
)  # fmt: skip
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Language of both.")
@click.option(
    "--set", "items", type=click.Choice(["general", "gist"]), default="general", show_default=True,
    help="Columns for any disease, or those of gastrointestinal stromal tumours too.",
)  # fmt: skip
@FORCE
def template(output: Path, language: str, items: str, force: bool) -> None:
    """Write an empty spreadsheet that checks what is typed into it, and the study file that goes with it."""
    from durata.drafting.template import template as made
    from durata.language.speaking import speak, speaking

    if output.suffix.casefold() != ".xlsx":
        raise click.UsageError(f"{output.name} is no .xlsx file; name one that is.")
    study = output.with_name("study.toml")
    refuse_to_overwrite([output, study], force)
    book, text = made(output.name, language=language, items=items)
    put(output, book)
    put(study, text.encode("utf-8"))
    with speaking(language):
        click.echo(speak("The empty spreadsheet is written: {file}", file=output))
        click.echo(speak("The study file that goes with it: {file}", file=study))
        click.echo(speak("Fill it in, then: durata check {file}", file=study))


def refuse_to_overwrite(files: list[Path], force: bool) -> None:
    """A usage error when a file is there already and nobody said --force."""
    for file in files:
        if file.exists() and not force:
            raise click.UsageError(f"{file} is there already. Name another file with -o, or say --force.")


def put(file: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    half = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        half.write_bytes(content)
        half.replace(file)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise click.UsageError(
            f"{file} cannot be written ({(error.strerror or 'no reason given').lower()})."
        ) from error
