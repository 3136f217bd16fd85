"""Contingency tables that broke the exact test once."""

from __future__ import annotations

import numpy as np
import pytest

from durata.kernels.exact_tables import fisher_exact


def test_every_partial_table_settled_before_the_last_two_columns() -> None:
    # margins 1, 2, 2, 2 by 6, 1: only the row that holds the single 1 matters, and it is one unit of seven
    assert fisher_exact(np.array([[0, 1], [2, 0], [2, 0], [2, 0]])).p_value == pytest.approx(1 / 7, rel=1e-12)
