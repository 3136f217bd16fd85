"""The flow of patients: who was left out at which step, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the flow: ``excluded`` patients left for ``reason``, ``remaining`` went on.

    ``people`` are the positions (in the records as read) of those who left.
    """

    reason: str
    excluded: int
    remaining: int
    people: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Flow:
    """Steps in order; the first says how many patients were read (its ``excluded`` is 0)."""

    steps: tuple[Step, ...]

    @classmethod
    def start(cls, reason: str, n: int) -> Flow:
        """A flow of ``n`` patients from whom nobody has been left out yet."""
        return cls((Step(reason, 0, n),))

    @property
    def remaining(self) -> int:
        """How many patients are left after the last step."""
        return self.steps[-1].remaining

    def without(self, reason: str, people: tuple[int, ...]) -> Flow:
        """The flow after ``people`` left for ``reason``; unchanged when nobody did."""
        if not people:
            return self
        step = Step(reason, len(people), self.remaining - len(people), people)
        return Flow((*self.steps, step))
