"""Three answers -> a commented study file that ``kiyas check`` accepts; ``write_study``.

Opens no model and no data beyond the first row of a local file, whose columns it names. What it
writes is a start: every other key has its default and is listed in the documentation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kiyas.config import check_study
from kiyas.data import source_kind
from kiyas.data.row_files import read_rows
from kiyas.errors import DataError, KiyasError, StudyError
from kiyas.paths import expand_home
from kiyas.run_folder import write_text, writing

Task = Literal["code", "classification"]

DEFAULT_BASES: dict[str, str] = {
    "code": "embedded:smollm2-135m-instruct",
    "classification": "embedded:minilm-l6",
}
"""Bases that need no Hub."""
DEFAULT_DATA: dict[str, tuple[str, ...]] = {
    "code": ("embedded:deep", "embedded:diverse"),
    "classification": ("embedded:math-topics",),
}
"""Data that needs no Hub."""

_HEAD = """\
# A study of kiyas. `kiyas check` reads it, `kiyas plan` tells its cost and what it can detect,
# `kiyas run` carries it out; every key: docs/study-file.md, or `kiyas schema`."""
_COLUMNS = (("prompt", "response"), ("input", "output"), ("instruction", "output"))
"""Names of columns that data sets of instructions use, the study's own first."""
_SPLIT_FILES = {
    "train": ("train",),
    "validation": ("validation", "val", "dev"),
    "test": ("test",),
}
_YAML_WORDS = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n"))
_ENDINGS = (".csv", ".tsv", ".jsonl", ".json", ".parquet")


@dataclass(frozen=True)
class StudyChoices:
    """What a person was asked."""

    name: str
    """Name of the study."""
    task: Task
    """What is compared."""
    base: str
    """Base model."""
    data: tuple[str, ...]
    """Code: one source an arm. Classification: an embedded set, or a folder with the splits."""


def write_study(choices: StudyChoices, path: Path, *, replace: bool = False) -> None:
    """Check a study and write its file.

    Raises:
        KiyasError: The file is there already or cannot be written, a name is impossible, or a split
            is missing.
    """
    with writing(path):
        is_there = path.exists()
    if is_there and not replace:
        raise StudyError(
            "the file is there already",
            where=str(path),
            next_step="name another file, or give --force",
        )
    text = _code(choices, path.parent) if choices.task == "code" else _tables(choices, path.parent)
    check_study(text, path)
    write_text(path.absolute(), text)


def study_name(path: Path) -> str:
    """Return a name for a study from its file's name."""
    return _name_of(path.stem)


def _code(choices: StudyChoices, folder: Path) -> str:
    arms = "\n".join(_arm(source, name, folder) for source, name in _arm_names(choices.data))
    return f"""\
{_HEAD}
name: {_quoted(choices.name)}
task: code
base: {_quoted(choices.base)}
protocol: chat               # how problems are put to the model; or completion, chat-prefill
seeds: [0]                   # one trial an arm and seed; three or more say something of a strategy

benchmark:
  name: humaneval            # 164 problems; {{name: own, path: problems.jsonl}} for your own
  limit: 40                  # evenly spaced; remove this line to test on all of them

lora:
  rank: 32
  alpha: 64                  # the update is scaled by alpha/rank
  dropout: 0.1
  target_modules: [q_proj, v_proj, gate_proj, up_proj]   # or all-linear

train:
  learning_rate: 2e-4
  batch_size: 1
  gradient_accumulation_steps: 8
  max_steps: 10              # or num_epochs; ten steps are a try, not a study
  checkpoints: [5, 10]       # saved and tested, beside the untrained base
  max_seq_len: 768           # longer rows are cut, and counted

predict:
  max_new_tokens: 256        # a tight limit cuts answers; the report counts them
  temperature: 0             # greedy

arms:                        # the rows of the comparison; base, lora, train may be an arm's own
{arms}
"""


