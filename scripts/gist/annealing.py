"""Simulated annealing over any state: propose a neighbour, keep it by its cost and the temperature."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

State = TypeVar("State")


def anneal(
    state: State,
    propose: Callable[[State], State | None],
    cost: Callable[[State], float],
    rng: np.random.Generator,
    *,
    steps: int,
    hot: float,
    cold: float,
) -> tuple[State, float]:
    """The best state met and its cost; stops as soon as a cost is 0.

    ``propose`` gives a changed copy, or None when the change is not allowed. The temperature falls geometrically from
    ``hot`` to ``cold`` over ``steps`` proposals.
    """
    price = cost(state)
    best, best_price = state, price
    for step in range(steps):
        if best_price == 0.0:
            break
        neighbour = propose(state)
        if neighbour is None:
            continue
        its_price = cost(neighbour)
        temperature = hot * (cold / hot) ** (step / steps)
        if its_price <= price or rng.random() < np.exp((price - its_price) / temperature):
            state, price = neighbour, its_price
            if price < best_price:
                best, best_price = state, price
    return best, best_price


def beyond(value: float, low: float, high: float, scale: float) -> float:
    """How far ``value`` lies outside [low, high], in units of ``scale``, squared; 0 inside."""
    return float((max(low - value, 0.0, value - high) / scale) ** 2)
