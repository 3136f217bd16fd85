"""The command that checks durata on the user's machine and writes a dated record."""

from __future__ import annotations

from pathlib import Path

import click

from durata.cli.exits import Exit
from durata.cli.options import FORMAT, LANGUAGE, print_json


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the record here (JSON), and beside it the same as text (.txt) to read and sign.",
)
@LANGUAGE
@FORMAT
def selfcheck(output: Path | None, language: str | None, shape: str) -> None:
    """Check durata on this computer: installation, numbers against R, the demonstration.

    Compares bundled values of R with what this computer gives, function by function, runs the demonstration against its
    recorded numbers, and compiles the fast kernels so that no later run waits. Takes less than a minute, needs no
    network. Exits with 1 when anything differs.
    """
    import json

    from durata.language.speaking import ENGLISH, speak, speaking
    from durata.selfcheck.record import as_record, as_text
    from durata.selfcheck.record import selfcheck as check

    with speaking(language or ENGLISH):
        found = check()
        record, text = as_record(found), as_text(found)
        if output is not None:
            try:
                output.parent.mkdir(parents=True, exist_ok=True)
                output.write_text(
                    json.dumps(record, ensure_ascii=False, indent=2) + "\n", encoding="utf-8", newline="\n"
                )
                output.with_suffix(".txt").write_text(text, encoding="utf-8", newline="\n")
            except OSError as problem:
                click.echo(text, nl=False)
                raise click.UsageError(
                    speak("The record cannot be written to {file}: {why}.", file=output, why=problem.strerror)
                ) from problem
        if shape == "json":
            print_json(record)
        else:
            click.echo(text, nl=False)
            if output is not None:
                click.echo(speak("The record is in {file} and {text}.", file=output, text=output.with_suffix(".txt")))
    if not found.holds:
        raise SystemExit(Exit.FINDINGS)
