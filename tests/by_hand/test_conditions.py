"""Whether a value meets a condition, by hand: bounds are inside, unknown values meet nothing."""

from __future__ import annotations

import numpy as np
import pytest

from durata.category import categorise
from durata.finding import CannotEstimate
from durata.records.eligibility import satisfies
from durata.study.paper import Condition

AGES = np.array([40.0, 50.0, 60.5, np.nan])
STAGES = categorise(["I", "II", "2", None], levels=["I", "II", "2"])


@pytest.mark.parametrize(
    ("keys", "met"),
    [
        ({"from": 50.0}, [False, True, True]),
        ({"to": 50.0}, [True, True, False]),
        ({"from": 41.0, "to": 60.0}, [False, True, False]),
        ({"is": [40, 50]}, [True, True, False]),
        ({"not": [40]}, [False, True, True]),
        ({"from": 45.0, "not": [50]}, [False, False, True]),
    ],
)
def test_numbers(keys: dict[str, object], met: list[bool]) -> None:
    satisfied, unknown = satisfies(Condition.model_validate({"covariate": "age", **keys}), AGES)
    assert satisfied.tolist() == [*met, False]
    assert unknown.tolist() == [False, False, False, True]


@pytest.mark.parametrize(
    ("keys", "met"),
    [
        ({"is": ["I"]}, [True, False, False]),
        ({"is": ["I", 2]}, [True, False, True]),
        ({"not": ["I"]}, [False, True, True]),
        ({"not": ["2.0"]}, [True, True, False]),
        ({"is": ["I", "II"], "not": ["II"]}, [True, False, False]),
    ],
)
def test_categories(keys: dict[str, object], met: list[bool]) -> None:
    satisfied, unknown = satisfies(Condition.model_validate({"covariate": "stage", **keys}), STAGES)
    assert satisfied.tolist() == [*met, False]
    assert unknown.tolist() == [False, False, False, True]


def test_a_question_that_the_column_cannot_answer_is_refused() -> None:
    with pytest.raises(CannotEstimate, match="asks 'stage' for numbers"):
        satisfies(Condition(covariate="stage", to=2.0), STAGES)
    with pytest.raises(CannotEstimate, match="asks 'age' for 'old', and it is a number"):
        satisfies(Condition.model_validate({"covariate": "age", "not": ["old"]}), AGES)
