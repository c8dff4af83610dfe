"""Profile -> a macOS sandbox on this process: no network, no writing, no new processes.

``sandbox_init`` is deprecated and works; there is no other way to confine a plain process on macOS.
It neither hides files nor limits memory, which is why macOS stays at level 1.
"""

from __future__ import annotations

import ctypes

_LIBRARY = "/usr/lib/libsandbox.1.dylib"
_PROFILE = b"""
(version 1)
(allow default)
(deny network*)
(deny file-write*)
(deny process-fork)
(deny process-exec)
(deny signal (target others))
"""


def restrict() -> None:
    """Put the profile on this process for good; raises OSError."""
    message = ctypes.c_char_p()
    if ctypes.CDLL(_LIBRARY).sandbox_init(_PROFILE, ctypes.c_uint64(0), ctypes.byref(message)) != 0:
        raise OSError(f"sandbox_init: {(message.value or b'refused').decode(errors='replace')}")
