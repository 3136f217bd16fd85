"""Words on the command line -> pipeline; exit codes. No decision about statistics is taken here."""

from __future__ import annotations

from durata.cli.entry import main

__all__ = ["main"]
