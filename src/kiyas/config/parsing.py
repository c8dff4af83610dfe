"""Study file -> CodeStudy, or every fault at once with file, line, key and "did you mean".

Does not open data, models or the network.
"""

from __future__ import annotations

import difflib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from kiyas.config.conflicts import KeyPath, find_conflicts
from kiyas.config.schema import CodeStudy
from kiyas.errors import KiyasError, StudyError

_PLACEHOLDERS = {"name": "study", "base": "base"}
"""Stand in for faulty required keys while the rest of a study is looked at."""
_CHECK_HINT = "mend the file and run `kiyas check` on it again"


def load_study(path: Path, overrides: Sequence[str] = ()) -> CodeStudy:
    """Read and check a study file.

    Args:
        path: The YAML file.
        overrides: ``key.path=value`` strings laid over the file; values are read as YAML.

    Returns:
        The study, with every default filled in.

    Raises:
        StudyError: The file cannot be read or is wrong; holds every fault found.
    """
    raw = _read_yaml(path)
    overridden = {key: override for override in overrides for key in [_lay_over(raw, override)]}
    where = _Locator(path, raw, overridden)
    study, faults = _validate(raw, where)
    if faults:
        count = f"{len(faults)} fault" + ("s" if len(faults) > 1 else "")
        raise StudyError(f"{path}: {count}", faults=faults, next_step=_CHECK_HINT)
    assert study is not None  # no faults means that the model was built
    return study


def dump_study(study: CodeStudy) -> str:
    """Return the resolved study, defaults included, as YAML."""
    text = io.StringIO()
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.dump(study.model_dump(mode="json"), text)
    return text.getvalue()


def study_schema() -> dict[str, Any]:
    """Return the JSON Schema of a study file, for editors."""
    schema = CodeStudy.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return schema


