"""One implementation in a process of its own: reads commands as lines of JSON, answers with lines of JSON."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from importlib import metadata
from pathlib import Path

import numpy as np
import ours  # noqa: F401
import peers  # noqa: F401
from data import read
from register import WORK


def memory(field: str) -> float:
    """A line of /proc/self/status in MB; NaN where there is none."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return float("nan")
    return next((float(line.split()[1]) / 1024 for line in lines if line.startswith(field)), float("nan"))


def forget_peak() -> None:
    """Have the peak of the resident memory counted anew (Linux)."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def version(implementation: str) -> str:
    """Its version, as installed here."""
    name = implementation.split(" ", maxsplit=1)[0]
    return metadata.version(name)


def main(implementation: str) -> None:
    """Answer until the input ends."""
    timed = None
    print(json.dumps({"ready": True, "python": platform.python_version(), "numpy": np.__version__}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            if asked["do"] == "version":
                answer: dict[str, object] = {"version": version(implementation)}
            elif asked["do"] == "prepare":
                case, arrays = read(Path(asked["folder"]))
                timed = WORK[implementation][case.work](arrays, case)
                before = memory("VmRSS")
                forget_peak()
                began = time.perf_counter()
                numbers = timed()
                answer = {
                    "first": time.perf_counter() - began,
                    "peak_mb": memory("VmHWM") - before,
                    "numbers": np.asarray(numbers, dtype=np.float64).ravel().tolist(),
                }
            else:
                assert timed is not None
                seconds = []
                for _ in range(asked["repeat"]):
                    began = time.perf_counter()
                    timed()
                    seconds.append(time.perf_counter() - began)
                answer = {"seconds": seconds}
        except Exception as error:  # whatever a peer fails with is written into the table
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    import warnings

    warnings.simplefilter("ignore")
    main(sys.argv[1])
