"""The command simulate: how methods do on cohorts whose truth is known, and how often rules fire on them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from durata.cli.options import FORMAT, LANGUAGE, print_json

if TYPE_CHECKING:
    from durata.simulation.rule_rates import Rate


@click.command()
@click.option(
    "--scenario", "scenarios", multiple=True, metavar="NAME", help="Scenario; may be repeated. [default: null]"
)
@click.option("--method", "methods", multiple=True, metavar="NAME", help="Method; may be repeated. [default: all]")
@click.option("--list", "listing", is_flag=True, help="List scenarios and methods and stop.")
@click.option("--n", type=click.IntRange(min=20), default=2000, show_default=True, help="Patients in each cohort.")
@click.option(
    "--replicates", type=click.IntRange(min=2), default=60, show_default=True, help="Cohorts of each scenario."
)
@click.option(
    "--bootstrap",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Draws of patients behind each interval of the emulation; 0 for none.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Seed of all random numbers.")
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes.")
@click.option(
    "--rules", is_flag=True, help="Count instead how often T01, T02, S01 and X01 fire with their fault and without."
)
@click.option(
    "--write-docs",
    type=click.Path(path_type=Path),
    help="Write the page of all scenarios here; with --rules, the folder of pages.",
)
@click.option(
    "--write-truth",
    type=click.Path(path_type=Path),
    help="Force every strategy on very many patients and write the truth here.",
)
@click.option(
    "--people", type=click.IntRange(min=100), default=400_000, show_default=True, help="Patients for --write-truth."
)
@LANGUAGE
@FORMAT
def simulate(
    scenarios: tuple[str, ...],
    methods: tuple[str, ...],
    listing: bool,
    n: int,
    replicates: int,
    bootstrap: int,
    seed: int,
    workers: int,
    rules: bool,
    write_docs: Path | None,
    write_truth: Path | None,
    people: int,
    language: str | None,
    shape: str,
) -> None:
    """Try the paper's method and every design on simulated cohorts whose truth is known."""
    from durata.cli.progress import Reporter
    from durata.language.speaking import ENGLISH, speaking
    from durata.simulation.lines import known_lines, rate_lines, simulation_lines
    from durata.simulation.methods import METHODS
    from durata.simulation.performance import simulate as run_simulation
    from durata.simulation.rule_rates import rule_rates

    with speaking(language or ENGLISH), Reporter() as progress:
        if listing:
            _print(known_lines())
        elif write_truth is not None:
            from durata.simulation.truth import truth_table

            _write(write_truth, truth_table(people, seed))
        elif rules:
            rates = rule_rates(replicates=replicates, seed=seed, progress=progress)
            if write_docs is not None:
                _write_rates(write_docs, rates)
            elif shape == "json":
                print_json(_plain([asdict(rate) for rate in rates]))
            else:
                _print(rate_lines(rates))
        elif write_docs is not None:
            from durata.simulation.page import measured, page

            asked = {"n": n, "replicates": replicates, "bootstrap": bootstrap, "seed": seed}
            began = time.process_time()
            every, drawn = measured(**asked, workers=workers, progress=progress)
            spent = time.process_time() - began if workers == 1 else None
            words = " ".join(f"--{name} {value}" for name, value in asked.items())
            write_docs.write_text(
                page(every, drawn, f"durata simulate --write-docs FILE {words}", spent), encoding="utf-8"
            )
            click.echo(write_docs)
        else:
            done = run_simulation(
                scenarios or ("null",),
                methods or tuple(METHODS),
                n=n,
                replicates=replicates,
                bootstrap=bootstrap,
                seed=seed,
                workers=workers,
                progress=progress,
            )
            if shape == "json":
                print_json(_plain(asdict(done)))
            else:
                _print(simulation_lines(done))


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)


def _plain(value: Any) -> Any:
    from durata.report.results import as_plain

    return as_plain(value)


def _write(file: Path, document: dict[str, Any]) -> None:
    """One row of the table a line, so that differences can be read."""
    rows = ",\n".join(json.dumps(row) for row in document["truths"])
    head = json.dumps({name: value for name, value in document.items() if name != "truths"})[:-1]
    file.write_text(f'{head}, "truths": [\n{rows}\n]}}\n', encoding="utf-8")
    click.echo(file)


def _write_rates(folder: Path, rates: Sequence[Rate]) -> None:
    """Write the measured rates into the page of each rule."""
    from durata.simulation.rule_rates import with_rates

    for code in dict.fromkeys(rate.code for rate in rates):
        file = folder / f"{code}.md"
        if not file.is_file():
            raise click.UsageError(f"There is no page {file}. Name the folder of the rules' pages (docs/rules).")
        text = with_rates(file.read_text(encoding="utf-8"), [rate for rate in rates if rate.code == code])
        file.write_text(text, encoding="utf-8")
        click.echo(file)
