"""Responses by hand: the published groups 25/50, 51/87, 18/34 and 14/50, 33/87, 10/34, and Newcombe's own example."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import comb, exp, factorial, log, prod, sqrt

import numpy as np
import pytest

from durata.category import categorise
from durata.cohort import Cohort
from durata.door import cohort_from_arrays
from durata.estimate.association import association_test
from durata.estimate.response import response_rates, response_test, response_trend, risk_differences
from durata.estimate.stratified_odds import stratified_odds_ratio
from durata.kernels.contingency import expected_counts
from durata.kernels.exact_tables import fisher_exact
from durata.kernels.proportions import newcombe_limits

SHORT, MIDDLE, LONG = "<=6", "7-12", ">12"


def groups(x: Sequence[int], n: Sequence[int], levels: Sequence[str] = (SHORT, MIDDLE, LONG)) -> Cohort:
    """A cohort of sum(n) persons of whom x respond (PR), the others do not (SD)."""
    names = [level for level, size in zip(levels, n, strict=True) for _ in range(size)]
    imaging = [level for hits, size in zip(x, n, strict=True) for level in ["PR"] * hits + ["SD"] * (size - hits)]
    return cohort_from_arrays(
        time=np.ones(len(names)),
        event=np.zeros(len(names), dtype=bool),
        group=categorise(names, levels),
        covariates={"imaging": categorise(imaging, ["CR", "PR", "SD", "PD"])},
    )


IMAGING = groups([25, 51, 18], [50, 87, 34])
PATHOLOGY = groups([14, 33, 10], [50, 87, 34])
SUCCESS = ("CR", "PR")


def test_rates_and_their_total() -> None:
    rows = response_rates(IMAGING, "imaging", SUCCESS).rows()
    assert [(row["group"], row["events"], row["n"]) for row in rows] == [
        (SHORT, 25, 50),
        (MIDDLE, 51, 87),
        (LONG, 18, 34),
        ("all", 94, 171),
    ]
    assert [round(100 * row["estimate"], 1) for row in rows] == [50.0, 58.6, 52.9, 55.0]
    # Wilson: (p + z2/2n +- z sqrt(p(1-p)/n + z2/4n2)) / (1 + z2/n), for 25/50 with z2 = 3.8415
    z2 = 1.959963984540054**2
    half = sqrt(z2 * (0.25 / 50 + z2 / (4 * 50**2))) / (1 + z2 / 50)
    assert rows[0]["conf_low"] == pytest.approx(0.5 - half, rel=1e-12)
    assert rows[0]["conf_high"] == pytest.approx(0.5 + half, rel=1e-12)


def test_overall_tests_of_the_published_groups() -> None:
    imaging = response_test(IMAGING, "imaging", SUCCESS)
    assert imaging.method == "chi-square test"
    assert (round(imaging.statistic, 2), imaging.df, round(imaging.p_value, 2)) == (1.02, 2.0, 0.60)
    pathology = response_test(PATHOLOGY, "imaging", SUCCESS)
    assert (round(pathology.statistic, 2), round(pathology.p_value, 2)) == (1.70, 0.43)
    exact = response_test(IMAGING, "imaging", SUCCESS, test="fisher")
    assert exact.method == "Fisher's exact test"
    assert exact.glance()["statistic"] is None
    assert round(exact.p_value, 4) == 0.5955


def test_no_difference_is_not_shown_by_the_published_groups() -> None:
    imaging = risk_differences(IMAGING, "imaging", SUCCESS).rows()[0]
    assert (imaging["group"], imaging["reference"]) == (MIDDLE, SHORT)
    assert [round(100 * imaging[key], 1) for key in ("conf_low", "conf_high")] == [-8.4, 25.2]
    pathology = risk_differences(PATHOLOGY, "imaging", SUCCESS).rows()[0]
    assert [round(100 * pathology[key], 1) for key in ("conf_low", "conf_high")] == [-6.7, 24.8]


@pytest.mark.parametrize(
    ("a", "m", "b", "n", "low", "high"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (0, 10, 0, 10, -0.2775, 0.2775),
        (10, 10, 0, 20, 0.6791, 1.0000),
        (10, 10, 0, 10, 0.6075, 1.0000),
    ],
)
def test_newcombes_examples(a: int, m: int, b: int, n: int, low: float, high: float) -> None:
    """Method 10 of Newcombe 1998, table II."""
    found = newcombe_limits(a, m, b, n)
    assert [round(float(limit), 4) for limit in found] == [low, high]


def test_fisher_takes_over_below_an_expected_count_of_five() -> None:
    assert expected_counts([[4, 6], [6, 4]]).min() == 5.0
    assert response_test(groups([4, 6], [10, 10], ("a", "b")), "imaging", "PR").method == "chi-square test"
    below = response_test(groups([4, 5], [10, 10], ("a", "b")), "imaging", "PR")
    assert below.method == "Fisher's exact test"
    assert below.settings["smallest_expected"] == 4.5


def test_fisher_of_three_groups_by_listing_every_table() -> None:
    """0, 2, 4 responders of 4, 5, 5: all tables with 6 responders, their multivariate hypergeometric probabilities."""
    sizes, total = (4, 5, 5), 6
    ways = {
        x: prod(comb(n, k) for n, k in zip(sizes, x, strict=True)) / comb(14, total)
        for x in product(range(5), range(6), range(6))
        if sum(x) == total
    }
    assert sum(ways.values()) == pytest.approx(1)
    p = sum(chance for chance in ways.values() if chance <= ways[0, 2, 4] * (1 + 1e-7))
    assert fisher_exact([[0, 2, 4], [4, 3, 1]]).p_value == pytest.approx(p, rel=1e-12)


def test_fisher_of_a_four_by_three_table_by_listing_every_table() -> None:
    table = np.array([[2, 0, 1], [0, 2, 0], [1, 1, 0], [0, 0, 2]])
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    fixed = prod(factorial(k) for k in [*rows, *columns]) / factorial(int(table.sum()))

    def chance(cells: np.ndarray) -> float:
        return fixed / prod(factorial(int(k)) for k in cells.ravel())

    first = [x for x in product(*(range(n + 1) for n in rows)) if sum(x) == columns[0]]
    found = [
        chance(np.column_stack([x, y, rows - x - y]))
        for x in first
        for y in product(*(range(n - k + 1) for n, k in zip(rows, x, strict=True)))
        if sum(y) == columns[1]
    ]
    assert sum(found) == pytest.approx(1)
    p = sum(c for c in found if c <= chance(table) * (1 + 1e-7))
    assert fisher_exact(table).p_value == pytest.approx(p, rel=1e-12)


def test_trend_by_hand_and_blind_to_a_peak() -> None:
    # scores 1, 2, 3; 10 persons each; 2, 5, 8 respond: share 1/2, T = 2(-1) + 5(0) + 8(1) = 6, V = 1/4 * 20 = 5
    rising = response_trend(groups([2, 5, 8], [10, 10, 10]), "imaging", SUCCESS)
    assert rising.statistic == pytest.approx(36 / 5)
    peak = response_trend(groups([2, 8, 2], [10, 10, 10]), "imaging", SUCCESS)
    assert peak.statistic == pytest.approx(0)
    assert peak.p_value == pytest.approx(1)
    assert "in the middle" in peak.notes[-1].message


def test_holm_multiplies_the_smallest_by_the_number_of_pairs() -> None:
    rows = risk_differences(groups([2, 5, 8], [10, 10, 10]), "imaging", SUCCESS, test="chi-square").rows()
    raw = sorted(row["p_value"] for row in rows)
    adjusted = sorted(row["p_adjusted"] for row in rows)
    assert adjusted[0] == pytest.approx(3 * raw[0])
    assert adjusted[1] == pytest.approx(max(adjusted[0], 2 * raw[1]))


def test_all_levels_by_group() -> None:
    test = association_test(IMAGING, "imaging")
    assert test.p_value == response_test(IMAGING, "imaging", SUCCESS).p_value
    observed = {(part["level"], part["group"]): part["observed"] for part in test.parts}
    assert observed["PR", MIDDLE] == 51
    assert observed["PD", MIDDLE] == 0


def test_mantel_haenszel_over_two_centres() -> None:
    """Centre x: 8/10 against 5/10; centre y: 6/10 against 2/10."""
    names, answers, centres = [], [], []
    for centre, hits in (("x", (5, 8)), ("y", (2, 6))):
        for group, hit in zip(("short", "long"), hits, strict=True):
            names += [group] * 10
            answers += [1.0] * hit + [0.0] * (10 - hit)
            centres += [centre] * 10
    cohort = cohort_from_arrays(
        time=np.ones(40),
        event=np.zeros(40, dtype=bool),
        group=categorise(names, ["short", "long"]),
        covariates={"margin": np.array(answers), "centre": centres},
    )
    row, exact = stratified_odds_ratio(cohort, "margin", strata="centre").rows()
    R, S = 8 * 5 / 20 + 6 * 8 / 20, 2 * 5 / 20 + 4 * 2 / 20
    assert row["estimate"] == pytest.approx(R / S)
    # Robins, Breslow & Greenland
    P, Q = ((8 + 5) / 20, (6 + 8) / 20), ((2 + 5) / 20, (4 + 2) / 20)
    up, down = (8 * 5 / 20, 6 * 8 / 20), (2 * 5 / 20, 4 * 2 / 20)
    variance = (
        sum(p * r for p, r in zip(P, up, strict=True)) / (2 * R**2)
        + sum(p * s + q * r for p, q, r, s in zip(P, Q, up, down, strict=True)) / (2 * R * S)
        + sum(q * s for q, s in zip(Q, down, strict=True)) / (2 * S**2)
    )
    assert row["conf_high"] == pytest.approx(exp(log(R / S) + 1.959963984540054 * sqrt(variance)))
    assert exact["conf_low"] < exact["estimate"] < exact["conf_high"]
