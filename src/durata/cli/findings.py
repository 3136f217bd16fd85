"""Verdicts and rules as lines for people and as data for machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import click

from durata.finding import Finding, Severity
from durata.language.speaking import speak
from durata.records.flow import Flow
from durata.report.results import as_plain, finding_words
from durata.rules.runner import Rule, Verdicts

COLOUR = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "blue"}


def counted(verdicts: Verdicts) -> dict[Severity, int]:
    """How many findings there are of each severity."""
    return {severity: sum(f.severity is severity for f in verdicts.findings) for severity in Severity}


def summary_line(verdicts: Verdicts) -> str:
    """One line: how many findings of which severity, and the gravest by code."""
    if not verdicts.findings:
        return speak("The rules found nothing to say against it.")
    many = speak(", ").join(how_many(severity, n) for severity, n in counted(verdicts).items() if n)
    codes = speak(", ").join(dict.fromkeys(f.code for f in verdicts.findings))
    return speak("The rules found: {many} ({codes}).", many=many, codes=codes)


def how_many(severity: Severity, n: int) -> str:
    """So many findings of a severity, in words."""
    if severity is Severity.INFO:
        return speak("{n} info", n=n)
    if severity is Severity.WARNING:
        return speak("{n} warning", n=n) if n == 1 else speak("{n} warnings", n=n)
    return speak("{n} error", n=n) if n == 1 else speak("{n} errors", n=n)


def severity_words(severity: Severity) -> str:
    """A severity in the language spoken."""
    return {Severity.ERROR: speak("error"), Severity.WARNING: speak("warning"), Severity.INFO: speak("info")}[severity]


def print_verdicts(verdicts: Verdicts) -> None:
    """Print findings, most severe first, then what was set aside and what could not be judged."""
    for finding in verdicts.findings:
        place = f"{finding.where}: " if finding.where else ""
        mark = click.style(f"{severity_words(finding.severity)} {finding.code}", fg=COLOUR[finding.severity], bold=True)
        click.echo(f"{place}{mark}: {finding.message}")
        if finding.remedy:
            click.echo(speak("    What to do: {advice}", advice=finding.advice))
        if finding.reference:
            click.echo(click.style(f"    {finding.reference}", dim=True))
    for finding, reason in verdicts.ignored:
        click.echo(
            speak(
                "set aside {code}: {message} Reason given: {reason}",
                code=finding.code,
                message=finding.message,
                reason=reason,
            )
        )
    for code, lacking in verdicts.not_judged.items():
        click.echo(speak("not judged {code}: {lacking}", code=code, lacking=lacking))
    click.echo(summary_line(verdicts))


def flow_line(flow: Flow) -> str:
    """One line: how many patients are in the declared analysis, and how many were left out at which step."""
    read = flow.steps[0].remaining
    left = [speak("{n} {reason}", n=step.excluded, reason=step.reason) for step in flow.steps if step.excluded]
    if not left:
        return speak("{n} of {read} patients are in the declared analysis.", n=flow.remaining, read=read)
    return speak(
        "{n} of {read} patients are in the declared analysis; left out: {left}.",
        n=flow.remaining,
        read=read,
        left=speak("; ").join(left),
    )


def print_reading(notes: Iterable[Finding], flow: Flow) -> None:
    """Print what reading the data noticed, and who is analysed."""
    for note in notes:
        click.echo(str(note))
    click.echo(flow_line(flow))


def reading_json(notes: Iterable[Finding], flow: Flow) -> dict[str, Any]:
    """What reading the data noticed and the flow of patients, as plain data."""
    plain: dict[str, Any] = as_plain(
        {
            "notes": [finding_words(note) for note in notes],
            "flow": [
                {"reason": step.reason, "excluded": step.excluded, "remaining": step.remaining} for step in flow.steps
            ],
        }
    )
    return plain


def verdicts_json(verdicts: Verdicts) -> dict[str, Any]:
    """Verdicts as plain data."""
    plain: dict[str, Any] = as_plain(
        {
            "findings": [finding_words(finding) for finding in verdicts.findings],
            "ignored": [{**finding_words(finding), "reason": reason} for finding, reason in verdicts.ignored],
            "not_judged": dict(verdicts.not_judged),
            "quiet": list(verdicts.quiet),
        }
    )
    return plain


def print_rules(rules: Mapping[str, Rule]) -> None:
    """List rules: code, name and what the pattern does."""
    width = max(len(one.name) for one in rules.values())
    for code, one in rules.items():
        click.echo(f"{click.style(code, bold=True)}  {speak(one.name):<{width}}  {speak(one.summary)}")
    click.echo(speak("durata rules CODE shows a rule's page."))


def rules_json(rules: Mapping[str, Rule]) -> list[dict[str, Any]]:
    """Rules as plain data."""
    return [
        {
            "code": one.code,
            "name": one.name,
            "since": one.since,
            "facts": list(one.facts),
            "summary": one.summary,
            "reference": one.reference,
        }
        for one in rules.values()
    ]
