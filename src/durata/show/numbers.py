"""Numbers as a journal prints them: p-values, ratios with their interval, percentages, counts, and cells that say why."""

from __future__ import annotations

import math
from dataclasses import dataclass

from durata.language.speaking import speak
from durata.show.disclosure import Withheld, disclosure
from durata.show.number_style import between, bracketed, number_style

MINUS = "−"
NOTHING = "–"
NORMAL_QUANTILE = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Cell:
    """What a table prints in one place; ``note`` says why there is no number, or what to know about it."""

    text: str
    note: str = ""

    def __post_init__(self) -> None:
        if self.text.strip().lower() in {"nan", "none", "inf", "-inf"}:
            raise ValueError(f"{self.text!r} is no cell: say why there is no number with refused(reason)")
        if self.text == NOTHING and not self.note.strip():
            raise ValueError("a dash in a table needs its reason: use refused(reason)")


def refused(reason: str) -> Cell:
    """The cell of a number that cannot be had: a dash, and the reason as its note.

    >>> refused("Nobody is at risk at 60 months.")
    Cell(text='–', note='Nobody is at risk at 60 months.')
    """
    return Cell(NOTHING, reason)


def known(value: float | None) -> bool:
    """Whether there is a number at all: neither None nor NaN (an infinite limit is known)."""
    return value is not None and not math.isnan(value)


def fixed(value: float, decimals: int) -> str:
    """A number with so many decimals, thousands separated, a real minus sign and never a negative zero.

    >>> fixed(-1254.25, 1), fixed(-0.04, 1)
    ('−1,254.2', '0.0')
    """
    if not math.isfinite(value):
        raise ValueError(f"{value!r} is not a number to print: say why with refused(reason)")
    text = f"{value:,.{max(decimals, 0)}f}".replace(",", number_style().thousands)
    if text.startswith("-"):
        return MINUS + text[1:] if any(digit in text for digit in "123456789") else text[1:]
    return text


def decimals(std_error: float, at_most: int = 6) -> int:
    """How many decimals an estimate deserves: as many as show its standard error with two digits.

    >>> decimals(0.18), decimals(4.2), decimals(12)
    (2, 1, 0)
    """
    if not (math.isfinite(std_error) and std_error > 0):
        raise ValueError(f"a standard error is a positive number, not {std_error!r}")
    return max(0, min(at_most, 1 - math.floor(math.log10(std_error))))


def estimate(value: float, std_error: float) -> str:
    """An estimate to the digits its standard error deserves.

    >>> estimate(-0.717138, 0.2686)
    '−0.72'
    """
    return fixed(value, decimals(std_error))


def count(value: float) -> str:
    """A number of people or events; weighted numbers keep one decimal.

    >>> count(1254), count(12.34)
    ('1,254', '12.3')
    """
    if disclosure().small(value):
        return str(value if isinstance(value, Withheld) else disclosure().few())
    if isinstance(value, Withheld):
        return str(value)
    return fixed(round(value), 0) if abs(value - round(value)) < 1e-6 else fixed(value, 1)


def counted(number: float, thing: str) -> str:
    """A count with the thing counted, in the plural unless there is one of it.

    >>> counted(1, "patient"), counted(1254, "event")
    ('1 patient', '1,254 events')
    """
    text = count(number)
    return speak(f"{{n}} {thing}" if text == "1" else f"{{n}} {thing}s", n=text)


def p_value(p: float) -> str:
    """A p-value with three decimals, ``"<0.001"`` below that and ``">0.999"`` above.

    >>> p_value(0.0249), p_value(0.00002), p_value(1.0)
    ('0.025', '<0.001', '>0.999')
    """
    if not 0 <= p <= 1:
        raise ValueError(f"a p-value lies between 0 and 1, not {p!r}")
    if p < 0.001:
        return "<0.001"
    return ">0.999" if p > 0.999 else f"{p:.3f}"


def p_phrase(p: float, name: str = "p") -> str:
    """A p-value inside a sentence.

    >>> p_phrase(0.0249), p_phrase(1e-9)
    ('p = 0.025', 'p < 0.001')
    """
    text, style = p_value(p), number_style()
    # in a table's head it is a value of P, in a sentence it is P
    said = style.p if name == "p" else speak(name).removesuffix("值")
    sign, digits = (text[0], text[1:]) if text[0] in "<>" else ("=", text)
    return f"{said}{style.equals}{sign}{style.equals}{digits}"


def percent(share: float, places: int = 1) -> str:
    """A share as a percentage; ``"100%"`` and ``"0%"`` are kept for shares that are exactly that.

    >>> percent(25 / 50), percent(0.9999), percent(1.0)
    ('50.0%', '>99.9%', '100%')
    """
    if not -1e-9 <= share <= 1 + 1e-9:
        raise ValueError(f"a share lies between 0 and 1, not {share!r}")
    if share < 1e-9 or share > 1 - 1e-9:
        return "0%" if share < 0.5 else "100%"
    least = 10.0**-places
    text = fixed(100 * share, places)
    if float(text) >= 100:
        return f">{fixed(100 - least, places)}%"
    return f"<{fixed(least, places)}%" if float(text) == 0 else f"{text}%"


