"""The command line: the group of all commands; each is imported lightly, so that --help is quick."""

from __future__ import annotations

import gc
import os
import sys

import click

from durata.cli.audit import audit
from durata.cli.checking import check
from durata.cli.drafting import init, template
from durata.cli.exits import leave_with
from durata.cli.reference import rules, schema
from durata.cli.selfcheck import selfcheck
from durata.cli.simulation import simulate
from durata.cli.studies import demo, run, trace
from durata.cli.verify import verify

EXIT_CODES = (
    "Exit codes: 0 ok, 1 findings at or above --fail-on, 2 wrong usage, 3 study or data invalid, 4 nothing can be "
    "estimated, 70 an error in durata, 130 cancelled."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}, epilog=EXIT_CODES)
@click.version_option(package_name="durata", message="durata %(version)s")
def durata() -> None:
    """Find out how long a treatment should last.

    durata turns a patient file and a short study file into a whole study, and says which of its results the design
    itself has bent.
    """


for command in (demo, run, check, trace, audit, verify, rules, schema, init, template, simulate, selfcheck):
    durata.add_command(command)


def main() -> None:
    """Run the command line and leave with the exit code that says how it went.

    Linear algebra gets one thread, before anything loads it: sums come out the same on every machine, and threads that
    wait for each other take longer than the work.
    """
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    # a file of many cells is many small objects that live to the end: looking through them for cycles is time lost
    gc.set_threshold(500_000, 20, 20)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    leave_with(durata)
