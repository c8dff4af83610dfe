"""A verb's result -> lines for a person, or one JSON object and nothing else.

What a person reads goes through rich; with ``--json`` standard output carries one object, and
progress and warnings go to standard error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import typer

from kiyas.errors import KiyasError
from kiyas.faults import say_fault
from kiyas.languages import gettext as _

_INTERRUPTED = 130
"""Exit code of what SIGINT has ended, as shells have it: 128 and the signal's number."""


def emit(result: Mapping[str, Any], text: str, *, as_json: bool) -> None:
    """Print a verb's result in the form that was asked for."""
    sys.stdout.write(json.dumps(result, ensure_ascii=False) if as_json else text)
    sys.stdout.write("\n")


def emit_error(error: KiyasError, *, as_json: bool) -> None:
    """Print an error: as the one JSON object, or for a person on standard error."""
    if as_json:
        sys.stdout.write(json.dumps(error.to_dict(), ensure_ascii=False) + "\n")
    else:
        sys.stderr.write(_("error: {error}").format(error=error.tell(say_fault)) + "\n")


@contextmanager
def resumable(*, as_json: bool) -> Iterator[None]:
    """Let Ctrl-C end a verb with a word that the same command goes on, and exit code 130.

    The verb itself must say so: the library of the command line ends it without a word.
    """
    try:
        yield
    except KeyboardInterrupt as interrupt:
        if as_json:
            emit_error(
                KiyasError(
                    "stopped before the end", next_step="the same command goes on from here"
                ),
                as_json=True,
            )
        else:
            sys.stderr.write("\n" + _("stopped; the same command goes on from here") + "\n")
        raise typer.Exit(_INTERRUPTED) from interrupt
