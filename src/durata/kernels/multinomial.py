"""Multinomial logistic regression by Newton: the chance of each of K groups given covariates, K - 1 equations at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from durata.kernels.arrays import BoolArray, FloatArray, IntArray
from durata.kernels.newton import Evaluation, Status, dependent_columns, maximise

CONSTANT = 1e-12
"""A column that varies by less than this share of its size does not vary."""


@dataclass(frozen=True, eq=False)
class MultinomialFit:
    """A fitted model: ``coefficients`` (K - 1, 1 + p), the constant first, of groups 1.. against group 0.

    ``probability`` (n, K) of each group for the rows fitted. ``involved`` (K - 1, 1 + p) marks what runs to infinity
    (SEPARATION) or depends on each other (COLLINEAR); NO_EVENTS says that a group has no row of positive weight.
    """

    status: Status
    coefficients: FloatArray
    probability: FloatArray
    log_likelihood: float
    log_likelihood_null: float
    iterations: int
    involved: BoolArray


def fit_multinomial(
    group: IntArray, x: FloatArray, n_groups: int, *, weights: FloatArray | None = None
) -> MultinomialFit:
    """Maximise the likelihood of log P(G = k) / P(G = 0) = a_k + x b_k.

    Parameters
    ----------
    group : (n,) codes 0 to K - 1.
    x : (n, p) covariates without a constant, finite.
    n_groups : K, at least 2.
    weights : (n,) weight of each row; None for one each.

    References
    ----------
    Agresti, Categorical Data Analysis, 3rd ed. 2013, chapter 8.
    """
    n, p = x.shape
    others = n_groups - 1
    q = 1 + p
    w = np.ones(n) if weights is None else weights
    member = (group[:, None] == np.arange(n_groups)).astype(np.float64)
    share = w @ member / w.sum()
    if np.any(share <= 0):
        unknown = np.full((others, q), np.nan)
        return MultinomialFit(
            Status.NO_EVENTS,
            unknown,
            np.full((n, n_groups), np.nan),
            np.nan,
            np.nan,
            0,
            np.zeros((others, q), np.bool_),
        )
    mean = w @ x / w.sum()
    centred = x - mean
    scale = np.sqrt(w @ centred**2 / w.sum())
    constant = scale <= CONSTANT * np.max(np.abs(x[w > 0]), axis=0, initial=0.0)
    scale = np.where(constant, 1.0, scale)
    columns = np.column_stack([np.ones(n), np.where(constant, 0.0, centred / scale)])
    level = np.log(share[1:] / share[0])
    observed = (w[:, None] * member[:, 1:]).T @ columns

    def linear(at: FloatArray) -> FloatArray:
        """(n, K - 1) what the coefficients add to the logits of the plain shares."""
        return np.asarray(columns @ at.reshape(others, q).T)

    def logs(at: FloatArray) -> FloatArray:
        """(n, K) log probability of each group."""
        eta = np.column_stack([np.zeros(n), level + linear(at)])
        return np.asarray(eta - logsumexp(eta, axis=1, keepdims=True))

    def evaluate(at: FloatArray) -> Evaluation:
        log_chance = logs(at)
        chance = np.exp(log_chance)
        log_likelihood = float(w @ log_chance[np.arange(n), group])
        score = (observed - (w[:, None] * chance[:, 1:]).T @ columns).ravel()
        information = np.empty((others * q, others * q))
        for j in range(others):
            for k in range(j, others):
                spread = w * chance[:, j + 1] * ((1.0 - chance[:, k + 1]) if j == k else -chance[:, k + 1])
                block = (columns * spread[:, None]).T @ columns
                information[j * q : (j + 1) * q, k * q : (k + 1) * q] = block
                information[k * q : (k + 1) * q, j * q : (j + 1) * q] = block.T
        return Evaluation(log_likelihood, score, information)

    def reach(step: FloatArray) -> float:
        """The largest change of one logit against another between two rows."""
        moved = np.column_stack([np.zeros(n), linear(step)])[w > 0]
        apart = moved[:, :, None] - moved[:, None, :]
        return float(np.max(np.ptp(apart, axis=0)))

    unit = float(w.sum() * np.min(share * (1.0 - share)))
    best = maximise(evaluate, others * q, reach, unit=unit)
    status, involved = best.status, best.involved
    if status == Status.CONVERGED:
        # a step may land far out, where the likelihood is flat: nothing is known there of what led to it
        flat = dependent_columns(best.there.information, unit)
        if np.any(flat):
            status, involved = Status.SEPARATION, flat
    found = best.at.reshape(others, q)
    slopes = found[:, 1:] / scale
    coefficients = np.column_stack([level + found[:, 0] - slopes @ mean, slopes])
    return MultinomialFit(
        status,
        coefficients,
        np.exp(logs(best.at)),
        best.there.log_likelihood,
        best.start.log_likelihood,
        best.iterations,
        involved.reshape(others, q),
    )
