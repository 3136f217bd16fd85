"""Rubin's rules where they touch their bounds."""

from __future__ import annotations

import numpy as np
import pytest

from durata.kernels.rubin import combine


def test_two_data_sets_by_hand() -> None:
    found = combine(np.array([[1.0], [2.0]]), np.array([[[0.1]], [[0.2]]]), 10.0)
    # within .15, between .5, total .15 + 1.5 * .5; r = 5, df 1 / (1 / (1 / (5/6)^2) + 1 / (11/13 * 10 / 6))
    assert (found.within[0, 0], found.between[0, 0], found.total[0, 0]) == pytest.approx((0.15, 0.5, 0.9))
    df = 1 / ((5 / 6) ** 2 + 1 / (11 / 13 * 10 / 6))
    assert found.df[0] == pytest.approx(df)
    assert found.missing_information[0] == pytest.approx((5 + 2 / (df + 3)) / 6)


def test_all_variance_between_the_data_sets_is_all_information_missing() -> None:
    found = combine(np.array([[1.0], [2.0]]), np.zeros((2, 1, 1)))
    assert (found.share[0], found.missing_information[0], found.df[0]) == (1.0, 1.0, 1.0)
