"""``kiyas ...`` in this process, as ``python -m kiyas`` runs it."""

import contextlib
import io
import sys
from typing import NamedTuple
from unittest import mock

from kiyas.cli import main


class Told(NamedTuple):
    """What a verb said."""

    code: int
    out: str
    said: str


def kiyas(*arguments: object) -> Told:
    """Run a verb; what progress and errors say is in ``said``, their line breaks taken out."""
    out, said = io.StringIO(), io.StringIO()
    line = ["kiyas", *map(str, arguments)]
    code = 0
    with (
        mock.patch.object(sys, "argv", line),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(said),
    ):
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return Told(code, out.getvalue(), said.getvalue())
