"""Exit codes, and how every error becomes one, in words and without patients' values."""

from __future__ import annotations

import json
import sys
import traceback
from dataclasses import dataclass
from enum import IntEnum
from typing import NoReturn

import click

from durata.finding import DurataError, StudyError


class Exit(IntEnum):
    """What an exit code means."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    INVALID = 3
    NOT_ESTIMABLE = 4
    OUR_BUG = 70
    CANCELLED = 130


@dataclass
class Asked:
    """What was asked of the command line as a whole; the commands' --format sets it, errors are told by it."""

    json: bool = False


def leave_with(command: click.Command) -> NoReturn:
    """Run a command and exit with the code its outcome deserves."""
    asked = Asked()
    try:
        command.main(standalone_mode=False, obj=asked)
    except click.exceptions.Abort:
        click.echo("Cancelled.", err=True)
        sys.exit(Exit.CANCELLED)
    except KeyboardInterrupt:
        click.echo("Cancelled.", err=True)
        sys.exit(Exit.CANCELLED)
    except click.ClickException as error:
        error.show()
        sys.exit(Exit.USAGE)
    except DurataError as error:
        say(error, json_asked=asked.json)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(Exit.OK)
    except Exception as error:  # the last resort: our bug, told without any value that may be a patient's
        click.echo(redacted(error), err=True)
        sys.exit(Exit.OUR_BUG)
    sys.exit(Exit.OK)


def say(error: DurataError, *, json_asked: bool) -> None:
    """Print an error: each finding on a line of its own on stderr; as one JSON document on stdout if that was asked."""
    if json_asked:
        from durata.report.results import as_plain, finding_words

        findings = [finding_words(finding) for finding in error.findings] if isinstance(error, StudyError) else []
        document = {"error": str(error), "exit_code": error.exit_code, "findings": findings}
        click.echo(json.dumps(as_plain(document), ensure_ascii=False, indent=2, allow_nan=False))
        return
    click.echo(str(error), err=True)


def redacted(error: BaseException) -> str:
    """An unexpected error as its kind and the lines of code it passed; its text may hold a patient's value."""
    places = [
        f"  {frame.filename.rpartition('durata')[2] or frame.filename}:{frame.lineno} in {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
        if "durata" in frame.filename
    ]
    return "\n".join(
        [
            f"durata met an error of its own ({type(error).__name__}). Please report these lines; they hold no data:",
            *places,
        ]
    )
