"""A trainer's YAML file -> its study on disk, checked; its keys tell which trainer it is."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from kiyas.config import check_study
from kiyas.errors import StudyError
from kiyas.importing import axolotl, llama_factory
from kiyas.importing.records import Imported
from kiyas.run_folder import write_text, writing


def import_study(file: Path) -> Imported:
    """Read a training file of LLaMA-Factory or Axolotl.

    Raises:
        StudyError: It cannot be read, is of neither, or trains something that kiyas does not.
        DataError: A list of data sets that it goes by cannot be read.
    """
    keys = _read(file)
    foreign = sum(key in keys for key in llama_factory.SIGNS)
    if foreign > sum(key in keys for key in axolotl.SIGNS):
        read = llama_factory.read_llama_factory(keys, file)
    elif any(key in keys for key in axolotl.SIGNS):
        read = axolotl.read_axolotl(keys, file)
    else:
        raise StudyError(
            f"{file}: neither a file of LLaMA-Factory nor of Axolotl",
            received=f"keys {', '.join(list(keys)[:8])}",
            expected="model_name_or_path, or base_model",
        )
    if "base" not in read.study:
        raise StudyError(f"{file}: the file names no base model")
    return read


def write_imported(imported: Imported, file: Path, out: Path, *, replace: bool = False) -> None:
    """Check the study and write it, with what did not map as comments.

    Args:
        imported: What was read.
        file: Where it was read from, for the first comment.
        out: The study file to write.
        replace: Whether a file that is there may be replaced.

    Raises:
        StudyError: The file is there already, or the values given there are no study.
        RunFolderError: The place cannot be written.
    """
    with writing(out):
        is_there = out.exists()
    if is_there and not replace:
        raise StudyError(
            "the file is there already",
            where=str(out),
            next_step="name another file with --out, or give --force",
        )
    text = _text(imported, file)
    check_study(text, out)
    write_text(out.absolute(), text)


def _read(file: Path) -> Mapping[str, Any]:
    try:
        keys = _plain(YAML(typ="safe").load(file.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(f"{file}: cannot be read ({error})") from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise StudyError(f"{file}: not valid YAML ({error})") from error
    if not isinstance(keys, dict):
        raise StudyError(f"{file}: not a mapping of keys")
    return keys


def _plain(value: Any) -> Any:
    """Return what YAML knows and JSON does not, dates above all, as text."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    is_known = value is None or isinstance(value, str | int | float)
    return value if is_known and not _is_endless(value) else str(value)


def _is_endless(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _text(imported: Imported, file: Path) -> str:
    left = [
        f"#   {_short(item.key)}: {_short(item.value)} - {item.why}"
        for item in imported.left_out
        if item.matters
    ]
    head = [f"# Read from {file.name} ({imported.tool}) by `kiyas import`."]
    if left:
        head += ["# Not carried over, and able to change the result:", *left]
    head.append("# The benchmark is HumanEval unless another is named; see docs/study-file.md.")
    body = io.StringIO()
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.dump(imported.study, body)
    return "\n".join(head) + "\n" + body.getvalue()


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
