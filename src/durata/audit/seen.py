"""What a check of published figures says: its code, its verdict, the sentence with its numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from durata.audit.figures import Figures
from durata.finding import Severity


class Verdict(StrEnum):
    """What printed figures say of each other."""

    COHERENT = "coherent"
    INCOHERENT = "incoherent"
    OPEN = "cannot be judged"


COHERENT, INCOHERENT, OPEN = Verdict.COHERENT, Verdict.INCOHERENT, Verdict.OPEN


@dataclass(frozen=True)
class Seen:
    """One thing a check says; ``keys`` are where in the figures file it stands."""

    code: str
    verdict: Verdict
    severity: Severity
    what: str
    evidence: Mapping[str, object]
    remedy: str
    keys: tuple[str | int, ...]


Check = Callable[[Figures], Iterator[Seen]]


def said(
    code: str,
    verdict: Verdict,
    what: str,
    remedy: str = "",
    *,
    keys: tuple[str | int, ...] = (),
    warn: bool = False,
    **evidence: object,
) -> Seen:
    """A statement; incoherent figures are errors, ``warn`` marks possible figures that mislead."""
    severity = Severity.ERROR if verdict is INCOHERENT else Severity.WARNING if warn else Severity.INFO
    return Seen(code, verdict, severity, what, MappingProxyType(evidence), remedy, keys)
