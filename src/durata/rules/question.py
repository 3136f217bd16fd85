"""What the study asks, as far as it decides how grave a finding is: a comparison of durations, or prognosis only."""

from __future__ import annotations

from durata.finding import Severity
from durata.study.types import Study


def compares_durations(study: Study) -> bool:
    """Whether durations are compared: that is the declared aim, or a claim speaks for one duration group."""
    return study.study.aim == "duration" or bool(study.claims)


def gravity(study: Study) -> Severity:
    """An error where durations are compared, information where only prognosis after the end of treatment is described."""
    return Severity.ERROR if compares_durations(study) else Severity.INFO
