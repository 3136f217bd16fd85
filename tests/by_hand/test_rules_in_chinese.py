"""Every sentence a rule can say has its Chinese, and what is said in Chinese holds no English sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import durata as du
from durata.language.speaking import catalogue, speaking
from durata.rules.catalogue import all_rules
from durata.rules.wording import contrast_words, p_words, unit_words
from rule_texts import FILES, said

OTHERS_SPEAK = {"seen": (1, "remedy"), "_lost": (2, 3), "Contradiction": (3, 4), "_Order": (4, 5), "speak": (0,)}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_the_rules_of_a_file_say_is_in_the_catalogue(file: Path) -> None:
    assert not said(file, OTHERS_SPEAK) - set(catalogue("zh"))


def test_the_walk_finds_what_is_said() -> None:
    power = next(file for file in FILES if file.stem == "power")
    assert "groups" in said(power, OTHERS_SPEAK)
    assert any(text.startswith("{outcome}: no event in {empty}") for text in said(power, OTHERS_SPEAK))


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
