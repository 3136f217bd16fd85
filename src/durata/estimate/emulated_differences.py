"""Standardised differences of an emulated trial's clones: of any column, and of what is measured again and again."""

from __future__ import annotations

from typing import Any

import numpy as np

from durata.designs.emulated.ending_rows import carried_forward
from durata.designs.emulated.monthly import MonthlyClones
from durata.designs.emulated.trial import EmulatedTrial
from durata.kernels.arrays import FloatArray


def changing_balance(trial: EmulatedTrial) -> list[dict[str, Any]]:
    """Balance of every history in the last month before each window and in the window's last month.

    In each of these months the obliged clones that still follow the strategy after it, weighted for what they did, are
    compared with all that were obliged in it, weighted as they were before: right weights leave no difference.
    """
    clones, courses = trial.clones, trial.courses
    if not courses.histories or not isinstance(clones, MonthlyClones):
        return []
    bound, rows = clones.obliged, []
    values = {name: carried_forward(name, one, courses, bound) for name, one in courses.histories.items()}
    for name in trial.names:
        strategy = trial.plan.strategies[trial.plan.index(name)]
        for k in sorted({max(strategy.first - 1, 1), min(trial.closing_month(name), bound.months)}):
            obliged = bound.through >= k
            before = obliged * (1.0 if k == 1 else trial.weights_at(name, k - 1)) * trial.counts
            after = obliged * trial.weights_at(name, k) * trial.counts
            plain = trial.counts * (after > 0), trial.counts * (before > 0)
            for label, value in values.items():
                for method, weight, everybody in (("weighted", after, before), ("unweighted", *plain)):
                    gap = difference(value[:, k - 1], weight, everybody, obliged * trial.counts)
                    rows.append(
                        {"term": label, "group": name, "time": float(k), "std_difference": gap, "method": method}
                    )
    return rows


def difference(column: FloatArray, weight: FloatArray, everybody: FloatArray, counts: FloatArray) -> float | None:
    """Mean of the weighted less that of everybody, in SDs of all patients; None where nobody is left."""
    if weight.sum() <= 0 or everybody.sum() <= 0:
        return None
    centre = counts @ column / counts.sum()
    spread = float(np.sqrt(counts @ (column - centre) ** 2 / counts.sum()))
    gap = float(weight @ column / weight.sum() - everybody @ column / everybody.sum())
    if spread == 0:
        return 0.0
    return gap / spread if abs(gap) > 1e-15 * abs(centre) else 0.0
