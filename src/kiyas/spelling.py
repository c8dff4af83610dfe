"""A name of a class as written -> the key that all its spellings share.

Joins nothing that could be two names: signs and accents are kept, so that ``C`` and ``C++``, or
``kar`` and ``kâr``, have keys of their own.
"""

from __future__ import annotations

import re
import unicodedata

_JOINT = re.compile(r"(?<=[^\W_])[-_\u2010\u2011]+(?=[^\W_])")
"""Hyphens and underscores inside a name."""


def name_key(name: str) -> str:
    """Return a name without case, with plain spaces for white space, hyphens and underscores.

    Turkish capitals are those of their small letters: ``İ`` and ``I`` are both ``i``, as is ``ı``.
    """
    plain = unicodedata.normalize("NFC", name.casefold())
    plain = plain.replace("ı", "i").replace("i\u0307", "i")
    return " ".join(_JOINT.sub(" ", plain).split())
