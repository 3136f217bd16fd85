"""Rule X04: whether every duration was possible for every kind of patient, so that they can be compared at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from scipy.special import softmax

from durata.category import Category
from durata.cohort import Column
from durata.estimate.analysis import Answers
from durata.finding import Severity
from durata.kernels.arrays import BoolArray, FloatArray
from durata.kernels.multinomial import fit_multinomial
from durata.kernels.newton import Status
from durata.language.speaking import speak
from durata.rules.compared import Compared, chosen_confounders, compared, known, varies
from durata.rules.runner import NotJudged, Seen, rule, seen
from durata.rules.wording import covariate_name, joined
from durata.study.types import Study
from durata.weighting.baseline_columns import model_columns

HARDLY = 0.025
FEW = 0.05
EXPECTED_BY_CHANCE = 5.0
HALF = 0.5
TOO_FEW, ENOUGH = 10.0, 20
ROUNDING = 1e-8
MOST_FITTED, SEED = 20_000, 20_250_328


@rule(
    "X04",
    "durations-some-patients-never-had",
    since="0.2",
    reference="Petersen ML, Porter KE, Gruber S, Wang Y, van der Laan MJ (2012) Stat Methods Med Res 21:31-54",
)
def durations_some_patients_never_had(study: Study, answers: Answers) -> Iterator[Seen]:
    """Where a kind of patient never had a duration, nothing in the data says what it would have done to them.

    A model fills the gap by its formula alone; weights rest on the few who are unlike their kind.
    """
    who = compared(study, answers)
    names = tuple(name for name in chosen_confounders(study) if varies(who.column(name)))
    if not names:
        raise NotJudged(speak("needs covariates known at time zero ([covariates] with timing baseline)"))
    rows = np.logical_and.reduce([known(who.column(name)) for name in names])
    empty = _empty_cells(study, who, names)
    evidence: dict[str, object] = {
        "covariates": names,
        "empty_cells": tuple(empty),
        "n": int(rows.sum()),
        "fitted_to": min(int(rows.sum()), MOST_FITTED),
        "names": speak(", ").join(covariate_name(study, name) for name in names),
    }
    parts = [
        speak("nobody of {n} with {name}: {level} had {group} ({expected:.1f} expected)", **cell) for cell in empty
    ]
    worst = False
    for level, (hardly, n, effective) in _overlap(who, names, rows).items():
        evidence[f"overlap {level}"] = (hardly, n, effective)
        if hardly >= FEW:
            parts.append(
                speak(
                    "{share:.0f}% of all patients had a chance below {least:g}% of being {group}",
                    share=100 * hardly,
                    least=100 * HARDLY,
                    group=level,
                )
            )
        if effective < HALF * n:
            parts.append(
                speak(
                    "weighted to resemble everybody, the {n} patients of {group} are worth {effective:.0f}",
                    n=n,
                    group=level,
                    effective=effective,
                )
            )
        worst |= effective < TOO_FEW and n >= ENOUGH
    if parts:
        yield seen(
            Severity.ERROR if worst else Severity.WARNING,
            "Not every duration was possible for every patient (by {names}; {n} patients): {parts}.",
            evidence={**evidence, "parts": joined(parts)},
            remedy="Restrict [eligibility] to patients who could have had every duration, or merge neighbouring [treatment] "
            "groups; say for whom the conclusion holds.",
            where=study.place("treatment.groups"),
        )


def _empty_cells(study: Study, who: Compared, names: tuple[str, ...]) -> list[dict[str, object]]:
    """Levels of a category with nobody in a group in which chance alone would have put at least five."""
    found: list[dict[str, object]] = []
    for name in names:
        column = who.column(name)
        if not isinstance(column, Category):
            continue
        used = column.used()
        there = ~used.missing
        total = int(there.sum())
        for code, level in enumerate(used.levels):
            at = there & (used.codes == code)
            for k, group in enumerate(who.group.levels):
                inside = who.group.codes == k
                expected = float(np.count_nonzero(at)) * np.count_nonzero(inside & there) / total
                if expected >= EXPECTED_BY_CHANCE and not np.any(at & inside):
                    found.append(
                        {
                            "n": int(np.count_nonzero(at)),
                            "name": covariate_name(study, name),
                            "level": level,
                            "group": group,
                            "expected": expected,
                        }
                    )
    return found


def _overlap(who: Compared, names: tuple[str, ...], rows: BoolArray) -> Mapping[str, tuple[float, int, float]]:
    """By group: the share of all patients hardly ever in it, its size, and what its patients are worth when weighted.

    Weights are 1 / chance of one's own group. A group that nobody with known covariates is in is passed over.
    """
    if not rows.any():
        return {}
    group = Category(who.group.codes[rows], who.group.levels).used()
    if len(group.levels) < 2:
        return {}
    columns: dict[str, Column] = {name: who.column(name)[rows] for name in names}
    chances = _chances(group, _independent(model_columns(columns, int(rows.sum()))[1]))
    if chances is None:
        return {}
    found = {}
    for code, level in enumerate(group.levels):
        chance: FloatArray = chances[:, code]
        weights = 1 / chance[group.codes == code]
        found[level] = (
            float(np.mean(chance < HARDLY)),
            len(weights),
            float(weights.sum() ** 2 / np.sum(weights**2)),
        )
    return found


def _chances(group: Category, x: FloatArray) -> FloatArray | None:
    """(n, K) chances of the groups by a multinomial model, kept away from 0 and 1; None when it has no maximum.

    As many persons as the model has coefficients are added, each with everybody's covariates and groups as they are
    shared overall (Clogg, Rubin, Schenker, Schultz & Weidman, JASA 1991;86:68): where few decide, chances stay moderate.
    Of very many patients the model is fitted to a random part (seeded), which fixes it well enough for the chances of all.
    """
    n, levels = len(x), len(group.levels)
    share = np.bincount(group.codes, minlength=levels) / n
    added = (levels - 1) * (1 + x.shape[1])
    drawn = np.arange(n)
    if n > MOST_FITTED:
        drawn = np.sort(np.random.default_rng(SEED).choice(n, MOST_FITTED, replace=False))
    m = len(drawn)
    fit = fit_multinomial(
        np.concatenate([group.codes[drawn], np.repeat(np.arange(levels), m)]),
        np.vstack([x[drawn], np.tile(x[drawn], (levels, 1))]),
        levels,
        weights=np.concatenate([np.ones(m), np.repeat(added * share / m, m)]),
    )
    if fit.status is not Status.CONVERGED:
        return None
    logits = np.column_stack([np.zeros(n), fit.coefficients[:, 0] + x @ fit.coefficients[:, 1:].T])
    return np.asarray(softmax(logits, axis=1))


def _independent(x: FloatArray) -> FloatArray:
    """The columns (n, q) that vary and are no combination of those before them."""
    centred = x - x.mean(axis=0)
    length = np.linalg.norm(centred, axis=0)
    there = length > ROUNDING * np.maximum(np.linalg.norm(x, axis=0), 1e-300)
    centred = centred[:, there] / length[there]
    if centred.shape[1] == 0:
        return x[:, :0]
    own = np.abs(np.diag(np.linalg.qr(centred, mode="r")))
    kept = np.flatnonzero(there)[: len(own)][own > ROUNDING]
    return x[:, kept]
