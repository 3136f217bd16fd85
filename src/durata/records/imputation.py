"""Multiple imputation by chained equations: missing numbers by predictive mean matching, missing categories by logit draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from durata.category import Category
from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, FloatArray, IntArray
from durata.language.speaking import speak

Value = FloatArray | Category

DONORS = 5
"""A missing number is taken from one of this many people whose predicted values are nearest."""
FEWEST = 10
"""With fewer known values than this nothing can be said about those that are missing."""
PRIOR_DEVIATION = 2.5
"""Standard deviation of the normal prior of a logit coefficient (per SD of a number): separation then is no catastrophe."""
INTERCEPT_DEVIATION = 10.0
STEPS = 50
SMALL_STEP = 1e-8
DEPENDENT = 1e-9
"""A column of which other columns explain all but this share depends on them."""


def chained_imputations(
    columns: Mapping[str, Value], predictors: FloatArray, *, imputations: int, iterations: int, seed: int
) -> list[dict[str, Value]]:
    """Complete ``columns`` (n,) ``imputations`` times, each from all others and from ``predictors`` (n, q), which are whole.

    Columns are visited from the fewest missing values to the most, ``iterations`` times. Numbers: a linear regression
    with coefficients drawn from their posterior, then the observed value of one of the five nearest people (predictive
    mean matching, so only values that occur are filled in). Categories: a multinomial logit (a logit for two levels)
    with weakly informative normal priors, its coefficients drawn from the normal approximation of their posterior,
    then a level drawn. The same seed gives the same values; the k-th imputation does not depend on how many there are.

    Raises
    ------
    CannotEstimate : a column of which fewer than ten values are known.

    References
    ----------
    van Buuren & Groothuis-Oudshoorn, J. Stat. Softw. 45(3), 2011; White, Royston & Wood, Stat. Med. 30:377, 2011;
    Gelman et al., Ann. Appl. Stat. 2:1360, 2008 (priors).
    """
    gaps = {name: _missing(column) for name, column in columns.items()}
    wanted = sorted((name for name in columns if gaps[name].any()), key=lambda name: int(gaps[name].sum()))
    for name in wanted:
        known = int(np.count_nonzero(~gaps[name]))
        if known < FEWEST:
            raise CannotEstimate(
                speak(
                    "{name!r} is known of {known} patients only: nothing can be imputed from so few. Leave it out of the "
                    "model.",
                    name=name,
                    known=known,
                )
            )
    seeds = np.random.SeedSequence(seed).spawn(imputations)
    return [_one(columns, gaps, wanted, predictors, iterations, np.random.default_rng(one)) for one in seeds]


def _one(
    columns: Mapping[str, Value],
    gaps: Mapping[str, BoolArray],
    wanted: list[str],
    predictors: FloatArray,
    iterations: int,
    random: np.random.Generator,
) -> dict[str, Value]:
    """One completed data set."""
    current: dict[str, Value] = dict(columns)
    for name in wanted:  # to begin with: values of others, drawn at random
        known = np.flatnonzero(~gaps[name])
        current[name] = _filled(columns[name], gaps[name], random.choice(known, size=int(gaps[name].sum())))
    for _ in range(iterations if len(wanted) > 1 else 1):
        for name in wanted:
            x = _matrix(predictors, [column for other, column in current.items() if other != name])
            column, gap = columns[name], gaps[name]
            if isinstance(column, Category):
                current[name] = _drawn_levels(column, gap, x, random)
            else:
                current[name] = _filled(column, gap, _matched(column, gap, x, random))
    return current


def _missing(column: Value) -> BoolArray:
    return column.missing if isinstance(column, Category) else np.isnan(column)


def _filled(column: Value, gap: BoolArray, donors: IntArray) -> Value:
    """The column with the values of ``donors`` in its gaps."""
    if isinstance(column, Category):
        codes = column.codes.copy()
        codes[gap] = column.codes[donors]
        return Category(codes, column.levels)
    values = column.copy()
    values[gap] = column[donors]
    return values


def _matrix(predictors: FloatArray, others: list[Value]) -> FloatArray:
    """(n, k) intercept, predictors and the other columns: numbers in standard deviations, levels as 0 and 1."""
    parts = [predictors]
    for column in others:
        if isinstance(column, Category):
            used = column.used()
            parts.append((used.codes[:, None] == np.arange(1, len(used.levels))).astype(np.float64))
        else:
            parts.append(column[:, None])
    x = np.hstack(parts)
    two = np.all((x == 0.0) | (x == 1.0), axis=0)
    spread = x.std(axis=0)
    varies = spread > 1e-12 * np.maximum(1.0, np.abs(x).max(axis=0, initial=0.0))
    scaled = np.where(two, x, (x - x.mean(axis=0)) / np.where(varies, spread, 1.0))[:, varies]
    return np.hstack([np.ones((len(x), 1)), scaled])


def _matched(column: FloatArray, gap: BoolArray, x: FloatArray, random: np.random.Generator) -> IntArray:
    """For each gap, whose observed value it takes: type 1 predictive mean matching."""
    from statsmodels.regression.linear_model import OLS

    known = np.flatnonzero(~gap)
    x = x[:, _independent(x[known])]
    fit = OLS(column[known], x[known]).fit(method="qr")
    left = len(known) - x.shape[1]
    if left < 1:
        raise CannotEstimate(
            speak(
                "There are as many columns to predict a missing number from as patients in whom it is known ({known}). "
                "Name fewer covariates in the model and under [missing] auxiliary.",
                known=len(known),
            )
        )
    sigma = np.sqrt(float(fit.ssr) / random.chisquare(left))
    drawn = np.asarray(fit.params) + sigma * _correlated(np.asarray(fit.normalized_cov_params), random)
    # In random order, so that among people predicted alike every one has the same chance to be a donor.
    known = random.permutation(known)
    predicted = x[known] @ np.asarray(fit.params)
    order = np.argsort(predicted, kind="stable")
    known, predicted = known[order], predicted[order]
    target = x[gap] @ drawn
    first = np.searchsorted(predicted, target, side="left")
    behind = np.searchsorted(predicted, target, side="right")
    middle = random.integers(first, behind + 1)
    window = np.clip(middle[:, None] + np.arange(-DONORS, DONORS), 0, len(known) - 1)
    distance = np.abs(predicted[window] - target[:, None])
    distance[:, 1:][window[:, 1:] == window[:, :-1]] = np.inf  # beyond the ends somebody would stand there twice
    nearest = np.argsort(distance, axis=1, kind="stable")[:, :DONORS]
    pick = nearest[np.arange(len(target)), random.integers(0, DONORS, size=len(target))]
    return np.asarray(known[window[np.arange(len(target)), pick]])


def _independent(x: FloatArray) -> IntArray:
    """Columns of ``x`` (n, k) that are not combinations of others, in their order."""
    from scipy.linalg import qr

    r, pivot = qr(x / np.sqrt((x**2).sum(axis=0) + 1e-300), mode="r", pivoting=True)
    size = np.abs(np.diag(r))
    return np.sort(pivot[: len(size)][size > DEPENDENT])


def _drawn_levels(column: Category, gap: BoolArray, x: FloatArray, random: np.random.Generator) -> Category:
    """The category with levels drawn into its gaps."""
    used = column.used()
    codes = column.codes.copy()
    if len(used.levels) == 1:
        codes[gap] = column.codes[~gap][0]
        return Category(codes, column.levels)
    logit = _Logit.of(used.codes[~gap], x[~gap])
    logits = np.hstack([np.zeros((int(gap.sum()), 1)), x[gap] @ logit.drawn(random)])
    chance = np.exp(logits - logits.max(axis=1, keepdims=True))
    cumulative = np.cumsum(chance / chance.sum(axis=1, keepdims=True), axis=1)
    level = np.minimum((random.random((len(chance), 1)) > cumulative).sum(axis=1), len(used.levels) - 1)
    own = np.array([column.levels.index(name) for name in used.levels])
    codes[gap] = own[level]
    return Category(codes, column.levels)


@dataclass(frozen=True, eq=False)
class _Logit:
    """A multinomial logit at its posterior mode: coefficients (k, levels - 1) and the covariance of all of them, stacked."""

    coefficients: FloatArray
    covariance: FloatArray

    @classmethod
    def of(cls, codes: IntArray, x: FloatArray) -> _Logit:
        """Newton's method on statsmodels' likelihood plus a normal prior: strictly concave, so there is one mode."""
        from statsmodels.discrete.discrete_model import MNLogit

        model = MNLogit(codes, x)
        k, columns = x.shape[1], int(codes.max())
        deviation = np.full((columns, k), PRIOR_DEVIATION)
        deviation[:, 0] = INTERCEPT_DEVIATION
        precision = 1.0 / deviation.ravel() ** 2
        at = np.zeros(k * columns)
        height = -np.inf
        for _ in range(STEPS):
            curvature = np.diag(precision) - np.asarray(model.hessian(at))
            step = np.linalg.solve(curvature, np.asarray(model.score(at)) - precision * at)
            height = float(model.loglike(at)) - 0.5 * float(precision @ at**2)
            for _ in range(STEPS):
                there = at + step
                if float(model.loglike(there)) - 0.5 * float(precision @ there**2) >= height - 1e-10 * abs(height):
                    break
                step = step / 2.0
            at = at + step
            if np.max(np.abs(step)) < SMALL_STEP:
                break
        covariance = np.linalg.inv(np.diag(precision) - np.asarray(model.hessian(at)))
        return cls(at.reshape(columns, k).T, covariance)

    def drawn(self, random: np.random.Generator) -> FloatArray:
        """(k, levels - 1) coefficients drawn from their posterior."""
        k, columns = self.coefficients.shape
        return self.coefficients + _correlated(self.covariance, random).reshape(columns, k).T


def _correlated(covariance: FloatArray, random: np.random.Generator) -> FloatArray:
    """A normal draw with this covariance (p, p), which may be singular."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2.0)
    root: FloatArray = np.sqrt(np.maximum(values, 0.0))
    return np.asarray(vectors @ (root * random.standard_normal(len(values))))
