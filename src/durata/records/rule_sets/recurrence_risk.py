"""Risk of recurrence of a resected GIST: the modified NIH classification."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from durata.category import Category
from durata.kernels.arrays import IntArray
from durata.records.rule_sets.rule_set import Input, RuleSet, classes, quantity, settled, yes_no

LEVELS = ("very low", "low", "intermediate", "high")
VERY_LOW, LOW, INTERMEDIATE, HIGH = range(4)
VERSION = "modified NIH (2008), high first, reading 1"


def nih_risk(size: ArrayLike, mitoses: ArrayLike, gastric: ArrayLike, *, ruptured: ArrayLike | None = None) -> Category:
    """Modified NIH risk class from size in cm, mitoses per 50 high-power fields (or 5 mm2), site and rupture (n,).

    The published rows overlap, so they are read from the worst down. High: rupture; above 10 cm; above 10 mitoses;
    above 5 cm with above 5 mitoses; not gastric and above 2 cm with above 5 mitoses, or above 5 cm. Intermediate: above 5
    mitoses otherwise; gastric and above 5 cm. Low: above 2 cm. Very low: the rest. Sizes "2.1-5.0" are above 2 and up
    to 5. ``gastric`` and ``ruptured`` are 1, 0 or NaN; rupture that was not recorded as a column means none. A class
    that missing values leave open is missing (a ruptured tumour is high whatever is missing).

    References
    ----------
    Joensuu, Human Pathology 2008;39:1411.

    Examples
    --------
    >>> risk = nih_risk([2.0, 5.0, 5.0, 5.1], [5, 5, 6, 5], [1, 1, 0, 1])
    >>> [risk.levels[code] for code in risk.codes]
    ['very low', 'low', 'high', 'intermediate']
    """
    sizes, counts = quantity(size, "tumour size"), quantity(mitoses, "mitoses")
    n = len(sizes)

    def rule(size: IntArray, mitoses: IntArray, gastric: IntArray, ruptured: IntArray) -> IntArray:
        # size: 0 up to 2, 1 up to 5, 2 up to 10, 3 above; mitoses: 0 up to 5, 1 up to 10, 2 above
        elsewhere = (gastric == 0) & (((size >= 1) & (mitoses >= 1)) | (size >= 2))
        high = (ruptured == 1) | (size == 3) | (mitoses == 2) | ((size >= 2) & (mitoses >= 1)) | elsewhere
        middle = (mitoses >= 1) | (size >= 2)
        return np.where(high, HIGH, np.where(middle, INTERMEDIATE, np.where(size == 1, LOW, VERY_LOW)))

    return Category(
        settled(
            rule,
            (classes(sizes, 2, 5, 10), 4),
            (classes(counts, 5, 10), 3),
            (yes_no(gastric, n, "gastric"), 2),
            (yes_no(ruptured, n, "rupture"), 2),
        ),
        LEVELS,
    )


NIH_RISK = RuleSet(
    name="nih_risk",
    version=VERSION,
    levels=LEVELS,
    inputs=(
        Input("size", "largest diameter of the tumour", unit="cm"),
        Input("mitoses", "mitoses per 50 high-power fields or 5 mm2"),
        Input("gastric", "the primary tumour is in the stomach", kind="yes-no"),
        Input("ruptured", "the tumour ruptured before or during surgery", kind="yes-no", required=False),
    ),
    reference="Joensuu, Human Pathology 2008;39:1411",
    classify=nih_risk,
    caveat="Validated on untreated tumours: size and mitoses measured after imatinib understate the risk.",
)
