"""TimeScale: the unit in which time is shown, how long it is, where its ticks stand and how a time is said."""

from __future__ import annotations

from dataclasses import dataclass

from durata.finding import CannotEstimate
from durata.language.speaking import speak
from durata.show.numbers import fixed
from durata.study.types import Study, StudyTable

# Distances between ticks that a reader of each unit counts in: months by quarters and years, days by weeks and months.
STEPS: dict[str, tuple[float, ...]] = {
    "days": (1, 2, 5, 7, 14, 30, 60, 90, 180, 365, 730, 1095, 1825, 3650),
    "weeks": (1, 2, 4, 8, 13, 26, 52, 104, 156, 260, 520),
    "months": (1, 2, 3, 6, 12, 24, 36, 60, 120, 240),
    "years": (0.25, 0.5, 1, 2, 5, 10, 20, 50),
}
DECIMALS: dict[str, int] = {"days": 0, "weeks": 1, "months": 1, "years": 1}


@dataclass(frozen=True, slots=True)
class TimeScale:
    """Times are shown in ``unit``, one of which lasts ``length`` of the answer's own units.

    A Cohort counts days; ``TimeScale("months", 30.4375)`` shows its answers in months of 30.4375 days.
    ``TimeScale("weeks")`` shows an answer that is already in weeks as it is.

    >>> TimeScale("months", 30.4375).words(365.25)
    '12 months'
    """

    unit: str
    length: float = 1.0

    def __post_init__(self) -> None:
        if not self.length > 0:
            raise ValueError(f"a unit of time lasts longer than nothing, not {self.length!r}")

    @property
    def name(self) -> str:
        """What the unit is called on an axis or in the head of a column."""
        return speak(self.unit)

    def since(self, time_zero: str) -> str:
        """What an axis of time is called.

        >>> TimeScale("months").since("surgery")
        'Months since surgery'
        """
        return speak("{unit} since {time_zero}", unit=self.name.capitalize(), time_zero=time_zero)

    def shown(self, time: float) -> float:
        """A time of the answer in the unit shown."""
        return float(time) / self.length

    def value(self, time: float) -> str:
        """A time as the number that is shown, without its unit; whole numbers stay whole.

        >>> TimeScale("months", 30.4375).value(100)
        '3.3'
        """
        shown = self.shown(time)
        nearest = round(shown)
        if abs(shown - nearest) < 1e-9 * max(1.0, abs(shown)):
            return fixed(nearest, 0)
        most = DECIMALS.get(self.unit, 1)
        return fixed(shown, 1 if most == 0 and abs(shown - nearest) == 0.5 else most)

    def words(self, time: float) -> str:
        """A time with its unit: ``"1 month"``, ``"46.2 months"``."""
        number = self.value(time)
        unit = self.unit[:-1] if number == "1" and self.unit.endswith("s") else self.unit
        return speak(f"{{n}} {unit}", n=number) if unit.removesuffix("s") + "s" in STEPS else f"{number} {unit}"

    def ticks(self, until: float, most: int = 9) -> tuple[float, ...]:
        """Where ticks stand between 0 and ``until`` (a time of the answer), in the unit shown.

        >>> TimeScale("months", 30.4375).ticks(60 * 30.4375)
        (0.0, 12.0, 24.0, 36.0, 48.0, 60.0)
        """
        end = self.shown(until)
        if not end > 0:
            return (0.0,)
        step = next((step for step in self._steps(end) if end / step < most), end)
        return tuple(float(k * step) for k in range(int(end / step * (1 + 1e-12)) + 1))

    def tick_labels(self, until: float, most: int = 9) -> tuple[str, ...]:
        """What is written at the ticks."""
        return tuple(fixed(tick, 0) if tick == round(tick) else f"{tick:g}" for tick in self.ticks(until, most))

    def axis_end(self, until: float) -> float:
        """Where an axis for times up to ``until`` ends, in the answer's unit: a tick nearly reached is shown as well."""
        ticks = self.ticks(until)
        if len(ticks) < 2:
            return until
        following = (ticks[-1] + ticks[1]) * self.length
        return following if until >= 0.95 * following else until

    def _steps(self, end: float) -> tuple[float, ...]:
        decade = 10.0
        while decade * 10 < end:
            decade *= 10
        while decade > end / 100:
            decade /= 10
        plain = tuple(step * decade * power for power in (1, 10, 100, 1000) for step in (1.0, 2.0, 5.0))
        own = STEPS.get(self.unit, ())
        # the unit's own steps serve as long as they neither crowd the axis nor leave it bare
        usable = tuple(step for step in own if end / step >= 2)
        return (*usable, *plain) if usable else plain


def time_scale(study: Study | StudyTable, answer_unit: str = "days", unit: str | None = None) -> TimeScale:
    """The scale on which a study shows times; ``unit`` instead of its own where something else is declared.

    Raises
    ------
    CannotEstimate : the answer counts in a unit that has no length in days.
    """
    table = study.study if isinstance(study, Study) else study
    shown = unit or table.time_unit
    if answer_unit == shown:
        return TimeScale(shown)
    if answer_unit not in STEPS:
        raise CannotEstimate(
            speak(
                "Times in {unit!r} cannot be shown in {shown}: use {units}.",
                unit=answer_unit,
                shown=shown,
                units=", ".join(STEPS),
            )
        )
    return TimeScale(shown, table.days(shown) / table.days(answer_unit))