def _read_yaml(path: Path) -> CommentedMap:
    try:
        raw = YAML().load(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise StudyError(
            f"{path}: the study file cannot be read ({error.strerror})",
            next_step="name an existing YAML file, such as studies/demo.yaml",
        ) from error
    except UnicodeDecodeError as error:
        raise StudyError(f"{path}: not UTF-8 text", next_step="save it as UTF-8") from error
    except YAMLError as error:
        raise _yaml_fault(path, error) from error
    if not isinstance(raw, CommentedMap):
        raise StudyError(
            f"{path}: not a study: a mapping of keys is expected",
            next_step="begin with `name:`; see studies/demo.yaml",
        )
    return raw


def _yaml_fault(path: Path, error: YAMLError) -> StudyError:
    line, problem = "?", "not valid YAML"
    if isinstance(error, MarkedYAMLError):
        problem = error.problem or problem
        mark = error.problem_mark or error.context_mark
        line = str(mark.line + 1) if mark else "?"
    return StudyError(f"{path}:{line}: not valid YAML: {problem}", next_step=_CHECK_HINT)


def _lay_over(raw: CommentedMap, override: str) -> KeyPath:
    """Set one ``key.path=value`` in the raw study and return its path."""
    dotted, equals, text = override.partition("=")
    if not equals or not dotted:
        raise StudyError(
            f"--set {override}: not of the form key=value",
            next_step="write it like --set train.learning_rate=1e-4",
        )
    try:
        value = YAML(typ="safe").load(text)
    except YAMLError as error:
        raise StudyError(f"--set {override}: the value is not valid YAML") from error
    node: Any = raw
    path: list[str | int] = []
    *parents, last = dotted.split(".")
    for part in parents:
        key = _child_key(node, part, override)
        path.append(key)
        if isinstance(node, CommentedMap) and not isinstance(node.get(key), dict | list):
            node[key] = CommentedMap()
        node = node[key]
    key = _child_key(node, last, override)
    node[key] = value
    return (*path, key)


def _child_key(node: Any, part: str, override: str) -> str | int:
    """Return the key or list index that a part of a dotted path names; arms go by name too."""
    if isinstance(node, list):
        names = [item.get("name") for item in node if isinstance(item, dict)]
        if part in names:
            return names.index(part)
        if part.isdigit() and int(part) < len(node):
            return int(part)
        known = ", ".join(str(name) for name in names)
        raise StudyError(f"--set {override}: no `{part}` here", next_step=f"one of: {known}")
    return part


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


def _validate(raw: CommentedMap, where: _Locator) -> tuple[CodeStudy | None, list[KiyasError]]:
    """Build the study; report faults of single keys, then conflicts between the sound ones."""
    faults: list[KiyasError] = []
    plain = _plain(raw)
    try:
        study: CodeStudy | None = CodeStudy.model_validate(plain)
    except ValidationError as error:
        details = error.errors(include_url=False)
        faults = [_fault(item, where) for item in details]
        study = _without(plain, [_key_of(item) for item in details])
    if study is not None:
        faults += [
            KiyasError(
                conflict.what,
                where=where(conflict.key),
                received=conflict.received,
                expected=conflict.expected,
            )
            for conflict in find_conflicts(study)
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


def _without(plain: Any, keys: Sequence[KeyPath]) -> CodeStudy | None:
    """Build the study without its faulty keys, so that conflicts among the rest show too."""
    for *parents, last in sorted(keys, key=lambda key: [str(part) for part in key], reverse=True):
        node = plain
        for part in parents:
            node = node[part] if _has(node, part) else None
        if isinstance(node, dict):
            node.pop(last, None)
    try:
        plain = {**_PLACEHOLDERS, **plain}
        return CodeStudy.model_validate(plain)
    except ValidationError:
        return None  # a required key is among the faults; they are told already


def _has(node: Any, part: str | int) -> bool:
    return part in node if isinstance(node, dict) else isinstance(node, list)


def _key_of(item: ErrorDetails) -> KeyPath:
    """Return the path in the file: pydantic adds the branch of a union as a last part."""
    loc = item["loc"]
    branches = ("int", "float", "str", "list[str]", "literal", "[key]")
    return tuple(part for part in loc if not _is_branch(part, branches))


def _is_branch(part: str | int, branches: Sequence[str]) -> bool:
    return isinstance(part, str) and part.startswith(tuple(branches)) and part not in _ALL_KEYS


def _fault(item: ErrorDetails, where: _Locator) -> KiyasError:
    key = _key_of(item)
    if item["type"] == "extra_forbidden":
        known = _keys_at(key[:-1])
        return KiyasError(
            "unknown key" + _did_you_mean(str(key[-1]), known),
            where=where(key),
            expected=", ".join(sorted(known)),
        )
    if item["type"] == "missing":
        return KiyasError(f"the key `{key[-1]}` is missing", where=where(key))
    received = item.get("input")
    suggestion = ""
    if item["type"] == "literal_error" and isinstance(received, str):
        choices = [choice.strip(" '") for choice in str(item["ctx"]["expected"]).split(",")]
        suggestion = _did_you_mean(received, [c for ch in choices for c in ch.split("' or '")])
    message = item["msg"][0].lower() + item["msg"][1:]
    return KiyasError(message + suggestion, where=where(key), received=repr(received))


def _did_you_mean(word: str, known: Sequence[str] | set[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean `{near[0]}`?)" if near else ""


def _keys_at(path: KeyPath) -> set[str]:
    """Return the keys that the schema allows at a path."""
    model: type[BaseModel] = CodeStudy
    for part in path:
        if isinstance(part, int):
            continue
        model = _section_in(model.model_fields[part].annotation) or model
    return set(model.model_fields)


def _section_in(annotation: Any) -> type[BaseModel] | None:
    """Return the section that a type holds, through lists and optionals."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_section_in(inner) for inner in get_args(annotation))
    return next((section for section in found if section is not None), None)


def _all_keys(model: type[BaseModel]) -> set[str]:
    keys = set(model.model_fields)
    for info in model.model_fields.values():
        section = _section_in(info.annotation)
        if section is not None:
            keys |= _all_keys(section)
    return keys


_ALL_KEYS = frozenset(_all_keys(CodeStudy))
