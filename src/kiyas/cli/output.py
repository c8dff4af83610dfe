"""A verb's result -> lines for a person, or one JSON object and nothing else.

What a person reads goes through rich; with ``--json`` standard output carries one object, and
progress and warnings go to standard error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from kiyas.errors import KiyasError
from kiyas.faults import say_fault
from kiyas.languages import gettext as _


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
