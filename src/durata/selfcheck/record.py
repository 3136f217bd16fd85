"""The self-check from installation to demonstration, and its dated record: a table for machines, a text for the file."""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from durata.kernels.compiled.readiness import SWITCH, warm
from durata.language.speaking import ENGLISH, speak, speaking
from durata.selfcheck.checks import CHECKS
from durata.selfcheck.compared import Compared
from durata.selfcheck.demonstration import DEMONSTRATION, SAME, compared_demonstration
from durata.selfcheck.golden_values import values
from durata.selfcheck.installation import Installed, installed

DEMONSTRATED, COMPILING = "demonstration", "machine code"


@dataclass(frozen=True, eq=False)
class SelfCheck:
    """What was found: the installation, the comparisons by family, what broke, and how long it took.

    ``broke`` holds the families whose comparisons could not be made, with the reason; ``compiled`` says in words
    whether machine code lies ready.
    """

    at: datetime
    installation: Installed
    operation: Mapping[str, tuple[Compared, ...]]
    performance: tuple[Compared, ...]
    broke: Mapping[str, str]
    compiled: str
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether everything is as it should be."""
        every = [*(one for found in self.operation.values() for one in found), *self.performance]
        return not self.installation.trouble and not self.broke and bool(every) and all(one.holds for one in every)


def selfcheck(
    checks: Mapping[str, Callable[[], Any]] = CHECKS, demonstration: Callable[[], Any] = compared_demonstration
) -> SelfCheck:
    """Check the installation (IQ), the bundled comparisons with R (OQ) and the demonstration end to end (PQ)."""
    begun = time.monotonic()
    operation: dict[str, tuple[Compared, ...]] = {}
    broke: dict[str, str] = {}
    try:
        compiled = made_ready()
    except Exception as wrong:  # whatever it is, it is said, and the check does not hold
        compiled = speak("Machine code could not be compiled.")
        broke[COMPILING] = f"{type(wrong).__name__}: {wrong}".splitlines()[0]
    performance: tuple[Compared, ...] = ()
    for family, make in (*checks.items(), (DEMONSTRATED, demonstration)):
        try:
            with speaking(ENGLISH):  # what answers call themselves is looked up by its English name
                found = tuple(make())
        except Exception as wrong:  # as above
            broke[family] = f"{type(wrong).__name__}: {wrong}"
            continue
        if family == DEMONSTRATED:
            performance = found
        else:
            operation[family] = found
    seconds = time.monotonic() - begun
    return SelfCheck(datetime.now(UTC), installed(), operation, performance, broke, compiled, seconds)


def made_ready() -> str:
    """Compile the fast kernels, or load them from their cache, so that no later call waits; say which, in words."""
    if os.environ.get(SWITCH, "") == "never":
        return speak("Machine code is switched off ({switch}=never); numpy does the work.", switch=SWITCH)
    if importlib.util.find_spec("numba") is None:
        return speak("numba is not installed; numpy does the work.")
    begun = time.monotonic()
    warm()
    return speak(
        "Machine code is compiled and cached ({seconds:.1f} s); later runs find it ready.",
        seconds=time.monotonic() - begun,
    )


def as_record(found: SelfCheck) -> dict[str, Any]:
    """The record as plain values, for JSON."""

    def row(one: Compared) -> dict[str, Any]:
        difference = one.difference
        return {
            "function": one.function,
            "quantity": one.quantity,
            "data": one.data,
            "values": one.n,
            "largest_difference": difference if difference != float("inf") else "Inf",
            "tolerance": one.relative,
            "holds": one.holds,
        }

    return {
        "record": "durata selfcheck",
        "at": found.at.isoformat(timespec="seconds"),
        "holds": found.holds,
        "seconds": round(found.seconds, 1),
        "installation": {
            **asdict(found.installation),
            "holds": not found.installation.trouble,
            "compiled": found.compiled,
        },
        "operation": {family: [row(one) for one in rows] for family, rows in found.operation.items()},
        "reference": values("versions"),
        "performance": {"study": DEMONSTRATION, "comparisons": [row(one) for one in found.performance]},
        "broke": dict(found.broke),
    }


def as_text(found: SelfCheck) -> str:
    """The record to read and to file."""
    here, verdict = found.installation, {True: speak("passed"), False: speak("FAILED")}
    packages = ", ".join(f"{name} {version}" for name, version in here.packages.items())
    reference = values("versions")
    lines = [
        speak("durata self-check, {at}", at=found.at.isoformat(timespec="seconds")),
        speak("Result: {verdict} ({seconds:.0f} s)", verdict=verdict[found.holds], seconds=found.seconds),
        "",
        speak("1. Installation (IQ): {verdict}", verdict=verdict[not here.trouble]),
        f"   durata {here.durata}, Python {here.python}, {here.platform}",
        f"   {packages}",
        speak("   durata's {n} files, SHA-256 {digest}", n=here.files, digest=here.fingerprint),
        speak("   {n} of them have the hash their release recorded.", n=here.verified)
        if here.verified
        else speak(
            "   The installation records no hashes (an editable install), so they were not compared with a release."
        ),
        f"   {found.compiled}",
        *(f"   ! {trouble}" for trouble in here.trouble),
        "",
        speak(
            "2. Operation (OQ): {verdict}; against {r}, survival {survival}",
            verdict=verdict[_hold(found.operation) and not (set(found.broke) - {DEMONSTRATED, COMPILING})],
            r=reference["R"],
            survival=reference["packages"]["survival"],
        ),
        *(_family(family, rows, verdict) for family, rows in found.operation.items()),
        "",
        speak(
            "3. Performance (PQ): {verdict}; the study {study} end to end, against its recorded numbers",
            verdict=verdict[bool(found.performance) and all(one.holds for one in found.performance)],
            study=DEMONSTRATION,
        ),
        _family(DEMONSTRATION, found.performance, verdict, SAME),
        *(
            speak("   ! {family} broke: {reason}", family=speak(family), reason=reason)
            for family, reason in found.broke.items()
        ),
        *_failures(found),
        "",
        speak("Checked by: ____________________    Date: ____________    Signature: ____________________"),
    ]
    return "\n".join(lines) + "\n"


def _hold(operation: Mapping[str, tuple[Compared, ...]]) -> bool:
    return bool(operation) and all(one.holds for rows in operation.values() for one in rows)


def _family(name: str, rows: tuple[Compared, ...], verdict: Mapping[bool, str], tolerance: float | None = None) -> str:
    allowed = tolerance if tolerance is not None else max((one.relative for one in rows), default=0.0)
    return speak(
        "   {verdict}  {family}: {n} values, largest relative difference {most:.1e}, allowed {allowed:.0e}",
        verdict=verdict[bool(rows) and all(one.holds for one in rows)],
        family=speak(name),
        n=sum(one.n for one in rows),
        most=max((one.difference for one in rows), default=0.0),
        allowed=allowed,
    )


def _failures(found: SelfCheck) -> list[str]:
    rows = [*(one for rows in found.operation.values() for one in rows), *found.performance]
    return [
        speak(
            "   ! {function}, {quantity}, {data}: differs by {difference:.1e}, allowed {allowed:.0e}",
            function=one.function,
            quantity=one.quantity,
            data=one.data,
            difference=one.difference,
            allowed=one.relative,
        )
        for one in rows
        if not one.holds
    ]
