"""How rules word numbers: p-values and hazard ratios, the same in every message and in the language spoken."""

from __future__ import annotations

from collections.abc import Iterable

from durata.estimate.claim import Contrast
from durata.language.speaking import ENGLISH, speak, spoken
from durata.study.types import Study

PLAIN = 0.95


def p_words(p_value: float) -> str:
    """A p-value with its sign, to three decimals, never 0 or 1.

    >>> p_words(0.0251), p_words(0.00001), p_words(0.99998)
    ('p = 0.025', 'p < 0.001', 'p > 0.999')
    """
    if p_value < 0.001:
        return speak("p < 0.001")
    return speak("p > 0.999") if p_value > 0.999 else speak("p = {p:.3f}", p=p_value)


def limits_words(contrast: Contrast) -> str:
    """That limits hold for several comparisons together, where they do."""
    return "" if contrast.conf_level == PLAIN else speak(", simultaneous with the other comparison(s)")


def contrast_words(contrasts: Iterable[Contrast]) -> str:
    """Hazard ratios with interval and p-value, one after the other."""
    return joined(
        speak(
            "{level} against {reference} has hazard ratio {ratio:.2f} ({percent:g}% CI {low:.2f} to {high:.2f}{limits}), {p}",
            level=c.level,
            reference=c.reference,
            ratio=c.hazard_ratio,
            percent=100 * c.conf_level,
            low=c.conf_low,
            high=c.conf_high,
            limits=limits_words(c),
            p=p_words(c.p_value),
        )
        for c in contrasts
    )


def joined(parts: Iterable[str]) -> str:
    """Parts of a sentence, one after the other."""
    return speak("; ").join(parts)


def outcome_name(study: Study, outcome: str) -> str:
    """What an outcome is called in messages."""
    return study.outcomes[outcome].label or outcome


def covariate_name(study: Study, covariate: str) -> str:
    """What a covariate is called in messages."""
    return study.covariates[covariate].label or covariate


def subgroup_name(study: Study, subgroup: str) -> str:
    """What a subgroup is called in messages."""
    return study.subgroups[subgroup].label or subgroup


def unit_words(unit: str) -> str:
    """A unit of time as it follows a number, in the language spoken (Chinese has it in the singular, with its measure word)."""
    if spoken() == ENGLISH:
        return unit
    return {"days": speak("day"), "weeks": speak("week"), "months": speak("month"), "years": speak("year")}[unit]


def patient_time_words(unit: str) -> str:
    """Patient-time in a unit, in the language spoken."""
    return {
        "days": speak("patient-days"),
        "weeks": speak("patient-weeks"),
        "months": speak("patient-months"),
        "years": speak("patient-years"),
    }[unit]
