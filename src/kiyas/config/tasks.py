"""The two kinds of study: which schema and which conflicts belong to each ``task``."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kiyas.config.classification import ClassificationStudy
from kiyas.config.classification_conflicts import find_classification_conflicts
from kiyas.config.conflict import Conflict
from kiyas.config.conflicts import find_conflicts
from kiyas.config.schema import CodeStudy

Study = CodeStudy | ClassificationStudy
"""A study of either kind."""


@dataclass(frozen=True)
class Task:
    """What the parser needs to know of one kind of study."""

    model: type[CodeStudy] | type[ClassificationStudy]
    """Its keys."""
    find_conflicts: Callable[[Any], list[Conflict]]
    """Finds combinations of its keys that cannot work."""
    placeholders: Mapping[str, Any]
    """Stand in for faulty required keys while the rest of a study is looked at."""


_NO_TABLES = {"train": "train", "validation": "validation", "test": "test"}
TASKS: Mapping[str, Task] = {
    "code": Task(CodeStudy, find_conflicts, {"name": "study", "base": "base"}),
    "classification": Task(
        ClassificationStudy, find_classification_conflicts, {"name": "study", "data": _NO_TABLES}
    ),
}
"""By the value of ``task``."""

DEFAULT_TASK = "code"


def task_of(raw: Mapping[str, Any]) -> Task:
    """Return the task that a study names; a misspelt one counts as the nearest there is."""
    near = difflib.get_close_matches(str(raw.get("task", DEFAULT_TASK)), list(TASKS), n=1)
    return TASKS[near[0] if near else DEFAULT_TASK]


def did_you_mean(word: str, known: Sequence[str] | set[str]) -> str:
    """Return a hint in brackets that names the nearest known word, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean `{near[0]}`?)" if near else ""
