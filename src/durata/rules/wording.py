"""How rules word numbers: p-values and hazard ratios, the same in every message."""

from __future__ import annotations

from collections.abc import Iterable

from durata.estimate.claim import Contrast

PLAIN = 0.95


def p_words(p_value: float) -> str:
    """A p-value with its sign, to three decimals, never 0 or 1.

    >>> p_words(0.0251), p_words(0.00001), p_words(0.99998)
    ('p = 0.025', 'p < 0.001', 'p > 0.999')
    """
    if p_value < 0.001:
        return "p < 0.001"
    return "p > 0.999" if p_value > 0.999 else f"p = {p_value:.3f}"


def limits_words(contrast: Contrast) -> str:
    """That limits hold for several comparisons together, where they do."""
    return "" if contrast.conf_level == PLAIN else ", simultaneous with the other comparison(s)"


def contrast_words(contrasts: Iterable[Contrast]) -> str:
    """Hazard ratios with interval and p-value, one after the other."""
    return "; ".join(
        f"{c.level} against {c.reference} has hazard ratio {c.hazard_ratio:.2f} ({100 * c.conf_level:g}% CI "
        f"{c.conf_low:.2f} to {c.conf_high:.2f}{limits_words(c)}), {p_words(c.p_value)}"
        for c in contrasts
    )
