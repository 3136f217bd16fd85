"""The page docs/simulation.md: what is simulated, how each method did, and whether the goals are met."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from durata.simulation.methods import ENDED, METHODS, NAMES, PAIRS, Scale, versus
from durata.simulation.performance import Figure, Performance, Progress, Simulation, silent, simulate
from durata.simulation.scenarios import HORIZON, SCENARIOS, WINDOWS
from durata.simulation.truth import ENDINGS, known_truths

BY_SCENARIO = ("emulation-current-size", "emulation-loss")
DRAWN = ("null", "lethal")
NEAR_TRUTH, FEWEST_COVERED, MOST_COVERED, LEAST_FALSE, MOST_FALSE = 0.005, 0.92, 0.97, 0.03, 0.08


def methods_for(scenario: str) -> tuple[str, ...]:
    """The methods shown for a scenario: current size where it varies, loss weights where there is loss."""
    extra = {"varying": "emulation-current-size", "loss": "emulation-loss"}.get(scenario)
    return tuple(name for name in METHODS if name not in BY_SCENARIO or name == extra)


def measured(
    *, n: int, replicates: int, bootstrap: int, seed: int, workers: int, progress: Progress = silent
) -> tuple[tuple[Simulation, ...], Simulation | None]:
    """Every scenario without intervals for the emulation, then the null ones with a bootstrap in every cohort."""
    every = tuple(
        simulate([name], methods_for(name), n=n, replicates=replicates, seed=seed, workers=workers, progress=progress)
        for name in SCENARIOS
    )
    drawn = None
    if bootstrap:
        drawn = simulate(
            DRAWN,
            ["emulation"],
            n=n,
            replicates=replicates,
            bootstrap=bootstrap,
            seed=seed,
            workers=workers,
            progress=progress,
        )
    return every, drawn


def page(every: Sequence[Simulation], drawn: Simulation | None, command: str, cpu_seconds: float | None) -> str:
    """The page as Markdown."""
    first = every[0]
    parts = [
        "# Simulation with known truth",
        f"Made by `{command}`; do not edit. {first.replicates} simulated cohorts of {first.n} patients in each scenario"
        f"{_took(cpu_seconds)}. After each figure stands its Monte Carlo error in brackets: with "
        f"{first.replicates} cohorts a share near 5 % is known to within {_share_error(0.05, first.replicates)}, one near 95 % "
        f"just as well, so this page finds gross faults, not small ones. The long run, 1,000 cohorts with 500 bootstrap draws in "
        f"each, is\n\n```sh\n{LONG_RUN}\n```",
        _mechanism(),
        _truths(),
        *(_scenario(one) for one in every),
        *([_intervals(drawn)] if drawn is not None else []),
        _goals(every, drawn),
        _guarantees(every),
    ]
    return "\n\n".join(parts) + "\n"


LONG_RUN = "durata simulate --write-docs docs/simulation.md --replicates 1000 --bootstrap 500 --workers 2"


def _share_error(p: float, n: int) -> str:
    return f"{100 * np.sqrt(p * (1 - p) / n):.1f} percentage points (one standard error)"


def _took(seconds: float | None) -> str:
    return "" if seconds is None else f" took {seconds / 60:.1f} minutes of one processor"


def _mechanism() -> str:
    lines = [
        "## What is simulated",
        "Patients start treatment with a tumour of some size (log-normal), at one of two kinds of site, resistant (22 %) or not. "
        "Month by month, in this order: treatment ends (only while alive and free of progression, more likely at round months, "
        "less likely while the tumour is large), the disease progresses or recurs, the patient dies. They entered over 100 months "
        f"and are observed until one calendar day. Compared are the strategies "
        f"{', '.join(f'*{name}* ({from_}, {to}]' for name, from_, to in WINDOWS)} months: end treatment within them, unless "
        f"the disease has progressed; outcome is survival at {HORIZON} months.",
        "| scenario | what happens |\n|---|---|",
    ]
    rows = [f"| `{one.name}` | {one.says} |" for one in SCENARIOS.values()]
    return "\n\n".join(lines) + "\n" + "\n".join(rows)


def _truths() -> str:
    known = known_truths()
    worst = max(truth.survival_error for truth in known.values())
    lines = [
        "## The truth",
        "Each strategy is forced on 400,000 patients by the same mechanism (`durata simulate --write-truth FILE`), once for each "
        "way in which treatment ends within its window: as it happens to (natural), as observed ends spread over the window "
        f"(window), evenly (uniform). These are different questions with different answers. Monte Carlo error at most {worst:.4f}. "
        "Methods that group by achieved duration are held against the natural one.",
        "| scenario | ending | " + " | ".join(NAMES) + " |\n|---|---|" + "---|" * len(NAMES),
    ]
    rows = []
    for name, one in SCENARIOS.items():
        endings = ("natural",) if one.null else ENDINGS
        for ending in endings:
            cells = " | ".join(f"{known[name, ending, window].survival:.4f}" for window in NAMES)
            rows.append(f"| `{name}` | {'any' if one.null else ending} | {cells} |")
    return "\n\n".join(lines) + "\n" + "\n".join(rows)


def _scenario(done: Simulation) -> str:
    name = done.performance[0].scenario
    rows = {(row.method, row.scale, row.term): row for row in done.performance}
    terms = [versus(one, other) for one, other in PAIRS]
    lines = [f"## `{name}`: {SCENARIOS[name].says}"]
    survival = [
        f"| `{how}` | "
        + " | ".join(_bias(rows.get((how, "survival", window)), done.replicates) for window in NAMES)
        + " |"
        for how in methods_for(name)
        if any((how, "survival", window) in rows for window in NAMES)
    ]
    lines.append(
        f"Bias of survival at {HORIZON} months, in percentage points (SD over the cohorts after the stroke{_refused(done)}):\n\n| method | "
        + " | ".join(NAMES)
        + " |\n|---|"
        + "---|" * len(NAMES)
        + "\n"
        + "\n".join(survival)
    )
    contrasts = []
    for how in methods_for(name):
        scale: Scale = "difference" if (how, "difference", terms[0]) in rows else "log hazard ratio"
        own = [rows.get((how, scale, term)) for term in terms]
        if any(own):
            contrasts.append(f"| `{how}` | " + " | ".join(_contrast(row) for row in own) + " |  |")
        elif (how, scale, ENDED) in rows:
            row = rows[how, scale, ENDED]
            contrasts.append(f"| `{how}` |" + "  |" * len(terms) + f" {_contrast(row)} |")
    zero = "which should be 5 %" if SCENARIOS[name].null else "the power where windows differ"
    lines.append(
        "Contrasts: differences of survival in percentage points, or hazard ratios (HR; geometric mean), and how often the 95% "
        f"interval leaves out no difference, {zero}:\n\n| method | "
        + " | ".join([*terms, "ended against not"])
        + " |\n|---|"
        + "---|" * (len(terms) + 1)
        + "\n"
        + "\n".join(contrasts)
    )
    picks = [
        f"| `{one.method}` | "
        + " | ".join(f"{100 * picked:.0f} %" for _, picked in one.picked)
        + (f" | {_percent(one.right)} | {_points(one.regret)} |" if one.best else " |  |  |")
        for one in done.choices
    ]
    lines.append(
        "The window each would call best, how often that is right, and the regret (survival lost by the pick, percentage "
        "points):\n\n| method | "
        + " | ".join(NAMES)
        + " | right | regret |\n|---|"
        + "---|" * (len(NAMES) + 2)
        + "\n"
        + "\n".join(picks)
    )
    if done.failures:
        lines.append(
            "No answer: "
            + "; ".join(
                f"`{how}` in {times} of {done.replicates} cohorts ({why})" for _, how, times, why in done.failures
            )
            + "."
        )
    return "\n\n".join(lines)


def _refused(done: Simulation) -> str:
    """What "in 41 of 50" means, where it stands."""
    some = any(row.scale == "survival" and row.bias.n < done.replicates for row in done.performance)
    if not some:
        return ""
    return '; where a window is given "in" fewer cohorts it was refused in the others, worth fewer than 10 patients by its weights'


def _intervals(drawn: Simulation) -> str:
    rows = [
        f"| `{row.scenario}` | {row.term} | {100 * row.bias.value:+.1f} ({100 * row.bias.error:.1f}) "
        f"| {100 * row.empirical.value:.1f} ({100 * row.empirical.error:.1f}) "
        f"| {100 * row.model.value:.1f} ({100 * row.model.error:.1f}) | {_percent(row.coverage)} "
        f"| {_percent(row.excludes_zero) if row.scale == 'difference' else ''} |"
        for row in drawn.performance
    ]
    return (
        f"## Intervals of the emulation\n\n{drawn.replicates} cohorts of {drawn.n} patients, percentile intervals of "
        f"{drawn.bootstrap} draws of patients in each (a study takes 1,000), read at ranks 0.025 and 0.975 of one more than the draws, "
        "so that few draws do not shorten them. Percentage points.\n\n"
        "| scenario | estimate | bias | SD over cohorts | bootstrap SE | coverage | type-I error |\n|---|---|---|---|---|---|---|\n"
        + "\n".join(rows)
    )


def goals(every: Sequence[Simulation], drawn: Simulation | None) -> Iterator[tuple[str, str, str]]:
    """Each goal in words, whether it is met ("yes", "no", or that so few cohorts cannot tell), and the figure behind it."""
    for done in every:
        for row in done.performance:
            if (
                row.method != "emulation"
                or row.scale != "survival"
                or row.scenario not in ("null", "lethal", "optimum")
            ):
                continue
            bound = max(NEAR_TRUTH, 3 * row.bias.error)
            yield (
                f"`{row.scenario}`, {row.term}: bias within the larger of 0.5 points and 3 Monte Carlo errors",
                "yes" if abs(row.bias.value) <= bound else "**no**",
                _bias(row),
            )
    for row in drawn.performance if drawn is not None else ():
        if row.scale == "difference":
            yield (
                f"`{row.scenario}`, {row.term}: type-I error 3 to 8 %",
                _within(row.excludes_zero, LEAST_FALSE, MOST_FALSE),
                _percent(row.excludes_zero),
            )
        yield (
            f"`{row.scenario}`, {row.term}: coverage 92 to 97 %",
            _within(row.coverage, FEWEST_COVERED, MOST_COVERED),
            _percent(row.coverage),
        )


def _within(figure: Figure, low: float, high: float) -> str:
    """Whether a share lies between two bounds; outside by less than two Monte Carlo errors at the bound it is not decided."""
    if low <= figure.value <= high:
        return "yes"
    slack = [2 * float(np.sqrt(p * (1 - p) / figure.n)) for p in (low, high)]
    near = low - slack[0] <= figure.value <= high + slack[1]
    return "not decided" if near else "**no**"


def _goals(every: Sequence[Simulation], drawn: Simulation | None) -> str:
    rows = [f"| {what} | {figure} | {met} |" for what, met, figure in goals(every, drawn)]
    return (
        "## Goals of the default emulation\n\n*Not decided*: a share lies outside its bounds by less than two Monte "
        "Carlo errors, which this number of cohorts cannot tell from within.\n\n| goal | measured | met |\n|---|---|---|\n"
        + "\n".join(rows)
    )


def _guarantees(every: Sequence[Simulation]) -> str:
    rows = []
    for how in METHODS:
        cells = []
        for name in DRAWN:
            found = [
                row
                for done in every
                for row in done.performance
                if row.scenario == name and row.method == how and row.scale != "survival"
            ]
            worst = max(found, key=lambda row: abs(row.bias.value) / row.bias.error, default=None)
            cells.append(
                ""
                if worst is None
                else f"{_contrast(worst)}, {abs(worst.bias.value) / worst.bias.error:.1f} errors from none"
            )
        if any(cells):
            rows.append(f"| `{how}` | " + " | ".join(cells) + " |")
    return (
        "## What finds nothing where there is nothing\n\nThe contrast of each method that lies farthest from no difference in the "
        "two scenarios in which the duration does not matter, counted in Monte Carlo errors; of three contrasts the farthest "
        "is beyond 2.4 by chance once in twenty.\n\n| method | "
        + " | ".join(f"`{name}`" for name in DRAWN)
        + " |\n|---|"
        + "---|" * len(DRAWN)
        + "\n"
        + "\n".join(rows)
    )


def _bias(row: Performance | None, of: int = 0) -> str:
    if row is None:
        return "not estimable"
    few = f", in {row.bias.n} of {of}" if row.bias.n < of else ""
    return f"{100 * row.bias.value:+.1f} ({100 * row.bias.error:.1f}) / {100 * row.empirical.value:.1f}{few}"


def _contrast(row: Performance | None) -> str:
    if row is None:
        return "not estimable"
    if row.scale == "difference":
        text = f"{100 * row.mean:+.1f} ({100 * row.bias.error:.1f})"
    else:
        text = f"HR {np.exp(row.mean):.2f} ({np.exp(row.mean) * row.bias.error:.2f})"
    return text if row.excludes_zero.n == 0 else f"{text}; {_percent(row.excludes_zero)}"


def _percent(figure: Figure) -> str:
    return f"{100 * figure.value:.0f} % ({100 * figure.error:.1f})" if figure.n else ""


def _points(figure: Figure) -> str:
    return f"{100 * figure.value:.1f} ({100 * figure.error:.1f})" if figure.n else ""
