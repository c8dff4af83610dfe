"""``embedded:NAME`` -> the folder and fingerprint of a base that needs no Hub.

Knows which embedded bases there are; ``embedded_decoder`` and ``embedded_encoder`` know how each
is made.
"""

from __future__ import annotations

import difflib
from pathlib import Path

from kiyas.errors import ModelError
from kiyas.models import embedded_decoder, embedded_encoder
from kiyas.models.wheels import Say

DECODER = embedded_decoder.NAME
ENCODER = embedded_encoder.NAME

_MODULES = {DECODER: embedded_decoder, ENCODER: embedded_encoder}


def locate(name: str, say: Say) -> tuple[Path, str]:
    """Return folder and fingerprint of an embedded base; it is made first if it is not there.

    Args:
        name: ``embedded:NAME``.
        say: Is told what is fetched and how large it is.

    Raises:
        ModelError: No such embedded base, or it cannot be fetched, or its hash is wrong.
    """
    module = _MODULES.get(name)
    if module is None:
        near = difflib.get_close_matches(name, _MODULES, n=1)
        raise ModelError(
            "no such embedded model" + (f" (did you mean `{near[0]}`?)" if near else ""),
            where=f"base {name}",
            expected=" or ".join(_MODULES),
        )
    return module.locate(say), module.fingerprint()
