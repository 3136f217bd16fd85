"""results.json: every number of the report at full precision, with what made it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from durata.designs.catalogue import declared_design, designs_of, in_words
from durata.estimate.analysis import Analysis, Answer, Refused
from durata.estimate.durations import durations
from durata.estimate.guaranteed_time import guaranteed_time, share_of_all
from durata.estimate.judgement import Judgement
from durata.estimate.published import reproduce
from durata.estimate.result import Curve, Effects, Test
from durata.finding import Finding
from durata.language.speaking import speaking
from durata.report.association import claims
from durata.report.contents import Contents
from durata.show.disclosure import Withheld, disclosure

SCHEMA_VERSION = "0.1"


def results(contents: Contents) -> dict[str, Any]:
    """The whole study as plain data; numbers that do not exist are null and say why in a ``note``.

    Keys are English in every language; what is said is in the study's.
    """
    with speaking(contents.study.study.language):
        return _results(contents)


def _results(contents: Contents) -> dict[str, Any]:
    study, verdicts = contents.study, contents.verdicts
    document = {
        "schema_version": SCHEMA_VERSION,
        "title": study.study.title,
        "declared_design": declared_design(study),
        "study": study.model_dump(mode="json", by_alias=True),
        "provenance": asdict(contents.provenance),
        "flow": [
            {"reason": step.reason, "excluded": step.excluded, "remaining": step.remaining}
            for step in contents.records.flow.steps
        ],
        "durations": duration_numbers(contents),
        "cohorts": [
            cohort_numbers(contents, design, outcome) for outcome in study.outcomes for design in designs_of(study)
        ],
        "analyses": [answer_numbers(contents, analysis, answer) for analysis, answer in contents.answers],
        "published": [asdict(one) for one in reproduce(study, contents.records, contents.answers)],
        "claims": [claim_numbers(one) for one in claims(contents)],
        "findings": [finding_words(finding) for finding in verdicts.findings],
        "ignored": [{**finding_words(finding), "reason": reason} for finding, reason in verdicts.ignored],
        "quiet": list(verdicts.quiet),
        "not_judged": dict(verdicts.not_judged),
    }
    plain: dict[str, Any] = as_plain(document)
    return plain


def results_json(contents: Contents) -> str:
    """:func:`results` as JSON text: UTF-8, two-space indent, numbers in the shortest form that reads back the same."""
    return json.dumps(results(contents), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def cohort_numbers(contents: Contents, design: str, outcome: str) -> dict[str, Any]:
    """Who is in one design's cohort: rows, people, events, groups, guaranteed time, who left and why."""
    named = {"design": design, "outcome": outcome}
    cohort = contents.answers.cohort(design, outcome)
    if isinstance(cohort, Refused):
        return {**named, "refused": cohort.reason}
    times = guaranteed_time(cohort)
    return {
        **named,
        "compares": in_words(designs_of(contents.study)[design].compares, contents.study),
        "time_zero": cohort.time_zero,
        "unit": cohort.unit,
        "rows": disclosure().count(len(cohort)),
        "people": disclosure().count(cohort.n_people),
        "events": disclosure().count(cohort.n_events),
        "groups": [
            {
                "group": row.group,
                "people": people,
                "guaranteed_time": row.days,
                "time_at_risk": row.total,
                "guaranteed_share": row.share,
            }
            for row, people in zip(times, disclosure().parts([row.people for row in times]), strict=True)
        ],
        "guaranteed_share": share_of_all(times),
        "flow": [
            {"reason": step.reason, "excluded": step.excluded, "remaining": step.remaining}
            for step in (cohort.flow.steps if cohort.flow else ())
        ],
        "notes": [finding_words(note) for note in cohort.notes],
    }


