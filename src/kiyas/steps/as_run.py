"""A study and what it is made of -> refused where they are not those of the finished run.

For what tells of a run without carrying it out. Whether every step is there is not looked at here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from kiyas.config import ClassificationStudy, Study, load_study, resolved_values
from kiyas.errors import RunFolderError
from kiyas.run_folder import RunFolder, read_json
from kiyas.steps.provenance import OpenedRun, made_of

_TOLD_ONLY = ("description", "language", "execution")
"""Keys that change nothing but what a report says."""
_TOLD_ONLY_OF_CODE = (*_TOLD_ONLY, "confidence")
"""A classifier's intervals are computed with its scores, those of code with the report."""


def check_study_as_run(study: Study, folder: RunFolder) -> None:
    """Refuse a study that differs from the one that was run in more than what a report says.

    Raises:
        RunFolderError: It does, or the run is not finished.
        StudyError: The study in the run folder is damaged.
    """
    if folder.is_unfinished or not folder.study.is_file():
        raise RunFolderError(
            "the run is not finished",
            where=str(folder.path),
            next_step="finish it with `kiyas run` first",
        )
    may_differ = _TOLD_ONLY if isinstance(study, ClassificationStudy) else _TOLD_ONLY_OF_CODE
    as_run, now = _settings(load_study(folder.study)), _settings(study)
    for key in dict.fromkeys([*now, *as_run]):
        if key.partition(".")[0] in may_differ or as_run.get(key) == now.get(key):
            continue
        before = _written(as_run.get(key))
        names = ", ".join(may_differ)
        raise RunFolderError(
            f"{key} is not what was run; a report takes other values of {names} only",
            where=str(folder.path),
            received=_written(now.get(key)),
            expected=f"{before}, as it was run",
            next_step="carry out the change with `kiyas run`, or leave it out",
        )


def check_materials_as_run(run: OpenedRun) -> None:
    """Refuse problems, rows or bases that are not those of the finished run.

    Raises:
        RunFolderError: They are others.
    """
    as_run = read_json(run.folder.provenance)
    for part, hashes in made_of(run).items():
        before = as_run.get(part, hashes)  # earlier versions did not record every part
        for name, now in hashes.items():
            if before.get(name) != now:
                raise RunFolderError(
                    f"{part} is not what it was when the study was run",
                    where=str(run.folder.path),
                    received=f"{name} {now}",
                    expected=f"{name} {before.get(name)}",
                    next_step="put it back, or carry out the change with `kiyas run`",
                )


def _settings(study: Study) -> dict[str, Any]:
    """Return every setting under its dotted key, arms by their names, as ``--set`` names them."""
    values = resolved_values(study)
    arms = {arm["name"]: arm for arm in values.pop("arms")}
    return dict(_flatten("", {**values, "arms": arms}))


def _flatten(prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flatten(f"{prefix}{key}.", value)
        else:
            yield f"{prefix}{key}", value


def _written(value: Any) -> str:
    """Return a setting as a study file may have it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