def _arm(source: str, name: str, folder: Path) -> str:
    columns = _columns(source, folder)
    mapping = (
        "" if columns is None else f", columns: {{prompt: {columns[0]}, response: {columns[1]}}}"
    )
    return f"  - name: {_quoted(name)}\n    data: {{source: {_quoted(source)}{mapping}}}"


def _arm_names(sources: Sequence[str]) -> list[tuple[str, str]]:
    """Return each source with a name of its own."""
    if not sources:
        raise KiyasError("no training data", where="data", expected="one source an arm")
    taken: dict[str, int] = {"base": 1}
    named = []
    for source in sources:
        name = _name_of(re.split(r"[/:\\]", source.rstrip("/"))[-1].partition(".")[0])
        taken[name.casefold()] = taken.get(name.casefold(), 0) + 1
        count = taken[name.casefold()]
        named.append((source, name if count == 1 else f"{name}-{count}"))
    return named


def _columns(source: str, folder: Path) -> tuple[str, str] | None:
    """Return the columns of a source if they are not called prompt and response."""
    kind = source_kind(source, folder)
    if kind == "embedded":
        return "input", "output"
    if kind == "hub":
        return None
    cells = read_rows(folder / expand_home(source, kind=DataError))[0].cells
    found = next((pair for pair in _COLUMNS if set(pair) <= cells.keys()), None)
    if found is None:
        raise KiyasError(
            "no two columns of the file are known as a prompt and its response",
            where=source,
            received=f"columns {', '.join(cells)}",
            expected=" or ".join(" and ".join(pair) for pair in _COLUMNS),
            next_step="rename them, or name them in the study under arms[].data.columns",
        )
    return None if found == _COLUMNS[0] else found


def _tables(choices: StudyChoices, folder: Path) -> str:
    if len(choices.data) != 1:
        raise KiyasError(
            "a study of classifiers has one set of tables",
            where="data",
            received=", ".join(choices.data),
            expected="embedded:math-topics, or a folder with train, validation and test tables",
        )
    files = _splits(choices.data[0], folder)
    return f"""\
{_HEAD}
name: {_quoted(choices.name)}
task: classification
seeds: [0]                   # one trial an arm and seed

data:
  train: {_quoted(files["train"])}
  validation: {_quoted(files["validation"])}   # everything is chosen on this split
  test: {_quoted(files["test"])}         # scored once, at the end

lora: {{rank: 16, alpha: 32, target_modules: all-linear}}

train:
  num_epochs: 3
  batch_size: 16
  learning_rate: 1e-3
  max_seq_len: 256           # longer rows are cut, and counted

baseline: true               # TF-IDF with logistic regression: would something cheap do?

arms:                        # the rows of the comparison; base, lora, train may be an arm's own
  - name: {_quoted(_name_of(re.split(r"[/:]", choices.base.rstrip("/"))[-1]))}
    base: {_quoted(choices.base)}
"""


def _splits(source: str, folder: Path) -> dict[str, str]:
    if source.startswith("embedded:"):
        return dict.fromkeys(_SPLIT_FILES, source)
    place = folder / expand_home(source, kind=DataError)
    found = {}
    for split, names in _SPLIT_FILES.items():
        files = [f"{name}{ending}" for name in names for ending in _ENDINGS]
        file = next((file for file in files if (place / file).is_file()), None)
        if file is None:
            raise KiyasError(
                f"the folder holds no table for the {split} split",
                where=source,
                expected=f"{names[0]}.csv or another of {', '.join(_ENDINGS)}",
                next_step="kiyas data split TABLE --out-dir " + source,
            )
        found[split] = str(Path(source) / file)
    return found


def _name_of(text: str) -> str:
    """Return a text as a name that a study allows."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-._")[:80]
    return name or "study"


def _quoted(text: str) -> str:
    """Return a text as YAML, in quotes where it must have them."""
    plain = re.fullmatch(r"[A-Za-z][\w./-]*", text) and text.lower() not in _YAML_WORDS
    return text if plain else "'" + text.replace("'", "''") + "'"
