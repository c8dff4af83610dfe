"""Module of this folder -> command line that runs it in a bare interpreter.

The child gets this folder as a package of its own name, without ``kiyas`` and without this
package's ``__init__``, so that a zygote holds nothing but what it needs. ``-S`` leaves out
site-packages and their .pth files (a bare fork is two to three times dearer with them), ``-P``
and ``-s`` keep foreign folders off the path. ``-E`` is left out on purpose: the environment is
made of ENVIRONMENT alone, and a fixed hash seed makes solutions repeatable.
"""

from __future__ import annotations

import sys
from pathlib import Path

PACKAGE = "kiyas_cage"
ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "LC_ALL": "C.UTF-8",
    # Every further arena would reserve 64 MB of the cell's address space.
    "MALLOC_ARENA_MAX": "1",
    # numpy's library would start a thread for each processor and reserve memory for it.
    "OPENBLAS_NUM_THREADS": "1",
}
_SOURCE = f"""
import sys, types
package = types.ModuleType({PACKAGE!r})
package.__path__ = [sys.argv[1]]
sys.modules[{PACKAGE!r}] = package
name, descriptors = sys.argv[2], [int(number) for number in sys.argv[3:]]
sys.argv = [""]
__import__({PACKAGE!r} + "." + name, fromlist=["main"]).main(*descriptors)
"""


def command(module: str, *descriptors: int) -> list[str]:
    """Return the command that runs ``main(*descriptors)`` of a module of this folder."""
    folder = str(Path(__file__).resolve().parent)
    numbers = [str(number) for number in descriptors]
    return [sys.executable, "-s", "-S", "-B", "-P", "-c", _SOURCE, folder, module, *numbers]