def count_percent(part: float, whole: float) -> str:
    """A count with its share of the whole; no percentage where the whole is nobody.

    >>> count_percent(25, 50), count_percent(0, 0)
    ('25 (50.0%)', '0')
    """
    if disclosure().any_small((part, whole - part)):
        return count(part) if disclosure().small(part) else str(disclosure().not_few())
    return bracketed(count(part), percent(part / whole)) if whole > 0 else count(part)


def part_of_whole(part: float, whole: float) -> str:
    """A share with the count it stands on.

    >>> part_of_whole(25, 50)
    '50.0% (25/50)'
    """
    if not whole > 0:
        raise ValueError("nobody has no share: say why with refused(reason)")
    if disclosure().any_small((part, whole - part)):
        return f"{count_percent(part, whole)}/{count(whole)}"
    return bracketed(percent(part / whole), f"{count(part)}/{count(whole)}")


def percent_interval(share: float, low: float, high: float, places: int | None = None) -> str:
    """A share with its interval, with so many decimals; as many as the interval's width deserves (at most one) if None.

    >>> percent_interval(0.853, 0.721, 0.928)
    '85.3% (72.1 to 92.8)'
    >>> percent_interval(0.41, 0.19, 0.75)
    '41% (19 to 75)'
    """
    if places is None:
        spread = (high - low) / (2 * NORMAL_QUANTILE)
        places = min(1, decimals(100 * spread)) if spread > 0 else 1
    limits = [percent(limit, places) for limit in (low, high)]
    if not number_style().each_percent:
        limits = [limit[:-1] for limit in limits]
    return bracketed(percent(share, places), between(*limits))


def ratio(value: float, places: int = 2) -> str:
    """A hazard ratio (or other ratio): fewer decimals as it grows, a bound where digits would say nothing.

    >>> ratio(0.5312), ratio(17.37), ratio(0.0004), ratio(3e7)
    ('0.53', '17.4', '<0.001', '>9,999')
    """
    if math.isnan(value) or value < 0:
        raise ValueError(f"a ratio is a positive number, not {value!r}")
    if value >= 10_000:
        return f">{fixed(9999, 0)}"
    if value < 0.001:
        return "<0.001"  # a ratio is never 0: what is 0 in double precision is a very small one
    shown = places if value < 10 else places - 1 if value < 100 else 0
    return fixed(value, max(shown, 3 if value < 0.1 else 0))


def ratio_interval(value: float, low: float, high: float) -> str:
    """A hazard ratio (or other ratio) with its interval, to the digits that the interval's width deserves.

    Two decimals, three where the interval is narrow; a limit is given as many more as it takes for rounding not to
    move it to the other side of 1.

    >>> ratio_interval(0.5267, 0.2689, 1.0428)
    '0.53 (0.27 to 1.04)'
    >>> ratio_interval(1.0149, 1.0073, 1.0228)
    '1.015 (1.007 to 1.023)'
    >>> ratio_interval(0.71, 0.51, 0.9996)
    '0.71 (0.51 to 0.9996)'
    """
    if not low <= value <= high:
        raise ValueError(f"{value!r} does not lie in its interval {low!r} to {high!r}")
    places = 2
    if 0 < low < high < math.inf:
        places = max(2, min(3, decimals(value * math.log(high / low) / (2 * NORMAL_QUANTILE))))
    return bracketed(ratio(value, places), between(_beside_one(low, places), _beside_one(high, places)))


def ratio_with_level(value: float, low: float, high: float, conf_level: float) -> str:
    """A ratio with its interval inside a sentence, the interval's level named.

    >>> ratio_with_level(0.5267, 0.2689, 1.0428, 0.95)
    '0.53 (95% CI 0.27 to 1.04)'
    """
    level = f"({100 * conf_level:g}% CI{number_style().level}"
    return ratio_interval(value, low, high).replace("(", level, 1)


def _beside_one(limit: float, places: int) -> str:
    for more in range(places, 7):
        text = ratio(limit, more)
        shown = float(text.replace(",", "")) if text[0] not in "<>" else limit
        if (shown - 1) * (limit - 1) > 0 or limit == 1:
            return text
    return ratio(limit, places)


def interval(value: float, low: float, high: float) -> str:
    """Any other estimate with its interval, to the digits that the interval's width deserves.

    >>> interval(-3.21, -8.4, 1.98)
    '−3.2 (−8.4 to 2.0)'
    """
    spread = (high - low) / (2 * NORMAL_QUANTILE)
    places = decimals(spread) if math.isfinite(spread) and spread > 0 else 2
    return bracketed(fixed(value, places), between(fixed(low, places), fixed(high, places)))


def number(value: object) -> str:
    """A number of unknown kind (evidence of a finding) in few digits; text stays as it is.

    >>> number(1254), number(0.123456), number("start"), number(30.4375)
    ('1,254', '0.123', 'start', '30.4')
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if not math.isfinite(value):
        return speak("not known") if math.isnan(value) else speak("unlimited")
    if value == round(value):
        return fixed(value, 0)
    return fixed(value, max(0, min(6, 2 - math.floor(math.log10(abs(value))))))
