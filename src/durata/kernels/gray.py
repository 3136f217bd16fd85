"""Gray's test: observed against expected events of one cause between K groups, on the subdistribution hazard."""

from __future__ import annotations

import numpy as np

from durata.kernels.arrays import FloatArray
from durata.kernels.log_rank import Comparison


def gray_comparison(at_risk: FloatArray, events: FloatArray, others: FloatArray, rho: float = 0.0) -> Comparison:
    """Weighted observed and expected events of the cause within one stratum, with Gray's covariance.

    Who had another event stays in the risk set, as many as would not have been censored: group k counts
    n_k (1 - F_k(t-)) / S_k(t-). ``rho`` weighs an event by (1 - F(t-)) ** rho, F being the incidence of all groups.

    Parameters
    ----------
    at_risk, events, others : (m, K) at increasing times; events of the cause and of any other cause.

    References
    ----------
    Gray, Annals of Statistics 1988;16:1141.
    """
    K = at_risk.shape[1]
    some = np.any(events + others > 0, axis=1)
    n, d, o = at_risk[some], events[some], others[some]
    here = n > 0
    left = np.divide(n - d - o, n, out=np.ones_like(n), where=here)
    S = np.cumprod(left, axis=0)
    S_before = np.vstack([np.ones((1, K)), S[:-1]])
    own = np.cumsum(S_before * np.divide(d, n, out=np.zeros_like(n), where=here), axis=0)
    F_before = np.vstack([np.zeros((1, K)), own[:-1]])
    # n_k / S_k estimates who would be under observation had nobody had an event; pooled, that gives the common F.
    uncensored = np.divide(n, S_before, out=np.zeros_like(n), where=here & (S_before > 0))
    total = uncensored.sum(axis=1)
    d_all = d.sum(axis=1)
    F = np.cumsum(np.divide(d_all, total, out=np.zeros_like(total), where=total > 0))
    F_prior = np.concatenate([[0.0], F[:-1]])
    weight = np.maximum(1.0 - F_prior, 0.0) ** rho if rho != 0.0 else np.ones(len(F))
    in_set = uncensored * (1.0 - F_before)
    share = np.divide(
        in_set, in_set.sum(axis=1, keepdims=True), out=np.zeros_like(n), where=in_set.sum(axis=1)[:, None] > 0
    )
    expected = (weight * d_all) @ share
    # c (m, K, K): how the score of group i moves with the incidence of group k, accumulated.
    part = np.divide(uncensored, total[:, None], out=np.zeros_like(n), where=total[:, None] > 0)
    a = -weight[:, None, None] * uncensored[:, :, None] * part[:, None, :]
    a[:, np.arange(K), np.arange(K)] += weight[:, None] * uncensored
    jump = np.divide(d_all, total * (1.0 - F_prior), out=np.zeros_like(total), where=(total > 0) & (F_prior < 1.0))
    c = np.cumsum(a * jump[:, None, None], axis=0)
    to_come = c[-1] - c
    covariance = np.zeros((K, K))
    for k in range(K):
        alive = S[:, k] > 0
        outlook = np.divide(1.0 - F, S[:, k], out=np.zeros_like(F), where=alive)
        # events of the cause, as many as the common incidence gives group k
        t4 = np.where(alive, 1.0 - outlook, 1.0)
        tied = _tied(d_all, total * S_before[:, k])
        rate = np.divide(S_before[:, k] * d_all, total * n[:, k], out=np.zeros_like(F), where=here[:, k] & (total > 0))
        influence = a[:, :, k] + t4[:, None] * to_come[:, :, k]
        covariance += (influence * (tied * rate)[:, None]).T @ influence
        # events of other causes in group k
        tied = _tied(o[:, k], n[:, k])
        rate = np.divide(S_before[:, k] ** 2 * o[:, k], n[:, k] ** 2, out=np.zeros_like(F), where=here[:, k] & alive)
        influence = outlook[:, None] * to_come[:, :, k]
        covariance += (influence * (tied * rate)[:, None]).T @ influence
    return Comparison(weight @ d, expected, covariance)


def _tied(d: FloatArray, n: FloatArray) -> FloatArray:
    """(m,) what d > 1 tied events among n leave of the variance: (n - d) / (n - 1), not below 0; 1 where n is 1 or less."""
    some = (d > 1) & (n > 1)
    return np.maximum(1.0 - np.divide(d - 1.0, n - 1.0, out=np.zeros_like(n), where=some), 0.0)
