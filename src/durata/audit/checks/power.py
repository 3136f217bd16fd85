"""What so few events can show, how many tests were made, how many coefficients were fitted."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from durata.audit.arithmetic import schoenfeld
from durata.audit.figures import Figures
from durata.audit.implied import implied
from durata.audit.printed import printed_p
from durata.audit.seen import COHERENT, OPEN, Seen, said
from durata.language.speaking import speak

EVENTS_PER_PARAMETER = 10


def detectable(figures: Figures) -> Iterator[Seen]:
    """A15: the hazard ratio shown with 80% power by so many events (Schoenfeld)."""
    total = figures.study.patients
    for name, outcome in figures.outcomes.items():
        if outcome.events == 0:
            continue
        for group in figures.groups:
            if group.patients < total:
                yield said(
                    "A15",
                    COHERENT,
                    "{outcome}: with {events} events, {group} against the rest shows a hazard ratio of {ratio:.2f} or lower "
                    "with 80% power.",
                    keys=("outcomes", name, "events"),
                    outcome=name,
                    events=outcome.events,
                    group=group.name,
                    ratio=schoenfeld(outcome.events, group.patients / total),
                )
        shared = implied(figures, name)
        for versus, group in combinations(figures.groups, 2):
            events = 0.0 if shared is None else shared.events[group.name] + shared.events[versus.name]
            if events > 0:
                yield said(
                    "A15",
                    COHERENT,
                    "{outcome}: with about {events:.1f} events in both, {group} against {versus} shows a hazard ratio of "
                    "{ratio:.2f} or lower with 80% power; anything nearer to 1 is likely to be missed.",
                    keys=("outcomes", name, "events"),
                    warn=True,
                    outcome=name,
                    events=events,
                    group=group.name,
                    versus=versus.name,
                    ratio=schoenfeld(events, group.patients / (group.patients + versus.patients)),
                )


def multiplicity(figures: Figures) -> Iterator[Seen]:
    """A16: the chance of a false positive among so many tests, and what survives a correction."""
    significant = [k for k, one in enumerate(figures.tests) if printed_p(one.p).significant]
    if figures.multiplicity is None:
        if len(figures.tests) > 1:
            yield said(
                "A16",
                OPEN,
                "{n} p-values are printed; how many tests were made is not stated.",
                "Count pairs, outcomes and populations.",
                keys=("tests",),
                n=len(figures.tests),
            )
        return
    counted = figures.multiplicity
    n = counted.pairs * counted.outcomes * counted.populations
    yield said(
        "A16",
        COHERENT,
        "{n} tests ({pairs} pairs, {outcomes} outcomes, {populations} populations): P(at least one false positive) = "
        "{chance:.3f} if they were independent.",
        "Name one primary comparison, and correct the others together.",
        keys=("multiplicity",),
        warn=n > 1,
        n=n,
        pairs=counted.pairs,
        outcomes=counted.outcomes,
        populations=counted.populations,
        chance=1 - 0.95**n,
    )
    family = {k: float(figures.tests[k].p.lstrip("<>")) for k in significant}
    holm = _holm(family, max(n, len(figures.tests)))
    for k in significant:
        one, p = figures.tests[k], family[k]
        few, all_of_them = min(1.0, counted.pairs * p), min(1.0, n * p)
        yield said(
            "A16",
            COHERENT,
            "{outcome}, {group} against {versus}{among}: P {printed} becomes {few:.3f} for {pairs} pairs, {all:.3f} for all {n} "
            "tests (Holm {holm:.3f}).",
            keys=("tests", k, "p"),
            warn=all_of_them >= 0.05,
            outcome=one.outcome,
            group=one.group,
            versus=one.versus,
            among="" if one.subgroup is None else speak(" among {subgroup}", subgroup=one.subgroup),
            printed=one.p,
            few=few,
            pairs=counted.pairs,
            all=all_of_them,
            n=n,
            holm=holm[k],
        )


def _holm(family: dict[int, float], n: int) -> dict[int, float]:
    """Holm's p-values of the significant among n tests; those not printed or not significant stand behind them."""
    reached, adjusted = 0.0, {}
    for rank, k in enumerate(sorted(family, key=family.__getitem__)):
        reached = max(reached, min(1.0, (n - rank) * family[k]))
        adjusted[k] = reached
    return adjusted


def events_per_parameter(figures: Figures) -> Iterator[Seen]:
    """A22: ten events a coefficient, and fewer than that fit noise."""
    for k, model in enumerate(figures.models):
        events = figures.outcomes[model.outcome].events
        enough = events >= EVENTS_PER_PARAMETER * model.parameters
        yield said(
            "A22",
            COHERENT,
            "{outcome}: {events} events for at least {parameters} coefficients, {each:.1f} each; ten each allow {allowed}.",
            "" if enough else "Fit fewer coefficients, or a penalised model (Firth, ridge).",
            keys=("models", k),
            warn=not enough,
            outcome=model.outcome,
            events=events,
            parameters=model.parameters,
            each=events / model.parameters,
            allowed=events // EVENTS_PER_PARAMETER,
        )
