"""The figures of the published abstract that the synthetic patients are calibrated to, at their printed rounding.

Chen JH et al., Zhonghua Zhong Liu Za Zhi 2025;47(11):1100-1109, doi 10.3760/cma.j.cn112152-20250328-00136.
"""

from __future__ import annotations

MONTH = 30.4375
SHORT, INTERMEDIATE, LONG = 0, 1, 2
GROUP_NAMES = ("short", "intermediate", "long")
GROUP_SIZES = (50, 87, 34)
PAIRS = ((INTERMEDIATE, SHORT), (LONG, SHORT), (LONG, INTERMEDIATE))
BOUNDARIES = (6.0, 12.0)
HORIZONS = (36, 60)

DURATION_QUARTILES = (6, 9, 12)
SIZE_BEFORE_CM = (10.37, 5.74)
SIZE_AFTER_CM = (6.99, 4.34)
MEAN_SHRINKAGE_PERCENT = 31.5
RESPONDERS = (25, 51, 18)
HIGH_GRADE = (14, 33, 10)
MEDIAN_FOLLOW_UP = 46
RECURRENCES = 39
DEATHS = 20

# Percent free of the event, by group, at 36 and 60 months after surgery.
RFS = ((75.5, 55.5), (87.1, 79.6), (85.3, 75.5))
OS = ((84.4, 72.4), (97.3, 92.7), (88.2, 79.4))

# Log-rank p, intermediate against short; every other pair is printed as > 0.05.
LOG_RANK_RFS = 0.004
LOG_RANK_OS = 0.007

# Multivariable Cox model of overall survival, intermediate against short.
OS_HAZARD_RATIO = 0.275
OS_INTERVAL = (0.089, 0.851)
OS_P = 0.025
