"""Install every other implementation into a virtual environment of its own; say in a JSON which could not be, and why.

python benchmarks/setup.py [--venv FOLDER]
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PEERS = {
    "lifelines": "lifelines",
    "scikit-survival": "sksurv",
    "statsmodels": "statsmodels.api",
    "coxdev": "coxdev",
    "coxstream": "coxstream",
    "greenwood": "greenwood",
    "survival": "survival",
    "comprisk": "comprisk",
    "firthmodels": "firthmodels",
}
"""Name in the package index, and the module that must import."""


def main() -> None:
    """Make the environment, install one by one, import each, and fall back to a build from source."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--venv", type=Path, default=HERE / ".peers")
    venv = arguments.parse_args().venv.resolve()
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    uv = shutil.which("uv")
    pip = [uv, "pip", "install", "--python", str(python)] if uv else [str(python), "-m", "pip", "install"]
    told: dict[str, dict[str, str]] = {}
    said(pip, "numba", "threadpoolctl")
    for name, module in PEERS.items():
        said(pip, name)
        trouble, source = imports(python, module), False
        if trouble:
            again = "--reinstall-package" if uv else "--force-reinstall"
            options = [again, name] if uv else [again, "--no-deps"]
            said(pip, *options, "--no-binary", name, *([name]))
            source, wheel, trouble = True, trouble, imports(python, module)
            told[name] = {"wheel": wheel}
        told.setdefault(name, {}).update(
            {"trouble": trouble} if trouble else {"built": "source" if source else "wheel"}
        )
        print(name, told[name], flush=True)
    (venv / "peers.json").write_text(json.dumps({"python": str(python), "peers": told}, indent=1))


def said(pip: list[str], *options: str) -> None:
    """Install; a failure shows when the module does not import."""
    subprocess.run([*pip, *options], check=False, capture_output=True, text=True)


def imports(python: Path, module: str) -> str:
    """The last line of what goes wrong when a module is imported; "" when nothing does."""
    done = subprocess.run([str(python), "-c", f"import {module}"], check=False, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


if __name__ == "__main__":
    main()
