"""Restricted cubic splines: default knots from percentiles, and the basis that is linear beyond the outer knots."""

from __future__ import annotations

import numpy as np

from durata.kernels.arrays import FloatArray

FEWEST_KNOTS = 3
MOST_KNOTS = 7
OUTER = {3: 0.10, 4: 0.05, 5: 0.05, 6: 0.05, 7: 0.025}
"""Where the first knot lies, as a share of the values; the last lies as far from the end, the others evenly between."""
FEW_VALUES = 100
"""Below so many values the outer knots are the fifth smallest and the fifth largest value."""


def default_knots(values: FloatArray, number: int) -> FloatArray:
    """(number,) knots at fixed percentiles (type 7) of the known ``values`` (n,); they may coincide when values are tied.

    References
    ----------
    Harrell, Regression Modeling Strategies, 2nd ed. 2015, section 2.4.6; Stone & Koo 1985.
    """
    outer = OUTER[number]
    knots = np.quantile(values, np.linspace(outer, 1.0 - outer, number), method="linear")
    if 10 <= len(values) < FEW_VALUES:
        ordered = np.sort(values)
        knots[0], knots[-1] = ordered[4], ordered[-5]
    return np.asarray(knots)


def restricted_cubic_basis(x: FloatArray, knots: FloatArray) -> FloatArray:
    """(k - 1, n) the number itself and k - 2 cubic pieces, divided by the squared distance of the outer knots.

    Every piece is 0 up to its knot, cubic between, and linear beyond the last knot; NaN where ``x`` (n,) is NaN.

    References
    ----------
    Devlin & Weeks 1986; Harrell, Regression Modeling Strategies, 2nd ed. 2015, section 2.4.5.
    """
    last, before = knots[-1], knots[-2]
    # Divided before the cube is taken, so that a change of unit changes no digits.
    size = (last - knots[0]) ** (2.0 / 3.0)

    def cube(knot: float) -> FloatArray:
        return np.asarray(np.maximum((x - knot) / size, 0.0) ** 3)

    out = np.empty((len(knots) - 1, len(x)))
    out[0] = x
    for j, knot in enumerate(knots[:-2]):
        slope = last - before
        out[j + 1] = cube(knot) + ((before - knot) * cube(last) - (last - knot) * cube(before)) / slope
    out[1:, np.isnan(x)] = np.nan
    return out
