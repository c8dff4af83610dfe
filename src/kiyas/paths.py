"""A path as a person writes it -> a path that can be opened."""

from __future__ import annotations

from pathlib import Path

from kiyas.errors import KiyasError


def expand_home(path: str | Path, *, kind: type[KiyasError] = KiyasError) -> Path:
    """Return a path whose leading ``~`` or ``~NAME`` is replaced by that home folder.

    Args:
        path: Path as written.
        kind: Class of the error.

    Raises:
        KiyasError: There is no such home folder; of the class asked for.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise kind(
            "there is no such home folder",
            where=str(path),
            received=Path(path).parts[0],
            expected="~ for your own home folder, or ~NAME for that of a user of this machine",
            next_step="write the path out, such as /home/NAME/…",
        ) from error
