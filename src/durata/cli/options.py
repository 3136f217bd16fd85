"""The options that commands share, and how they print one JSON document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from durata.cli.exits import Asked
from durata.language.speaking import LANGUAGES


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
LANGUAGE = click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    help="Language of the report and of what is said; the study file's own if not given.",
)
STUDY = click.argument("study", type=click.Path(path_type=Path))
OUTPUT = click.option("--output", "-o", type=OutputFolder(path_type=Path), help="Folder for the report.")
FIGURES = click.option(
    "--figures",
    default="svg,png",
    show_default=True,
    metavar="FORMATS",
    help="Formats of the figure files: any of svg, pdf, png (300 dpi), tiff, with commas between; or none.",
)


def print_json(document: Any) -> None:
    """Print one JSON document on stdout."""
    click.echo(json_text(document), nl=False)


def json_text(document: Any) -> str:
    """A JSON document as text."""
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
