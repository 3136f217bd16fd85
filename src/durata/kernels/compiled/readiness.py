"""Whether compiled kernels can be had without waiting: numba is there, and their machine code lies in its cache."""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

SWITCH = "DURATA_COMPILED"
"""Environment variable: "never" keeps to numpy, "always" waits for the compiler even where nothing is cached."""
MODULES = ("newton_sweep", "row_sweep", "dominance_sweep", "concordance_sweep", "firth_sweep")


_SETTLED: ContextVar[bool | None] = ContextVar("durata_compiled", default=None)


@contextmanager
def in_one_way(*, compiled: bool) -> Iterator[None]:
    """Have everything in the block answered by compiled kernels, or nothing.

    The two agree to rounding but not to the last bit: whoever wants the same bytes again must not let it
    depend on what happens to be loaded or cached. ``compiled`` waits for the compiler where nothing is cached.
    """
    wanted = compiled and os.environ.get(SWITCH, "") != "never" and _installed()
    if wanted:
        warm()
    token = _SETTLED.set(wanted)
    try:
        yield
    finally:
        _SETTLED.reset(token)


def ready() -> bool:
    """Whether the compiled kernels answer at once: loaded already, or cached by an earlier call or by ``warm``.

    Without a cache this is False until somebody calls :func:`warm` (``durata selfcheck`` and the first large run do):
    nobody's first call waits for a compiler.
    """
    settled = _SETTLED.get()
    if settled is not None:
        return settled
    wish = os.environ.get(SWITCH, "")
    if wish == "never" or not _installed():
        return False
    return wish == "always" or loaded() or _cached()


def loaded() -> bool:
    """Whether the compiled kernels are in memory, so that calling them costs nothing."""
    settled = _SETTLED.get()
    if settled is not None:
        return settled
    return (
        os.environ.get(SWITCH, "") != "never"
        and f"{__package__}.newton_sweep" in sys.modules
        and _compiled_once.is_set()
    )


_compiled_once = threading.Event()
_warming = threading.Lock()


def warm() -> None:
    """Compile every kernel (about ten seconds), or load it from the cache (less than one); later calls find it ready.

    Nothing happens where :func:`in_one_way` keeps to numpy.
    """
    if _SETTLED.get() is False:
        return
    from durata.kernels.compiled.concordance_sweep import exercise as exercise_concordance
    from durata.kernels.compiled.dominance_sweep import exercise as exercise_dominance
    from durata.kernels.compiled.firth_sweep import exercise as exercise_firth
    from durata.kernels.compiled.newton_sweep import exercise as exercise_newton
    from durata.kernels.compiled.row_sweep import exercise as exercise_rows

    with _warming:
        if not _compiled_once.is_set():
            exercise_newton()
            exercise_rows()
            exercise_dominance()
            exercise_firth()
            exercise_concordance()
            _compiled_once.set()


def warm_in_background() -> None:
    """Begin to compile while numpy goes on with the work in hand; the next large call finds the kernels ready."""
    if _SETTLED.get() is not None or os.environ.get(SWITCH, "") == "never" or not _installed():
        return
    if _compiled_once.is_set() or _warming.locked():
        return
    threading.Thread(target=warm, name="durata-compile", daemon=True).start()


@cache
def _installed() -> bool:
    return importlib.util.find_spec("numba") is not None


@cache
def _cached() -> bool:
    """Whether numba's cache beside these modules holds machine code of every one of them.

    An index that has gone stale (another version of the file, of numba or of the processor) costs one compilation.
    """
    folder = Path(__file__).parent / "__pycache__"
    return all(any(folder.glob(f"{module}.*.nbc")) for module in MODULES)
