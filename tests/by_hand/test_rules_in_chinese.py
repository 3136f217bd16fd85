"""Every sentence a rule can say has its Chinese, and what is said in Chinese holds no English sentence."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import durata as du
import durata.rules as package
from durata.language.speaking import catalogue, speaking
from durata.rules.catalogue import all_rules
from durata.rules.wording import contrast_words, p_words, unit_words

FILES = sorted(Path(package.__path__[0]).glob("*.py"))
OTHERS_SPEAK = {"seen": (1, "remedy"), "_lost": (2, 3), "Contradiction": (3, 4), "_Order": (4, 5), "speak": (0,)}


def texts(node: ast.expr, assigned: dict[str, list[ast.expr]]) -> Iterator[str]:
    """The strings an expression can be: a literal, either side of a condition, what a name was given."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body, assigned)
        yield from texts(node.orelse, assigned)
    elif isinstance(node, ast.Name):
        for value in assigned.get(node.id, []):
            if not isinstance(value, ast.Name):
                yield from texts(value, assigned)


def said(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assigned: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            assigned.setdefault(node.targets[0].id, []).append(node.value)
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            for place in OTHERS_SPEAK.get(node.func.id, ()):
                if isinstance(place, int) and len(node.args) > place:
                    found |= set(texts(node.args[place], assigned))
                found |= {text for k in node.keywords if k.arg == place for text in texts(k.value, assigned)}
    return found - {""}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_the_rules_of_a_file_say_is_in_the_catalogue(file: Path) -> None:
    assert not said(file) - set(catalogue("zh"))


def test_the_walk_finds_what_is_said() -> None:
    power = next(file for file in FILES if file.stem == "power")
    assert "groups" in said(power)
    assert any(text.startswith("{outcome}: no event in {empty}") for text in said(power))


@pytest.mark.parametrize("code", list(all_rules()))
def test_a_rule_has_its_name_and_summary_in_chinese(code: str) -> None:
    one = all_rules()[code]
    assert {one.name, one.summary} <= set(catalogue("zh"))


@pytest.mark.parametrize("name", ["gist", "stanford"])
def test_findings_are_said_in_chinese(name: str) -> None:
    study = du.read_study(du.example(name))
    with speaking("zh"):
        found = du.lint(study, du.read_records(study))
    assert found.findings
    own = " ".join([study.model_dump_json(), *study.claims])
    for one in found.findings:
        assert one.language == "zh"
        for text in (one.message, one.advice):
            assert re.search("[一-鿿]", text), text
            assert "{" not in text
            # three English words in a row that the study file did not bring
            for words in re.findall(r"[a-z]{2,}(?: [a-z]{2,}){2,}", text):
                assert words in own, text
    for lacking in found.not_judged.values():
        assert re.search("[一-鿿]", lacking), lacking


def test_numbers_in_the_style_of_chinese_journals() -> None:
    study = du.read_study(du.example("gist"))
    answers = du.run(study).contents.answers
    judged = {one.name: one for one in du.judged(study, answers)}
    with speaking("zh"):
        words = contrast_words(judged["os"].contrasts)
        assert words == "intermediate与short相比，HR=0.28(95% CI:0.09~0.85)，P=0.025"
        assert (p_words(0.00001), unit_words("months")) == ("P<0.001", "个月")
    assert unit_words("months") == "months"
