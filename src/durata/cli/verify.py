"""The command that proves which data and which versions made a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from durata.cli.exits import Exit
from durata.cli.options import FORMAT, LANGUAGE, print_json

if TYPE_CHECKING:
    from durata.report.verifying import Verified


@click.command()
@click.argument("report", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--study", type=click.Path(path_type=Path), help="The study file, if it does not lie beside the data.")
@LANGUAGE
@FORMAT
def verify(report: Path, data: Path, study: Path | None, language: str | None, shape: str) -> None:
    """Prove that a data file made a report, and that nobody changed either.

    REPORT is the folder of a report, or report.html, report.docx or results.json. Exits with 1 when anything differs.
    """
    from durata.language.speaking import ENGLISH, speaking
    from durata.report.verifying import verify as prove

    with speaking(language or ENGLISH):
        verified = prove(report, data, study)
        if shape == "json":
            print_json(
                {
                    "holds": verified.holds,
                    "origin": dict(verified.origin),
                    "proofs": [{"what": one.what, "holds": one.holds, "words": one.words} for one in verified.proofs],
                }
            )
        else:
            say(verified)
    if not verified.holds:
        raise SystemExit(Exit.FINDINGS)


def say(verified: Verified) -> None:
    """Print every proof, and the versions that made the report."""
    from durata.language.speaking import speak

    marks = {True: "ok", False: "NO", None: "--"}
    for proof in verified.proofs:
        click.echo(f"{marks[proof.holds]}  {proof.words}")
    origin = verified.origin
    libraries = ", ".join(f"{name} {version}" for name, version in dict(origin.get("libraries") or {}).items())
    click.echo(
        speak(
            "Made by durata {durata}, Python {python}, {libraries}.",
            durata=origin.get("durata", "?"),
            python=origin.get("python", "?"),
            libraries=libraries,
        )
    )
