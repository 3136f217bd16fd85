"""The index of the rules: every rule once under its family, with the severities its code can speak."""

from __future__ import annotations

from durata.records.codes import CODES
from durata.rules.catalogue import all_rules
from rule_index import FAMILIES, rule_index, severities


def test_every_rule_stands_under_its_family_once() -> None:
    page = rule_index("<!-- made -->")
    for code in (*all_rules(), *CODES):
        assert page.count(f"| [{code}]({code}.md) |") == 1
    sections = page.split("\n## ")[1:]
    for section in sections:
        family = section[0]
        assert section.startswith(f"{family}: {FAMILIES[family]}\n")
        assert all(line[3] == family for line in section.splitlines() if line.startswith("| ["))


def test_severities_are_those_the_rule_can_speak() -> None:
    rules = all_rules()
    assert severities(rules["X05"].judge) == "info"
    assert severities(rules["X02"].judge) == "warning"
    assert severities(rules["X04"].judge) == "warning, error"
    # by the aim of the study: rules/question.py decides
    assert severities(rules["T02"].judge) == "info, error"


def test_no_example_finds_a_severity_that_the_index_does_not_know() -> None:
    import durata as du

    for name in ("gist", "stanford"):
        study = du.read_study(du.example(name))
        for one in du.lint(study, du.read_records(study)).findings:
            assert str(one.severity) in severities(all_rules()[one.code].judge)
