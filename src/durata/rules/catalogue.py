"""All rules, every family imported; and lint, which judges a study by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from durata.estimate.analysis import Answers
from durata.estimate.plan import answers_for
from durata.finding import Finding, Severity
from durata.records.records import Records
from durata.rules import (
    censoring,
    claims,
    competing_risks,
    conditioning,
    confounding,
    cutpoints,
    data,
    data_values,
    drift,
    later_subgroups,
    model,
    multiplicity,
    positivity,
    power,
    privacy,
    reporting,
    rounding,
    screening,
    selection,
    small_groups,
    time_zero,
    versions,
)
from durata.rules.runner import Rule, Verdicts, judge, registered
from durata.study.near import listed, near, shortened
from durata.study.types import Study

FAMILIES = (
    data,
    data_values,
    time_zero,
    selection,
    conditioning,
    later_subgroups,
    cutpoints,
    rounding,
    power,
    screening,
    small_groups,
    multiplicity,
    model,
    confounding,
    drift,
    positivity,
    versions,
    censoring,
    competing_risks,
    claims,
    reporting,
    privacy,
)


def all_rules() -> Mapping[str, Rule]:
    """Every rule by code."""
    rules = registered()
    return {code: rules[code] for code in sorted(rules)}


def data_rules() -> Mapping[str, Rule]:
    """The rules that read only the declaration and the records: what must hold before a Cohort is built."""
    return {code: one for code, one in all_rules().items() if one.guards_data}


def misplaced_ignores(study: Study) -> tuple[Finding, ...]:
    """A finding for every key of ``[ignore]`` that is the code of no rule, with the nearest that is."""
    rules = all_rules()
    by_name = {one.name: code for code, one in rules.items()}
    found = []
    for key in study.ignore:
        if key in rules:
            continue
        meant = by_name.get(key) or near(key, rules)
        found.append(
            Finding(
                "F03",
                Severity.ERROR,
                "ignore.{key}: no rule has this code.",
                {"key": shortened(key), "meant": f"Did you mean {meant!r}? " if meant else "", "codes": listed(rules)},
                "{meant}Rules: {codes}.",
                study.place(f"ignore.{key}"),
            )
        )
    return tuple(found)


def defects_ignored(study: Study, errors: Iterable[Finding]) -> tuple[Finding, ...]:
    """A finding for every code of ``[ignore]`` under which there are errors in the data: those cannot be set aside."""
    spoken = {one.code for one in errors}
    return tuple(
        Finding(
            "F03",
            Severity.ERROR,
            "ignore.{key}: errors in the data cannot be set aside, since everything would be computed from them.",
            {"key": key},
            'Correct the rows named, or leave these patients out by [data] on_defect = "exclude".',
            study.place(f"ignore.{key}"),
        )
        for key in data_rules()
        if key in study.ignore and key in spoken
    )


def lint(study: Study, records: Records, answers: Answers | None = None) -> Verdicts:
    """Judge a study by every rule: what would mislead, how much, and what to do.

    Parameters
    ----------
    study, records : the declaration and the data.
    answers : a memory of answers to use and fill; a new one if None.

    Returns
    -------
    Verdicts: findings (most severe first), the rules that were quiet, those that could not judge and what they lacked,
    and findings set aside by a written reason under ``[ignore]``.

    Examples
    --------
    >>> import durata as du
    >>> study = du.read_study(du.example("stanford"))
    >>> verdicts = du.lint(study, du.read_records(study))
    >>> sorted({one.code for one in verdicts.findings if one.severity == "error"})
    ['K01', 'S01', 'T01']
    """
    facts = {"study": study, "records": records, "answers": answers or answers_for(study, records)}
    return judge(all_rules(), facts, study.ignore)
