"""Progress on stderr: a bar on a terminal, a line per stage elsewhere; silent under two seconds."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, Self

SILENT_SECONDS = 2.0


class Reporter:
    """Called with (stage, done, of); used as a context manager so that the bar is always taken down."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._said = ""
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, stage: str, done: int, of: int) -> None:
        """Tell where the walk is."""
        if time.monotonic() - self._began < SILENT_SECONDS:
            return
        if sys.stderr.isatty():
            self._draw(stage, done, of)
        elif stage != self._said:
            self._said = stage
            print(f"durata: {stage} ...", file=sys.stderr, flush=True)

    def _draw(self, stage: str, done: int, of: int) -> None:
        if self._bar is None:
            from rich.console import Console
            from rich.progress import Progress

            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task(stage, total=of)
        self._bar.update(self._task, description=stage, completed=done, total=of)
