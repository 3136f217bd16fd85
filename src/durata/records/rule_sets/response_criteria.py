"""Response of a tumour on imaging, from its measurements before and after treatment: RECIST 1.1, Choi, modified Choi."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from durata.category import Category
from durata.kernels.arrays import IntArray
from durata.records.rule_sets.rule_set import Input, RuleSet, quantity, reaches, settled, yes_no

LEVELS = ("CR", "PR", "SD", "PD")
CR, PR, SD, PD = range(4)

RECIST_VERSION = "RECIST 1.1 (2009), two measurements, reading 1"
CHOI_VERSION = "Choi (2007), two measurements, reading 1"
MODIFIED_CHOI_VERSION = "modified Choi (both criteria), two measurements, reading 1"


def recist(
    before: ArrayLike, after: ArrayLike, *, nadir: ArrayLike | None = None, new_lesion: ArrayLike | None = None
) -> Category:
    """RECIST 1.1 category of one scan against baseline, from sums of longest diameters in mm (n,).

    CR: nothing is left. PR: at least 30 % smaller than before. PD: at least 20 % and at least 5 mm larger than the
    nadir (the smallest sum so far, baseline included; baseline where ``nadir`` is not recorded), a reappearance after
    nothing was left, or a new lesion; PD outranks PR. Else SD. ``new_lesion`` not recorded means none. A patient
    without measurable disease before, or whose missing values leave the category open, has none.

    References
    ----------
    Eisenhauer et al., European Journal of Cancer 2009;45:228.

    Examples
    --------
    >>> response = recist([100, 100, 100, 20], [70, 71, 120, 24])
    >>> [response.levels[code] for code in response.codes]
    ['PR', 'SD', 'PD', 'SD']
    """
    first, second = quantity(before, "size before"), quantity(after, "size after")
    smallest = first if nadir is None else np.minimum(first, quantity(nadir, "smallest size"))
    known = first > 0
    gone, smaller = second == 0, reaches(first - second, 0.3 * first)
    larger = (reaches(second - smallest, 0.2 * smallest) & reaches(second - smallest, 5.0)) | (
        (smallest == 0) & (second > 0)
    )
    shrinkage = np.where(~known | np.isnan(second), -1, np.where(gone, 0, np.where(smaller, 1, 2))).astype(np.intp)
    growth = np.where(~known | np.isnan(second - smallest), -1, larger).astype(np.intp)
    growth[gone & known] = 0

    def rule(shrinkage: IntArray, growth: IntArray, new: IntArray) -> IntArray:
        return np.where((growth == 1) | (new == 1), PD, np.array([CR, PR, SD])[shrinkage])

    return Category(
        settled(rule, (shrinkage, 3), (growth, 2), (yes_no(new_lesion, len(first), "new lesion"), 2)), LEVELS
    )


def choi(
    before: ArrayLike,
    after: ArrayLike,
    density_before: ArrayLike,
    density_after: ArrayLike,
    *,
    new_lesion: ArrayLike | None = None,
    new_nodule: ArrayLike | None = None,
    modified: bool = False,
) -> Category:
    """Choi category of one scan against baseline, from sizes (any unit) and CT densities in Hounsfield units (n,).

    CR: nothing is left. PR: at least 10 % smaller or at least 15 % less dense (``modified``: both). PD: at least 10 %
    larger without being 15 % less dense, a new lesion, or a new or growing nodule inside the tumour. Else SD. What is
    not recorded (``new_lesion``, ``new_nodule``) is taken as none; a category that missing values leave open is
    missing. A density before that is not above 0 has no percentage and counts as missing.

    References
    ----------
    Choi et al., Journal of Clinical Oncology 2007;25:1753.

    Examples
    --------
    >>> response = choi([100, 100, 100], [90, 100, 110], [60, 60, 60], [60, 51, 60])
    >>> [response.levels[code] for code in response.codes]
    ['PR', 'PR', 'PD']
    """
    first, second = quantity(before, "size before"), quantity(after, "size after")
    dense = quantity(density_before, "density before", low=-1024, high=4000)
    denser = quantity(density_after, "density after", low=-1024, high=4000)
    smaller, larger = reaches(first - second, 0.1 * first), reaches(second - first, 0.1 * first)
    change = np.where(second == 0, 0, np.where(smaller, 1, np.where(larger, 3, 2)))
    change = np.where(~(first > 0) | np.isnan(second), -1, change).astype(np.intp)
    fainter = reaches(dense - denser, 0.15 * dense)
    density = np.where(~(dense > 0) | np.isnan(denser), -1, fainter).astype(np.intp)
    n = len(first)

    def rule(change: IntArray, density: IntArray, new: IntArray, nodule: IntArray) -> IntArray:
        response = (change == 1) & (density == 1) if modified else (change == 1) | (density == 1)
        worse = (new == 1) | (nodule == 1) | ((change == 3) & (density == 0))
        return np.where(worse, PD, np.where(change == 0, CR, np.where(response, PR, SD)))

    flags = ((yes_no(new_lesion, n, "new lesion"), 2), (yes_no(new_nodule, n, "new nodule"), 2))
    return Category(settled(rule, (change, 4), (density, 2), *flags), LEVELS)


def modified_choi(
    before: ArrayLike,
    after: ArrayLike,
    density_before: ArrayLike,
    density_after: ArrayLike,
    *,
    new_lesion: ArrayLike | None = None,
    new_nodule: ArrayLike | None = None,
) -> Category:
    """:func:`choi` with PR only where both size and density fell.

    >>> response = modified_choi([100, 100], [90, 90], [60, 60], [60, 51])
    >>> [response.levels[code] for code in response.codes]
    ['SD', 'PR']
    """
    return choi(
        before, after, density_before, density_after, new_lesion=new_lesion, new_nodule=new_nodule, modified=True
    )


_SIZES = (
    Input("before", "largest diameter, or sum of longest diameters, before treatment", unit="mm"),
    Input("after", "the same on the scan that is classified", unit="mm"),
)
_NEW = Input("new_lesion", "a new lesion was seen", kind="yes-no", required=False)
_DENSITY = (
    Input("density_before", "CT density before treatment", unit="HU", low=-1024.0, high=4000.0),
    Input("density_after", "CT density on the scan that is classified", unit="HU", low=-1024.0, high=4000.0),
    _NEW,
    Input("new_nodule", "a new or growing nodule inside the tumour", kind="yes-no", required=False),
)
_ONE_SCAN = (
    "Taken from one scan against baseline: it is the category at that scan, not a confirmed best response, unless that "
    "scan is the best one."
)

RECIST = RuleSet(
    name="recist",
    version=RECIST_VERSION,
    levels=LEVELS,
    inputs=(*_SIZES, Input("nadir", "smallest sum so far", unit="mm", required=False), _NEW),
    reference="Eisenhauer et al., European Journal of Cancer 2009;45:228",
    classify=recist,
    caveat=_ONE_SCAN,
)
CHOI = RuleSet(
    name="choi",
    version=CHOI_VERSION,
    levels=LEVELS,
    inputs=(*_SIZES, *_DENSITY),
    reference="Choi et al., Journal of Clinical Oncology 2007;25:1753",
    classify=choi,
    caveat=_ONE_SCAN,
)
MODIFIED_CHOI = RuleSet(
    name="modified_choi",
    version=MODIFIED_CHOI_VERSION,
    levels=LEVELS,
    inputs=(*_SIZES, *_DENSITY),
    reference="Choi et al., Journal of Clinical Oncology 2007;25:1753, with both criteria required",
    classify=modified_choi,
    caveat=_ONE_SCAN + " Requiring both criteria was proposed for renal cell carcinoma, not for GIST.",
)
