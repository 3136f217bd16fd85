"""The page of each rule: why it biases, an example reported and one quiet; kept as Markdown, run as tests."""

from __future__ import annotations

from pathlib import Path

from durata.finding import DurataError

INSTALLED = Path(__file__).parent / "markdown"
IN_REPOSITORY = Path(__file__).resolve().parents[3] / "docs" / "rules"


def page(code: str) -> str:
    """The Markdown page of one rule.

    Raises
    ------
    DurataError : when the installation lacks its pages.
    """
    for folder in (INSTALLED, IN_REPOSITORY):
        file = folder / f"{code}.md"
        if file.is_file():
            return file.read_text(encoding="utf-8")
    raise DurataError(f"The page of rule {code} is not in this installation; please reinstall durata.")
