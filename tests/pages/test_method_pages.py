"""The pages on methods: each stands in the index, has its sections, stays short, and its example runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

METHODS = Path(__file__).parents[2] / "docs" / "methods"
PAGES = sorted(page.name for page in METHODS.glob("*.md") if page.name != "index.md")
LONGEST = 120


def test_the_index_names_every_page() -> None:
    index = (METHODS / "index.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"\]\(([\w-]+\.md)\)", index)) == PAGES


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole(name: str) -> None:
    page = (METHODS / name).read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", page, re.MULTILINE) == ["In R", "Where it differs", "Example", "References"]
    assert len(page.splitlines()) <= LONGEST


@pytest.mark.parametrize("name", PAGES)
def test_its_example_runs(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    [program] = re.findall(r"```python\n(.*?)```", (METHODS / name).read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(program, name, "exec"), {})
    said = capsys.readouterr().out.strip()
    assert said
    assert "nan" not in said.casefold()
    assert "False" not in said