def duration_numbers(contents: Contents) -> dict[str, Any]:
    """The achieved durations by group and of all, in days and in the unit they are shown in."""
    summary = durations(contents.study, contents.records)
    length = float(summary.settings["unit_days"])
    measures = ("median", "quartile_1", "quartile_3", "lowest", "highest")
    rows = [
        {
            "group": row["group"],
            "n": disclosure().count(row["n"]),
            "days": {name: row[name] for name in measures},
            "shown": {name: None if row[name] is None else row[name] / length for name in measures},
            **({"note": row["note"]} if "note" in row else {}),
        }
        for row in summary.rows()
    ]
    return {"unit": summary.settings["unit"], "unit_days": length, "groups": rows[:-1], "all": rows[-1]}


def answer_numbers(contents: Contents, analysis: Analysis, answer: Answer | Refused) -> dict[str, Any]:
    """One analysis: its description, and its rows and glance, or why it was refused."""
    described = {
        "design": analysis.design,
        "outcome": analysis.outcome,
        "estimator": analysis.estimator,
        "settings": dict(analysis.settings),
    }
    if isinstance(answer, Refused):
        return {**described, "refused": answer.reason}
    extra: dict[str, Any] = {}
    if isinstance(answer, Curve):
        length = contents.study.study.days(contents.study.study.time_unit)
        horizons = [horizon * length for horizon in contents.study.horizons.at]
        extra = {
            "estimand": answer.estimand,
            "interval": answer.interval,
            "conf_level": answer.conf_level,
            "unit": answer.unit,
            "horizons": few_at_risk(answer.at(horizons).rows()) if horizons else [],
        }
        if all(stretch.initial == 1.0 for stretch in answer.stretches):  # an incidence has no quantiles of survival
            extra["quantiles"] = answer.quantile().rows()
        if disclosure().declared:
            # a step of a curve is the event of one patient or two
            return {**described, **extra, "notes": [finding_words(note) for note in answer.notes]}
    elif isinstance(answer, Effects):
        extra = {
            "scale": answer.scale,
            "conf_level": answer.conf_level,
            "tests": {name: test.glance() for name, test in answer.tests.items()},
            "log_likelihood": answer.log_likelihood,
            "log_likelihood_null": answer.log_likelihood_null,
            "concordance": answer.concordance,
            "concordance_std_error": answer.concordance_std_error,
            "left_out": disclosure().count(answer.n_left_out),
        }
    elif isinstance(answer, Test):
        extra = {"hypothesis": answer.hypothesis}
    return {
        **described,
        "glance": answer.glance(),
        **extra,
        "rows": answer.rows(),
        "notes": [finding_words(note) for note in answer.notes],
    }


def few_at_risk(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of a curve at horizons; where too few are at risk to be shown, neither their number nor the estimate is."""
    policy = disclosure()
    numbers = ("estimate", "std_error", "conf_low", "conf_high", "events", "censored")
    shown = []
    for row in rows:
        if policy.small(row.get("at_risk") or 0):
            hidden = dict.fromkeys(name for name in numbers if name in row)
            shown.append({**row, **hidden, "at_risk": policy.few()})
        else:
            counts = {name: policy.count(row[name]) for name in ("events", "censored") if row.get(name) is not None}
            shown.append({**row, **counts})
    return shown


def claim_numbers(one: Judgement) -> dict[str, Any]:
    """One declared claim with its verdict and the contrasts it was judged by."""
    return {
        "name": one.name,
        "text": one.claim.text,
        "verdict": one.verdict,
        "reason": one.reason,
        "interaction_p_value": one.interaction,
        "contrasts": [asdict(contrast) for contrast in one.contrasts],
    }


def finding_words(finding: Finding) -> dict[str, Any]:
    """A finding for machines: code, severity, place, sentences and evidence; no identifiers."""
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "where": str(finding.where) if finding.where else None,
        "message": finding.message,
        "remedy": finding.advice or None,
        "evidence": dict(finding.evidence),
        "people": disclosure().count(len(finding.people)),
        "reference": finding.reference or None,
    }


def as_plain(value: Any) -> Any:
    """Numpy and mappings as plain data; infinities as words, NaN as null."""
    if isinstance(value, Withheld):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): as_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return as_plain(value.tolist())
    if isinstance(value, np.generic):
        return as_plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return value
