"""Time durata and every other implementation in one run, turn by turn, and write medians, spread and memory to a JSON.

python benchmarks/setup.py                 # once: the other implementations, in an environment of their own
python benchmarks/run.py --quick           # small data, about two minutes
python benchmarks/run.py                   # everything, about a quarter of an hour on two cores
python benchmarks/report.py                # docs/performance.md from the JSON
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import selectors
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from data import Case, make

HERE = Path(__file__).resolve().parent
QUICK = [
    Case("cox", 200, 5),
    Case("cox", 2000, 5),
    Case("cox", 20_000, 5),
    Case("rows", 10_000, 10),
    Case("bootstrap", 171, 5, replicates=100),
    Case("curve", 100_000),
    Case("logrank", 100_000),
    Case("finegray", 2000, 5),
    Case("firth", 171, 8),
    Case("firth_profile", 171, 8),
]
FULL = [
    Case("cox", 200, 5),
    Case("cox", 2000, 5),
    Case("cox", 20_000, 5),
    Case("cox", 1_000_000, 5, "continuous"),
    Case("cox", 1_000_000, 20, "continuous"),
    Case("cox", 1_000_000, 20),
    Case("rows", 100_000, 10),
    Case("rows", 1_000_000, 10),
    Case("rows", 1_000_000, 10, "continuous"),
    Case("bootstrap", 171, 5, replicates=1000),
    Case("bootstrap", 5000, 5, replicates=1000),
    Case("curve", 1_000_000),
    Case("curve", 10_000_000),
    Case("curve", 10_000_000, times="continuous"),
    Case("logrank", 1_000_000),
    Case("logrank", 10_000_000),
    Case("logrank", 10_000_000, times="continuous"),
    Case("finegray", 100_000, 5),
    Case("firth", 171, 8),
    Case("firth_profile", 171, 8),
]
IMPLEMENTATIONS = {
    "durata": ("cox", "rows", "curve", "logrank", "finegray", "firth_profile"),
    "durata (kernel)": ("cox", "rows", "bootstrap", "firth"),
    "survival (Rust)": ("cox", "rows", "bootstrap", "curve", "logrank"),
    "coxstream": ("cox", "bootstrap"),
    "coxdev": ("cox", "rows"),
    "lifelines": ("cox", "bootstrap", "curve", "logrank"),
    "scikit-survival": ("cox", "curve", "logrank"),
    "statsmodels": ("cox", "logrank"),
    "greenwood": ("cox", "logrank"),
    "comprisk": ("finegray",),
    "firthmodels": ("firth", "firth_profile"),
    "R coxph.fit": ("cox", "bootstrap"),
    "R survival": ("cox", "rows", "bootstrap", "curve", "logrank"),
}
PATIENCE = 60.0
"""Seconds after which a call is stopped; an implementation that was stopped is not asked about larger data."""
ROUNDS, ENOUGH = 5, 8.0
"""At most so many turns each, and no further turn after so many seconds spent on one implementation and case."""
SHORT = 0.05
"""A turn repeats the call until about so many seconds have passed."""


class Worker:
    """A process that does the work of one implementation."""

    def __init__(self, name: str, python: str) -> None:
        self.name, self.r = name, name.startswith("R ")
        command = ["Rscript", str(HERE / "peers.R"), name] if self.r else [python, str(HERE / "worker.py"), name]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, cwd=HERE)  # fmt: skip
        self.answer(60.0)

    def answer(self, patience: float) -> dict[str, object]:
        """The next line of JSON; {"error": ...} when it does not come."""
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as waiting:
            waiting.register(self.process.stdout, selectors.EVENT_READ)
            end = time.monotonic() + patience
            while time.monotonic() < end:
                if not waiting.select(end - time.monotonic()):
                    break
                line = self.process.stdout.readline()
                if not line:
                    return {"error": "ended without an answer"}
                if line.startswith("{"):
                    return dict(json.loads(line.replace("NaN", "null").replace("Inf", "null")))
        self.process.kill()
        return {"error": f"stopped after {patience:.0f} s", "stopped": True}

    def ask(self, told: dict[str, object], line: str, patience: float) -> dict[str, object]:
        """Send a command and wait."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write((line if self.r else json.dumps(told)) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return {"error": "ended without an answer"}
        return self.answer(patience)

    def end(self) -> None:
        """Close it."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.close()
            self.process.wait(10)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()


def compare(case: Case, pythons: dict[str, str], lost: dict[str, str]) -> dict[str, object]:
    """One case: every implementation once to begin with, then turn by turn."""
    found: dict[str, dict[str, object]] = {}
    with tempfile.TemporaryDirectory() as folder:
        make(case, Path(folder))
        workers: dict[str, Worker] = {}
        for name, does in IMPLEMENTATIONS.items():
            if case.work not in does or name not in pythons:
                continue
            if f"{name} {case.work}" in lost:
                found[name] = {"error": lost[f"{name} {case.work}"]}
                continue
            worker = Worker(name, pythons[name])
            line = f"prepare\t{folder}\t{case.work}\t{case.n}\t{case.p}\t{case.replicates}"
            first = worker.ask({"do": "prepare", "folder": folder}, line, PATIENCE)
            found[name] = first
            if "error" in first:
                if first.get("stopped"):
                    lost[f"{name} {case.work}"] = f"stopped after {PATIENCE:.0f} s at {case.name}"
                worker.end()
            else:
                workers[name] = worker
        seconds: dict[str, list[float]] = {name: [] for name in workers}
        spent = {name: float(found[name]["first"]) for name in workers}  # type: ignore[arg-type]
        for _ in range(ROUNDS):
            for name, worker in workers.items():
                if spent[name] > ENOUGH and seconds[name]:
                    continue
                typical = statistics.median(seconds[name]) if seconds[name] else float(found[name]["first"])  # type: ignore[arg-type]
                repeat = int(min(200, max(1, SHORT / max(typical, 1e-6))))
                timed = worker.ask({"do": "time", "repeat": repeat}, f"time\t{repeat}", 2 * PATIENCE)
                if "error" in timed:
                    found[name]["error"] = timed["error"]
                    spent[name] = float("inf")
                    continue
                seconds[name] += timed["seconds"]  # type: ignore[operator]
                spent[name] += sum(timed["seconds"])  # type: ignore[call-overload]
        for name, worker in workers.items():
            worker.end()
            if seconds[name]:
                found[name].update(median=statistics.median(seconds[name]), least=min(seconds[name]),
                                   most=max(seconds[name]), calls=len(seconds[name]))  # fmt: skip
    return {"work": case.work, "n": case.n, "p": case.p, "times": case.times, "replicates": case.replicates,
            "name": case.name, "found": found}  # fmt: skip


def available(peers_python: str | None) -> tuple[dict[str, str], dict[str, str]]:
    """Which Python runs which implementation, and their versions."""
    pythons, versions = {}, {}
    for name in IMPLEMENTATIONS:
        if name.startswith("durata"):
            python = sys.executable
        elif name.startswith("R "):
            python = shutil.which("Rscript") or ""
        else:
            python = peers_python or ""
        if not python:
            continue
        worker = Worker(name, python)
        told = worker.ask({"do": "version"}, "version", 30.0)
        worker.end()
        if "version" in told:
            pythons[name], versions[name] = python, str(told["version"])
    return pythons, versions


def processor() -> str:
    """What the processor calls itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def main() -> None:
    """Run the cases asked for and write the JSON after each."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--quick", action="store_true", help="small data only")
    arguments.add_argument("--only", nargs="*", default=[], help="works to run: cox rows bootstrap curve logrank ...")
    arguments.add_argument("--largest", type=int, default=0, help="leave out the cases with more rows")
    arguments.add_argument("--venv", type=Path, default=HERE / ".peers", help="where setup.py put the others")
    arguments.add_argument("--out", type=Path, default=HERE / "results.json")
    asked = arguments.parse_args()
    python = asked.venv / "bin" / "python"
    pythons, versions = available(str(python) if python.exists() else None)
    listed = asked.venv / "peers.json"
    peers = json.loads(listed.read_text())["peers"] if listed.exists() else {}
    result: dict[str, object] = {
        "date": date.today().isoformat(),
        "machine": {"processor": processor(), "cores": os.cpu_count(), "system": platform.platform(),
                    "python": platform.python_version()},
        "mode": "quick" if asked.quick else "full",
        "load_at_start": os.getloadavg()[0],
        "versions": versions,
        "installation": peers,
        "cases": [],
    }  # fmt: skip
    lost: dict[str, str] = {}
    cases: list[object] = []
    for case in QUICK if asked.quick else FULL:
        if (asked.only and case.work not in asked.only) or (asked.largest and case.n > asked.largest):
            continue
        began = time.monotonic()
        cases.append(compare(case, pythons, lost))
        result.update(cases=cases, load_at_end=os.getloadavg()[0])
        asked.out.write_text(json.dumps(result, indent=1))
        print(f"{case.work}: {case.name} ({time.monotonic() - began:.0f} s)", flush=True)
        found = cases[-1]["found"]  # type: ignore[index]
        for name, one in sorted(found.items(), key=lambda item: item[1].get("median", 1e9)):
            print(f"   {name:20s} {one.get('median', float('nan')) * 1e3:12.3f} ms  {one.get('error', '')}", flush=True)


if __name__ == "__main__":
    main()
