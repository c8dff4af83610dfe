"""A verb's result -> lines for a person, or one JSON object and nothing else.

What a person reads goes through rich; with ``--json`` standard output carries one object, and
progress and warnings go to standard error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO

import typer

from kiyas.errors import KiyasError
from kiyas.faults import say_fault
from kiyas.languages import gettext as _

_INTERRUPTED = 130
"""Exit code of what SIGINT has ended, as shells have it: 128 and the signal's number."""


def emit(result: Mapping[str, Any], text: str, *, as_json: bool) -> None:
    """Print a verb's result in the form that was asked for."""
    if as_json:
        _write_json(result)
    else:
        _write_text(sys.stdout, text)


def emit_error(error: KiyasError, *, as_json: bool) -> None:
    """Print an error: as the one JSON object, or for a person on standard error."""
    if as_json:
        _write_json(error.to_dict())
    else:
        _write_text(sys.stderr, _("error: {error}").format(error=error.tell(say_fault)))


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


def _write_json(value: Mapping[str, Any]) -> None:
    """Write an object in one line: readable where the stream can take it, else in ASCII."""
    text = json.dumps(value, ensure_ascii=False)
    sys.stdout.write((text if _can_take(sys.stdout, text) else json.dumps(value)) + "\n")


def _write_text(stream: TextIO, text: str) -> None:
    """Write lines; signs that the stream cannot take are written as escapes."""
    if not _can_take(stream, text):
        encoding = stream.encoding or "utf-8"
        text = text.encode(encoding, "backslashreplace").decode(encoding)
    stream.write(text + "\n")


def _can_take(stream: TextIO, text: str) -> bool:
    try:
        text.encode(stream.encoding or "utf-8", stream.errors or "strict")
    except UnicodeEncodeError:
        return False
    return True
