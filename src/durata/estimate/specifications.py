"""The specification curve: one contrast under every defensible way of asking, sorted, and the share that agrees."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from durata.category import Category
from durata.cohort import Cohort, Column
from durata.designs.catalogue import DESIGNS, in_words
from durata.estimate.result import Summary
from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray
from durata.kernels.compiled.readiness import warm
from durata.kernels.newton import Status
from durata.kernels.partial_likelihood.fit import fit_cox
from durata.kernels.partial_likelihood.risk_order import order_risk_sets
from durata.language.speaking import speak
from durata.records.records import Records
from durata.study.types import Study

Missing = Literal["complete", "indicator"]
DESIGNS_ASKED = ("observed_from_start", "observed_from_end", "delayed_entry")
"""Designs that compare the declared duration groups and can be asked for the same contrast."""
WORTH_COMPILING = 200
NORMAL = 1.959963984540054
FAR = 30.0
"""A standard error of a log hazard ratio beyond this is a coefficient on its way to infinity."""


@dataclass(frozen=True, slots=True)
class Specification:
    """One way of asking: design, outcome, boundaries moved by ``shift``, covariates, and what missing ones do."""

    design: str
    outcome: str
    shift: tuple[float, ...]
    adjust: tuple[str, ...]
    missing: Missing


def specifications(
    study: Study, records: Records, *, level: str, reference: str, outcomes: Sequence[str] = (), most: int | None = None
) -> Summary:
    """Estimate the hazard ratio of two duration groups under every combination of design, outcome, boundaries and model.

    Boundaries move by one month each way (a sixth of the narrowest group where treatment is counted in shorter
    units), each for itself; covariates are every subset of the declared ones; a missing covariate leaves the patient out or, as
    an indicator, is a level of its own (numbers: the mean, with an indicator). It describes how much the answer depends on the way of
    asking; specifications are no sample, and their agreement is no test.

    Parameters
    ----------
    study, records : the declaration and the data.
    level, reference : the duration groups.
    outcomes : those asked; all declared ones if not given.
    most : at most so many, drawn with a fixed seed, the declared one among them; None for all.

    Returns
    -------
    Summary sorted by estimate: ``term`` says which specification, estimate with limits are hazard ratios (Wald), n people;
    a note where there is none. ``settings``: "below" (share of the estimates below 1), "clear" (share whose interval
    excludes 1), "all" (how many there are), "declared" (the place of the declared one).

    Raises
    ------
    CannotEstimate : groups that are not declared; no specification with an estimate.

    References
    ----------
    Simonsohn, Simmons & Nelson, Nature Human Behaviour 2020;4:1208; Steegen et al., Perspect Psychol Sci 2016;11:702.

    Examples
    --------
    >>> import durata as du
    >>> study = du.read_study(du.example("stanford"))
    >>> found = specifications(study, du.read_records(study), level=">42 days", reference="≤14 days")
    >>> found.settings["all"]
    108
    """
    names = [group.name for group in study.treatment.groups]
    for name in (level, reference):
        if name not in names:
            raise CannotEstimate(
                speak(
                    "There is no duration group {name!r}; there are {names}.", name=name, names=speak(", ").join(names)
                )
            )
    every = list(_every(study, records, tuple(outcomes) or tuple(study.outcomes)))
    own = _declared(study, every)
    chosen = every
    if most is not None and len(every) > most:
        kept = np.random.default_rng(1).choice(len(every), size=most, replace=False)
        chosen = [every[k] for k in sorted({*kept.tolist()[: most - 1], own})]
    if len(chosen) > WORTH_COMPILING:
        warm()
    cohorts: dict[tuple[str, str, tuple[float, ...]], Cohort | str] = {}
    rows: list[tuple[dict[str, Any], Specification]] = []
    for one in chosen:
        key = (one.design, one.outcome, one.shift)
        if key not in cohorts:
            cohorts[key] = _cohort(study, records, one)
        cohort = cohorts[key]
        found = cohort if isinstance(cohort, str) else _hazard_ratio(cohort, one, level, reference)
        described = {
            "term": words_of(study, one),
            "cause": one.outcome,
            "method": one.design,
            "group": level,
            "reference": reference,
        }
        described |= {"level": "declared"} if one == every[own] else {}
        answer = {"estimate": None, "note": found} if isinstance(found, str) else found
        rows.append(({**described, **answer}, one))
    sorted_rows = sorted(
        (pair for pair in rows if pair[0]["estimate"] is not None), key=lambda pair: pair[0]["estimate"]
    )
    known = [row for row, _ in sorted_rows]
    without = [row for row, _ in rows if row["estimate"] is None]
    if not known:
        raise CannotEstimate(
            speak("No specification has an estimate; the first says: {reason}", reason=without[0]["note"])
        )
    low = np.array([row["conf_low"] for row in known])
    high = np.array([row["conf_high"] for row in known])
    place = next((k for k, row in enumerate(known) if row.get("level") == "declared"), None)
    return Summary(
        what=speak("hazard ratio of {level} against {reference} by specification", level=level, reference=reference),
        table=tuple(known + without),
        method=speak(
            "Cox models, Efron's ties; every combination of design, outcome, boundaries, covariates and missing data"
        ),
        settings={
            "all": len(every),
            "asked": len(chosen),
            "estimated": len(known),
            "below": float(np.mean([row["estimate"] < 1 for row in known])),
            "clear": float(np.mean((high < 1) | (low > 1))),
            "clear_below": float(np.mean(high < 1)),
            "median": float(np.median([row["estimate"] for row in known])),
            "declared": place,
            "specifications": tuple(one for _, one in sorted_rows),
        },
    )


def words_of(study: Study, one: Specification) -> str:
    """A specification in words."""
    moved = speak(", ").join(f"{shift:+g}" for shift in one.shift) if any(one.shift) else speak("as declared")
    missing = {"complete": speak("complete cases"), "indicator": speak("missing as a level")}[one.missing]
    return speak(
        "{design}; {outcome}; boundaries {moved}; adjusted for {covariates}; {missing}",
        design=in_words(DESIGNS[one.design].title, study),
        outcome=study.outcomes[one.outcome].label or one.outcome,
        moved=moved,
        covariates=speak(", ").join(study.covariates[name].label or name for name in one.adjust) or speak("nothing"),
        missing=missing,
    )


def _every(study: Study, records: Records, outcomes: tuple[str, ...]) -> Iterator[Specification]:
    step, inner = _step(study), _boundaries(study)
    shifts = list(itertools.product((0.0, -step, step), repeat=len(inner)))
    for outcome in outcomes:
        model = study.models.get(outcome)
        declared = () if model is None else model.adjust
        gaps = {name for name in declared if _missing(records, name)}
        subsets = [s for size in range(len(declared), -1, -1) for s in itertools.combinations(declared, size)]
        for design, shift, adjust in itertools.product(DESIGNS_ASKED, shifts, subsets):
            yield Specification(design, outcome, shift, adjust, "complete")
            if gaps & set(adjust):
                yield Specification(design, outcome, shift, adjust, "indicator")


def _declared(study: Study, every: Sequence[Specification]) -> int:
    """The position of the declared way of asking: the declared design, boundaries and covariates, complete cases."""
    design = f"observed_from_{study.time.zero}"
    return next(
        k
        for k, one in enumerate(every)
        if one.design == design and not any(one.shift) and one.missing == "complete" and one.outcome == every[0].outcome
    )


def _boundaries(study: Study) -> tuple[float, ...]:
    """The boundaries between the groups, which can move; the outer ones stay."""
    return tuple(sorted({one.to for one in study.treatment.groups[:-1] if one.to is not None}))


def _step(study: Study) -> float:
    """How far a boundary moves: a month, or a sixth of the narrowest group (at least 1) where units are shorter."""
    if study.treatment.unit == "months":
        return 1.0
    if study.treatment.unit == "years":
        return 1.0 / 12.0
    widths = [one.to - one.from_ for one in study.treatment.groups if one.to is not None]
    month = study.study.days("months") / study.study.days(study.treatment.unit)
    return min(round(month), max(1.0, round(min(widths, default=month) / 6)))


def _cohort(study: Study, records: Records, one: Specification) -> Cohort | str:
    """The cohort of a design under moved boundaries, or why there is none."""
    move = dict(zip(_boundaries(study), one.shift, strict=True))
    groups = tuple(
        group.model_copy(
            update={
                "from_": group.from_ + move.get(group.from_, 0.0),
                "to": None if group.to is None else group.to + move.get(group.to, 0.0),
            }
        )
        for group in study.treatment.groups
    )
    if any(group.to is not None and group.to <= group.from_ for group in groups):
        return speak("the moved boundaries leave no room for a group")
    moved = study.model_copy(update={"treatment": study.treatment.model_copy(update={"groups": groups})})
    try:
        return DESIGNS[one.design].build(moved, records, one.outcome)
    except CannotEstimate as refusal:
        return str(refusal)


def _hazard_ratio(cohort: Cohort, one: Specification, level: str, reference: str) -> dict[str, Any] | str:
    """The hazard ratio with its limits and the number of people, or why there is none."""
    group = cohort.group
    if group is None or level not in group.levels or reference not in group.levels:
        return speak("one of the two groups is empty")
    base = group.levels.index(reference)
    present = [code for code in range(len(group.levels)) if code != base and np.any(group.codes == code)]
    if group.levels.index(level) not in present or not np.any(group.codes == base):
        return speak("one of the two groups is empty")
    columns = [(group.codes == code).astype(np.float64) for code in present]
    kept = np.ones(len(cohort), dtype=np.bool_)
    for name in one.adjust:
        coded, whole = _coded(cohort.column(name), one.missing)
        columns += coded
        kept &= whole
    x = np.column_stack(columns)[kept]
    x = x[:, np.ptp(x, axis=0) > 0] if len(x) else x
    first = sum(code < group.levels.index(level) for code in present)
    if len(x) == 0 or np.ptp(columns[first][kept]) == 0:
        return speak("one of the two groups is empty")
    position = sum(bool(np.ptp(column[kept]) > 0) for column in columns[:first])
    entry = None if cohort.entry is None else cohort.entry[kept]
    order = order_risk_sets(cohort.exit[kept], cohort.event[kept], entry=entry)
    if order is None:
        return speak("nobody has the event")
    fit = fit_cox(order, x)
    if fit.status != Status.CONVERGED:
        return speak("the model has no estimate")
    beta, error = float(fit.coefficients[position]), float(np.sqrt(fit.covariance[position, position]))
    if not np.isfinite(error) or error > FAR:
        return speak("the model has no estimate")
    return {
        "estimate": float(np.exp(beta)),
        "conf_low": float(np.exp(beta - NORMAL * error)),
        "conf_high": float(np.exp(beta + NORMAL * error)),
        "n": int(kept.sum()),
    }


def _coded(column: Column, missing: Missing) -> tuple[list[FloatArray], Any]:
    """The columns of one covariate and who is kept: complete cases, or the missing as a level (numbers: at the mean)."""
    if isinstance(column, Category):
        gone = column.missing
        columns = [(column.codes == code).astype(np.float64) for code in range(1, len(column.levels))]
    else:
        gone = ~np.isfinite(column)
        centre = float(column[~gone].mean()) if np.any(~gone) else 0.0
        columns = [np.where(gone, centre, column)]
    if missing == "complete" or not np.any(gone):
        return columns, ~gone
    return [*columns, gone.astype(np.float64)], np.ones(len(gone), dtype=np.bool_)


def _missing(records: Records, name: str) -> bool:
    column: Column | None = records.numbers.get(name)
    if column is None:
        column = records.categories.get(name)
    if column is None:
        return False
    return bool(np.any(column.missing if isinstance(column, Category) else ~np.isfinite(column)))
