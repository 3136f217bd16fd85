"""Whatever the cohort and whatever is asked of it: a whole report, or a refusal in words; never a traceback or a NaN."""

from __future__ import annotations

import json
import re
import tempfile
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import durata as du

DAY_ZERO = date(2020, 1, 1)
NO_NUMBER = re.compile(r">[^<]*\b(nan|NaN|inf|Infinity|undefined)\b[^<]*<|>\s*None\s*<")

days = st.integers(0, 900)
patients = st.lists(
    st.fixed_dictionaries(
        {
            "wait": st.one_of(st.none(), st.integers(0, 120), st.integers(0, 500)),
            "after": days,
            "dead": st.booleans(),
            "age": st.one_of(st.none(), st.integers(20, 90)),
            "sex": st.sampled_from(["F", "M", ""]),
            "before": st.one_of(st.none(), st.integers(0, 200)),
            "later": st.one_of(st.none(), st.integers(0, 200)),
        }
    ),
    min_size=0,
    max_size=24,
)
choices = st.fixed_dictionaries(
    {
        "zero": st.sampled_from(["start", "end"]),
        "cuts": st.sampled_from([(60,), (40,), (30, 100), (0.5, 1)]),
        "adjust": st.sampled_from(['["age"]', '["age", "sex"]', "[]"]),
        "screen": st.booleans(),
        "firth": st.sampled_from(["auto", "always", "never"]),
        "ties": st.sampled_from(["efron", "breslow"]),
        "horizons": st.sampled_from(["[100]", "[1, 5000]", "[]"]),
        "until": st.sampled_from([50, 5000]),
    }
)


def study_file(chosen: dict[str, object]) -> str:
    bounds = [0, *chosen["cuts"], None]  # type: ignore[misc]
    groups = ", ".join(
        f'{{ name = "g{k}", from = {low}' + (f", to = {high} }}" if high is not None else " }")
        for k, (low, high) in enumerate(pairwise(bounds))
    )
    screening = 'candidates = ["age", "sex"]\nscreen_p = 0.2' if chosen["screen"] else ""
    return f"""
[study]
title = "Any study"
time_unit = "days"
[data]
file = "any.csv"
id = "id"
[treatment]
name = "drug"
start = "start"
end = "end"
unit = "days"
groups = [{groups}]
[time]
zero = "{chosen["zero"]}"
[outcomes.death]
event = ["death"]
censor = "last"
[covariates.age]
unit = "years"
[covariates.sex]
type = "category"
levels = ["F", "M"]
[covariates.before]
unit = "mm"
[covariates.later]
unit = "mm"
timing = "post"
[covariates.response]
type = "category"
timing = "post"
part = "Response"
rule_set = "recist"
inputs = {{ before = "before", after = "later" }}
[models.death]
adjust = {chosen["adjust"]}
firth = "{chosen["firth"]}"
ties = "{chosen["ties"]}"
{screening}
[horizons]
at = {chosen["horizons"]}
restricted_mean = {chosen["until"]}
[responses.any]
covariate = "response"
success = ["CR", "PR"]
[measurements.size]
before = "before"
after = "later"
[subgroups.women]
covariate = "sex"
is = ["F"]
[subgroups.older]
covariate = "age"
from = 60
[claims.one]
text = "The first group does better than the second."
outcome = "death"
group = "g0"
versus = "g1"
says = "better"
[claims.two]
text = "In women, the second group does better than the first."
outcome = "death"
group = "g1"
versus = "g0"
says = "better"
subgroup = "women"
"""


def patient_file(people: list[dict[str, object]]) -> str:
    lines = ["id,start,end,death,last,age,sex,before,later"]
    for k, one in enumerate(people):
        wait, after = one["wait"], int(one["after"])  # type: ignore[call-overload]
        last = DAY_ZERO + timedelta(days=after + (int(wait) if wait is not None else 0))  # type: ignore[call-overload]
        end = "" if wait is None else str(DAY_ZERO + timedelta(days=int(wait)))  # type: ignore[call-overload]
        cells = [f"p{k}", DAY_ZERO, end, last if one["dead"] else "", last]
        cells += ["" if one[name] is None else one[name] for name in ("age", "sex", "before", "later")]
        lines.append(",".join(map(str, cells)))
    return "\n".join(lines) + "\n"


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(patients, choices)
def test_a_report_or_a_refusal(people: list[dict[str, object]], chosen: dict[str, object]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "study.toml").write_text(study_file(chosen), encoding="utf-8")
        (folder / "any.csv").write_text(patient_file(people), encoding="utf-8")
        refused = ""
        try:
            report = du.run(folder / "study.toml").write(folder / "out")
        except (du.StudyError, du.CannotEstimate) as refusal:
            refused = str(refusal).strip() or "in silence"
        if refused:
            assert len(refused.split()) > 3
            assert not (folder / "out").exists()
            return
        page = report.read_text(encoding="utf-8")
        found = NO_NUMBER.search(page)
        assert found is None, found.group(0)[:300]
        assert json.loads((folder / "out" / "results.json").read_text(encoding="utf-8"))["analyses"]
