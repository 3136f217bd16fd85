"""The synthetic study's file: its records are possible, and simple code finds the published figures in it."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

import durata

FOLDER = Path(durata.__file__).parent / "examples" / "gist"
MONTH = 30.4375
GROUPS = ("short", "intermediate", "long")
YES_NO = {"yes": True, "no": False}


def day(row, column):
    """The date in a cell, None where it is empty."""
    return date.fromisoformat(row[column]) if row[column] else None


def days(row, start, end):
    return (day(row, end) - day(row, start)).days


@pytest.fixture(scope="module")
def rows():
    with (FOLDER / "gist.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def group(rows):
    months = np.array([days(row, "tki_start_date", "surgery_date") / MONTH for row in rows])
    return np.where(months <= 6, 0, np.where(months <= 12, 1, 2))


@pytest.fixture(scope="module")
def outcomes(rows):
    """(days from surgery, event) of recurrence-free and overall survival."""
    found = {}
    for name, columns in {"RFS": ("recurrence_date", "death_date"), "OS": ("death_date",)}.items():
        ends = [min((day(row, c) for c in columns if row[c]), default=None) for row in rows]
        event = np.array([end is not None for end in ends])
        time = [
            ((end or day(row, "last_contact_date")) - day(row, "surgery_date")).days
            for end, row in zip(ends, rows, strict=True)
        ]
        found[name] = (np.array(time), event)
    return found


def kaplan_meier(time, event, at):
    survival = 1.0
    for when in sorted(time[event & (time <= at)]):
        survival *= 1 - 1 / np.sum(time >= when)
    return survival


def log_rank(time, event, first):
    """Signed z: negative when ``first`` has fewer events than expected."""
    excess = variance = 0.0
    for who in np.flatnonzero(event):
        at_risk = time >= time[who]
        share = first[at_risk].mean()
        excess += first[who] - share
        variance += share * (1 - share)
    return excess / variance**0.5


def cox(time, event, X):
    """Coefficients and their standard errors; every event has a day of its own."""
    beta = np.zeros(X.shape[1])
    for _ in range(12):
        score, information = 0.0, 0.0
        for who in np.flatnonzero(event):
            at_risk = X[time >= time[who]]
            weight = np.exp(at_risk @ beta)
            weight /= weight.sum()
            centred = at_risk - weight @ at_risk
            score = score + X[who] - weight @ at_risk
            information = information + (centred.T * weight) @ centred
        beta = beta + np.linalg.solve(information, score)
    assert np.max(np.abs(score)) < 1e-8
    return beta, np.sqrt(np.diag(np.linalg.inv(information)))


def p_of(z):
    return 2 * norm.sf(abs(z))


def column(rows, name, kind=float):
    return np.array([kind(row[name]) for row in rows])


# --- the file and its records -------------------------------------------------------------------------------------


def test_the_first_line_is_the_header_and_every_patient_has_one_row():
    lines = (FOLDER / "gist.csv").read_bytes().decode("ascii").splitlines()
    assert lines[0].startswith("patient_id,centre,")
    assert len(lines) == 172
    assert len({line.count(",") for line in lines}) == 1


def test_the_folder_says_that_no_patient_is_real():
    words = " ".join((FOLDER / "README.md").read_text(encoding="utf-8").split())
    assert "No patient in this folder is real." in words
    assert "10.3760/cma.j.cn112152-20250328-00136" in words


def test_identifiers_are_unique_and_number_the_patients_of_two_hospitals(rows):
    names = [row["patient_id"] for row in rows]
    assert len(set(names)) == 171
    for centre in "AB":
        mine = [row["patient_id"] for row in rows if row["centre"] == centre]
        assert mine == [f"{centre}{number:03d}" for number in range(1, len(mine) + 1)]
    assert {row["centre"] for row in rows} == {"A", "B"}


def test_dates_of_every_patient_are_in_order(rows):
    for row in rows:
        course = [day(row, c) for c in ("tki_start_date", "preop_scan_date", "preop_stop_date", "surgery_date")]
        course += [day(row, c) for c in ("recurrence_date", "death_date") if row[c]]
        assert course == sorted(course), row["patient_id"]
        assert day(row, "tki_start_date") < day(row, "preop_scan_date") < day(row, "surgery_date")
        assert max(course) <= day(row, "last_contact_date") <= date(2025, 2, 28)
        assert day(row, "surgery_date").weekday() < 5
        if row["death_date"]:
            assert row["death_date"] == row["last_contact_date"]
            assert row["recurrence_date"] < row["death_date"]
            assert (row["death_cause"] == "disease") == bool(row["recurrence_date"])


def test_the_study_period_is_the_published_one(rows):
    assert min(row["tki_start_date"] for row in rows)[:7] == "2012-11"
    assert max(row["surgery_date"] for row in rows)[:7] == "2024-10"
    late = [row for row in rows if row["tki_start_date"] >= "2023-10"]
    assert late
    assert all(days(row, "tki_start_date", "surgery_date") / MONTH <= 12 for row in late)


def test_no_two_events_share_a_day(outcomes):
    for time, event in outcomes.values():
        assert len(set(time[event])) == event.sum()
        assert not set(time[event]) & set(time[~event])


def test_nobody_lies_where_rounding_to_months_would_change_the_group(rows):
    months = np.array([days(row, "tki_start_date", "surgery_date") / MONTH for row in rows])
    for edge in (6, 12):
        assert not np.any((months > edge) & (months < edge + 0.5))


def test_key_columns_are_complete_and_a_few_others_are_not(rows):
    may_be_empty = {"haemoglobin_g_l", "albumin_g_l", "baseline_hu", "preop_hu", "ypsize_mm", "ypmitoses"}
    not_for_all = {"adj_start_date", "adj_stop_date", "adj_stop_reason", "recurrence_date", "recurrence_site"}
    not_for_all |= {"death_date", "death_cause"}
    for name in rows[0]:
        empty = sum(row[name] == "" for row in rows)
        if name in may_be_empty:
            assert 0 < empty < 0.2 * len(rows), name
        elif name not in not_for_all:
            assert empty == 0, name
    assert 0 < sum(row["genotype"] == "NOT_TESTED" for row in rows) < 0.2 * len(rows)


def test_dichotomised_columns_agree_with_what_they_come_from(rows):
    for row in rows:
        assert YES_NO[row["size_over_10cm"]] == (int(row["baseline_size_mm"]) > 100)
        assert YES_NO[row["non_gastric"]] == (row["primary_site"] != "stomach")
        assert YES_NO[row["mitoses_over_5"]] == (int(row["biopsy_mitoses"]) > 5)
        assert row["bleeding_at_start"] in YES_NO


def test_imaging_response_is_that_of_the_diameters(rows):
    for row in rows:
        before, after = int(row["baseline_size_mm"]), int(row["preop_size_mm"])
        progressed = after >= 1.2 * before and after - before >= 5
        assert row["imaging_response"] == ("PR" if before - after >= 0.3 * before else "PD" if progressed else "SD")


def test_adjuvant_months_are_those_of_the_dates(rows):
    for row in rows:
        if not row["adj_start_date"]:
            assert (row["adjuvant_months"], row["adj_stop_date"], row["adj_stop_reason"]) == ("0.0", "", "")
            continue
        assert (row["adj_stop_reason"] == "ongoing") == (row["adj_stop_date"] == "")
        stop = "adj_stop_date" if row["adj_stop_date"] else "last_contact_date"
        months = days(row, "adj_start_date", stop) / MONTH
        assert row["adjuvant_months"] == f"{months:.1f}"
        assert not 24 < months < 24.5
        assert day(row, "adj_start_date") >= day(row, "surgery_date") + timedelta(days=14)
        if row["recurrence_date"]:
            assert row["adj_stop_date"] <= row["recurrence_date"]


# --- the published figures ----------------------------------------------------------------------------------------


def test_group_sizes_and_quartiles_of_the_duration(rows, group):
    assert np.bincount(group).tolist() == [50, 87, 34]
    months = np.array([days(row, "tki_start_date", "surgery_date") / MONTH for row in rows])
    assert np.rint(np.percentile(months, [50, 25, 75])).tolist() == [9, 6, 12]
    assert np.percentile(np.rint(months), [50, 25, 75]).tolist() == [9, 6, 12]


def test_diameters_and_shrinkage(rows):
    before, after = column(rows, "baseline_size_mm") / 10, column(rows, "preop_size_mm") / 10
    assert f"{before.mean():.2f} {before.std(ddof=1):.2f}" == "10.37 5.74"
    assert f"{after.mean():.2f} {after.std(ddof=1):.2f}" == "6.99 4.34"
    assert f"{100 * np.mean((before - after) / before):.1f}" == "31.5"
    assert f"{100 * (1 - after.mean() / before.mean()):.1f}" == "32.6"


def test_responses_by_group(rows, group):
    assert np.bincount(group, column(rows, "imaging_response", str) == "PR").tolist() == [25, 51, 18]
    viable = column(rows, "path_viable_pct")
    assert np.bincount(group, viable < 10).tolist() == [14, 33, 10]
    assert not np.any(viable == 10)


def test_events_and_median_follow_up(rows, outcomes):
    assert sum(row["recurrence_date"] != "" for row in rows) == 39
    time, death = outcomes["OS"]
    assert death.sum() == 20
    # Reverse Kaplan-Meier: who is censored has the event. Days with several are taken one person after the other.
    share, left = 1.0, None
    for position, who in enumerate(np.lexsort((~death, time))):
        if not death[who]:
            share *= 1 - 1 / (len(time) - position)
        if share <= 0.5:
            left = time[who] / MONTH
            break
    assert f"{left:.0f}" == "46"


@pytest.mark.parametrize(
    ("outcome", "printed"),
    [
        ("RFS", {"short": (75.5, 55.5), "intermediate": (87.1, 79.6), "long": (85.3, 75.5)}),
        ("OS", {"short": (84.4, 72.4), "intermediate": (97.3, 92.7), "long": (88.2, 79.4)}),
    ],
)
def test_survival_at_three_and_five_years(outcomes, group, outcome, printed):
    time, event = outcomes[outcome]
    for number, name in enumerate(GROUPS):
        here = group == number
        for months, percent in zip((36, 60), printed[name], strict=True):
            assert f"{100 * kaplan_meier(time[here], event[here], months * MONTH):.1f}" == f"{percent:.1f}"


@pytest.mark.parametrize(("outcome", "printed"), [("RFS", "0.004"), ("OS", "0.007")])
def test_log_rank_of_each_pair(outcomes, group, outcome, printed):
    time, event = outcomes[outcome]
    p = {}
    for one, other in ((1, 0), (2, 0), (2, 1)):
        pair = (group == one) | (group == other)
        p[one, other] = p_of(log_rank(time[pair], event[pair], group[pair] == one))
    assert f"{p[1, 0]:.3f}" == printed
    assert p[2, 0] > 0.05
    assert p[2, 1] > 0.05


@pytest.fixture(scope="module")
def design(rows, group):
    names = ("size_over_10cm", "non_gastric", "mitoses_over_5", "bleeding_at_start")
    covariates = [column(rows, name, YES_NO.__getitem__) for name in names]
    return np.stack([group == 1, group == 2, *covariates], axis=1).astype(float)


def test_duration_in_the_multivariable_model_of_overall_survival(outcomes, design):
    beta, error = cox(*outcomes["OS"], design)
    low, high = np.exp(beta[0] + norm.ppf([0.025, 0.975]) * error[0])
    assert f"{np.exp(beta[0]):.3f} ({low:.3f}-{high:.3f})" == "0.275 (0.089-0.851)"
    assert f"{p_of(beta[0] / error[0]):.3f}" == "0.025"
    assert p_of(beta[1] / error[1]) > 0.05


def test_duration_is_not_independent_in_the_multivariable_model_of_recurrence_free_survival(outcomes, design):
    beta, error = cox(*outcomes["RFS"], design)
    assert np.all(p_of(beta[:2] / error[:2]) > 0.05)


def test_every_level_of_the_models_has_events(outcomes, design, group):
    for _, event in outcomes.values():
        assert np.all(np.bincount(group, event) >= 3)
        for present in design[:, 2:].T:
            assert min(event[present == 1].sum(), event[present == 0].sum()) >= 3


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("primary site not stomach", lambda row: row["primary_site"] != "stomach"),
        ("KIT exon 11", lambda row: row["genotype"] == "KIT_EX11"),
        ("partial response", lambda row: row["imaging_response"] == "PR"),
        ("adjuvant 24 months or less", lambda row: float(row["adjuvant_months"]) <= 24),
    ],
)
@pytest.mark.parametrize("outcome", ["RFS", "OS"])
def test_intermediate_beats_short_and_not_long_in_each_subgroup(rows, outcomes, group, outcome, name, member):
    among = np.array([member(row) for row in rows])
    time, event = outcomes[outcome]
    z = {}
    for other in (0, 2):
        pair = among & ((group == 1) | (group == other))
        z[other] = log_rank(time[pair], event[pair], group[pair] == 1)
        assert event[among & (group == other)].sum() >= 2
    assert z[0] < 0, name
    assert p_of(z[0]) < 0.05, name
    assert p_of(z[2]) > 0.05, name
