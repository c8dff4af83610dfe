"""Study file -> checked study, or every fault at once with file, line, key and "did you mean".

Does not open data, models or the network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from kiyas.config.classification import (
    ClassificationStudy,
    ClassifierLora,
    ClassifierTrainSettings,
)
from kiyas.config.conflict import KeyPath
from kiyas.config.overrides import lay_over
from kiyas.config.tasks import TASKS, Study, Task, did_you_mean, task_of
from kiyas.errors import KiyasError, StudyError
from kiyas.languages import language_codes

_CHECK_HINT = "mend the file and run `kiyas check` on it again"
_MAKING_HINT = "correct what the study is made of; nothing is written"


def load_study(path: Path, overrides: Sequence[str] = ()) -> Study:
    """Read and check a study file of either task.

    Args:
        path: The YAML file.
        overrides: ``key.path=value`` strings laid over the file; values are read as YAML.

    Returns:
        The study, with every default filled in.

    Raises:
        StudyError: The file cannot be read or is wrong; holds every fault found.
    """
    return _check(_read_yaml(path), path, overrides, _CHECK_HINT)


def check_study(text: str, path: Path) -> Study:
    """Check the text of a study before it is written.

    Args:
        text: The YAML.
        path: Where it is going to lie, for the faults.

    Returns:
        The study, with every default filled in.

    Raises:
        StudyError: The text is wrong; holds every fault found.
    """
    return _check(_parse_yaml(text, path), path, (), _MAKING_HINT)


def read_classifier_settings(
    overrides: Sequence[str],
) -> tuple[ClassifierLora, ClassifierTrainSettings]:
    """Return the settings of one classifier: the defaults with some keys replaced.

    Args:
        overrides: ``key.path=value`` strings, keys of ``train`` and ``lora``.

    Raises:
        StudyError: A key or value is wrong; holds every fault found.
    """
    for override in overrides:
        if not override.startswith(("train.", "lora.")):
            raise StudyError(
                f"--set {override}: not a key of train or lora",
                next_step="write it like --set lora.rank=8; a study file has the other keys",
            )
    stand_in = {**TASKS["classification"].placeholders, "task": "classification", "base": "base"}
    study = _check(
        CommentedMap({**stand_in, "arms": [{"name": "one"}]}),
        Path("kiyas train"),
        overrides,
        "correct the option",
    )
    assert isinstance(study, ClassificationStudy)  # that is its task
    return study.lora, study.train


def study_schema() -> dict[str, Any]:
    """Return the JSON Schema of a study file, for editors: one of the two tasks."""
    kinds = Annotated[Study, Field(discriminator="task")]
    schema = TypeAdapter(kinds).json_schema()
    schema.pop("discriminator")  # not a keyword of JSON Schema, and code studies may leave it out
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return schema


def _check(raw: CommentedMap, path: Path, overrides: Sequence[str], hint: str) -> Study:
    """Lay overrides over a raw study and return it checked.

    Raises:
        StudyError: The study is wrong; holds every fault found.
    """
    overridden = {key: override for override in overrides for key in [lay_over(raw, override)]}
    study, faults = _validate(raw, _Locator(path, raw, overridden))
    if faults:
        count = f"{len(faults)} fault" + ("s" if len(faults) > 1 else "")
        language = raw.get("language")
        raise StudyError(
            f"{path}: {count}",
            faults=faults,
            language=language if language in language_codes() else None,
            next_step=hint,
        )
    assert study is not None  # no faults means that the model was built
    return study


def _read_yaml(path: Path) -> CommentedMap:
    try:
        return _parse_yaml(path.read_text(encoding="utf-8-sig"), path)
    except OSError as error:
        raise StudyError(
            f"{path}: the study file cannot be read ({error.strerror})",
            next_step="name an existing YAML file, such as studies/demo.yaml",
        ) from error
    except UnicodeDecodeError as error:
        raise StudyError(f"{path}: not UTF-8 text", next_step="save it as UTF-8") from error


def _parse_yaml(text: str, path: Path) -> CommentedMap:
    try:
        raw = YAML().load(text)
    except YAMLError as error:
        raise _yaml_fault(path, text, error) from error
    except ValueError as error:  # a date that there is not
        raise StudyError(f"{path}: not valid YAML: {error}", next_step=_CHECK_HINT) from error
    if not isinstance(raw, CommentedMap):
        raise StudyError(
            f"{path}: not a study: a mapping of keys is expected",
            next_step="begin with `name:`; see studies/demo.yaml",
        )
    return raw


def _yaml_fault(path: Path, text: str, error: YAMLError) -> StudyError:
    if isinstance(error, ReaderError):  # a sign that YAML does not allow at all
        before = text[: error.position].split("\n")
        return StudyError(
            f"{path}:{len(before)}: not valid YAML: the character #x{error.character:04x} at "
            f"column {len(before[-1]) + 1} is not allowed",
            next_step=_CHECK_HINT,
        )
    line, problem = "?", "not valid YAML"
    if isinstance(error, MarkedYAMLError):
        problem = error.problem or problem
        mark = error.problem_mark or error.context_mark
        line = str(mark.line + 1) if mark else "?"
    return StudyError(f"{path}:{line}: not valid YAML: {problem}", next_step=_CHECK_HINT)


class _Locator:
    """Names file, line and key of a path into the raw study."""

    def __init__(self, path: Path, raw: CommentedMap, overridden: Mapping[KeyPath, str]) -> None:
        self._path, self._raw, self._overridden = path, raw, overridden

    def __call__(self, key: KeyPath) -> str:
        dotted = ".".join(str(part) for part in key)
        for length in range(len(key), 0, -1):
            if key[:length] in self._overridden:
                return f"--set {self._overridden[key[:length]]}: {dotted}"
        return f"{self._path}:{self._line(key)}: {dotted}"

    def _line(self, key: KeyPath) -> int:
        node: Any = self._raw
        line = 0
        for part in key:
            if isinstance(node, CommentedMap) and part in node and part in node.lc.data:
                line = node.lc.key(part)[0]
            elif isinstance(node, CommentedSeq) and isinstance(part, int) and part in node.lc.data:
                line = node.lc.item(part)[0]
            else:
                break
            node = node[part]
        return int(line) + 1


def _validate(raw: CommentedMap, where: _Locator) -> tuple[Study | None, list[KiyasError]]:
    """Build the study; report faults of single keys, then conflicts between the sound ones."""
    faults: list[KiyasError] = []
    plain = _plain(raw)
    task = task_of(plain)
    study: Study | None
    try:
        study = task.model.model_validate(plain)
    except ValidationError as error:
        by_key: dict[KeyPath, list[ErrorDetails]] = {}
        for item in error.errors(include_url=False):
            by_key.setdefault(_key_of(item, plain), []).append(item)
        faults = [_fault(key, items, task, where) for key, items in by_key.items()]
        study = _without(plain, list(by_key), task)
    if study is not None:
        faults += [
            KiyasError(
                conflict.what,
                where=where(conflict.key),
                received=conflict.received,
                expected=conflict.expected,
            )
            for conflict in task.find_conflicts(study)
        ]
    return (None if faults else study), faults


def _plain(node: Any) -> Any:
    """Return ruamel's containers and numbers as plain Python values."""
    if isinstance(node, dict):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    for kind in (bool, int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node


def _without(plain: Any, keys: Sequence[KeyPath], task: Task) -> Study | None:
    """Build the study without its faulty keys, so that conflicts among the rest show too."""
    for *parents, last in sorted(keys, key=lambda key: [str(part) for part in key], reverse=True):
        node = plain
        for part in parents:
            node = node[part] if _has(node, part) else None
        if isinstance(node, dict):
            node.pop(last, None)
    task_name = next(name for name, item in TASKS.items() if item is task)
    try:
        return task.model.model_validate({**task.placeholders, **plain, "task": task_name})
    except ValidationError:
        return None  # a required key is among the faults; they are told already


def _has(node: Any, part: str | int) -> bool:
    if isinstance(node, dict):
        return part in node
    return isinstance(node, list) and isinstance(part, int) and part < len(node)


def _key_of(item: ErrorDetails, plain: Any) -> KeyPath:
    """Return the path in the file; pydantic adds names of its own for branches of a union."""
    key: list[str | int] = []
    node = plain
    for part in item["loc"]:
        if _has(node, part):
            key.append(part)
            node = node[part]
    if item["type"] == "missing":
        key.append(item["loc"][-1])
    return tuple(key)


def _fault(key: KeyPath, items: Sequence[ErrorDetails], task: Task, where: _Locator) -> KiyasError:
    """Return one fault for one key; a key with several types is told what each of them wants."""
    item = items[0]
    if item["type"] == "extra_forbidden":
        known = _keys_at(key[:-1], task.model)
        return KiyasError(
            "unknown key" + did_you_mean(str(key[-1]), known),
            where=where(key),
            expected=", ".join(sorted(known)),
        )
    if item["type"] == "missing":
        return KiyasError(f"the key `{key[-1]}` is missing", where=where(key))
    received = item.get("input")
    messages = [one["msg"][0].lower() + one["msg"][1:] for one in items]
    choices = [choice for one in items for choice in _choices(one)]
    if key == ("task",):
        messages, choices = [f"input should be {' or '.join(map(repr, TASKS))}"], list(TASKS)
    suggestion = did_you_mean(received, choices) if isinstance(received, str) else ""
    return KiyasError(
        ", or ".join(dict.fromkeys(messages)) + suggestion,
        where=where(key),
        received=None if item["type"] == "holds_secret" else repr(received),
    )


def _choices(item: ErrorDetails) -> list[str]:
    if item["type"] != "literal_error":
        return []
    parts = [part.strip(" '") for part in str(item["ctx"]["expected"]).split(",")]
    return [choice for part in parts for choice in part.split("' or '")]


def _keys_at(path: KeyPath, model: type[BaseModel]) -> set[str]:
    """Return the keys that the schema allows at a path."""
    for part in path:
        field = model.model_fields.get(part) if isinstance(part, str) else None
        section = _section_in(field.annotation) if field is not None else None
        model = section or model
    return set(model.model_fields)


def _section_in(annotation: Any) -> type[BaseModel] | None:
    """Return the section that a type holds, through lists, mappings and optionals."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_section_in(inner) for inner in get_args(annotation))
    return next((section for section in found if section is not None), None)
