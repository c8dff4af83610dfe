"""Schema, --help and the tree of the source -> the generated parts of the docs and the README.

Run it after changing a key, a verb or a module; a test compares what it would write.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import typer.testing

from kiyas.cli.app import app
from kiyas.config import study_schema

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "docs" / "examples"

_EXIT_CODES = """\
| exit code | meaning |
| --- | --- |
| 0 | The verb did its work. |
| 1 | A fault: the message says what to do next. Also where a check fails: `doctor` and \
`sandbox check` with a fault, `data check` with a leak or another fault of the tables, \
`compare --fail-if-worse` where B is worse. |
| 2 | The command line itself is wrong. Also `compare --fail-if-worse` where A and B cannot be \
compared. |
| 130 | Ctrl-C ended it. The same command of `run` or `train` goes on from there. |

"""
_EMPTY = {"array": "`[]`", "object": "`{}`"}
"""Defaults that a schema leaves out: an empty list, an empty mapping."""


def study_file_page() -> str:
    """Return docs/study-file.md: every key with its type, default and meaning."""
    schema = study_schema()
    lines = [
        "# Study file",
        "",
        "One YAML file says everything. Unknown keys, wrong types and impossible combinations are",
        "all reported at once by `kiyas check`. `kiyas schema` prints the JSON Schema for editors;",
        "any key can be overridden: `kiyas run STUDY --set train.learning_rate=1e-4`.",
        "`task: code` (the default) compares code models, `task: classification` text classifiers.",
        "",
        "Relative paths of data and benchmarks begin in the folder of the study file; those of",
        "bases and storages begin where you give the command.",
        "[Protocols, rules, outcomes](words.md) explains what `protocol` and `audit` speak of.",
        "This page is generated from the schema.",
        "",
    ]
    sections = dict(schema["$defs"])
    for task, name in (("code", "CodeStudy"), ("classification", "ClassificationStudy")):
        lines += _section(f"study, `task: {task}`", sections.pop(name), schema["$defs"])
    for name, section in sections.items():
        lines += _section(_key_of(name), section, schema["$defs"])
    return "\n".join(lines) + "\n"


def command_line_page() -> str:
    """Return docs/command-line.md: the help of every verb."""
    runner = typer.testing.CliRunner()
    lines = [
        "# Command line",
        "",
        "Every verb takes `--json` and then prints one JSON object.",
        "[Protocols, rules, outcomes](words.md#extraction-rules) explains `kiyas score --rule`.",
        "",
        *_EXIT_CODES.splitlines(),
    ]
    for arguments in ([], *_verbs(app, [])):
        shown = runner.invoke(app, [*arguments, "--help"], prog_name="kiyas", terminal_width=88)
        title = " ".join(["kiyas", *arguments])
        lines += [f"## {title}", "", "```text", shown.output.strip("\n"), "```", ""]
    return "\n".join(lines)


def _verbs(group: typer.Typer, path: list[str]) -> list[list[str]]:
    """Return the words of every verb, those of nested groups after their group's name."""
    found = []
    for command in group.registered_commands:
        function = command.callback.__name__ if command.callback else ""
        found.append([*path, command.name or function.replace("_", "-")])
    for inner in group.registered_groups:
        if inner.typer_instance is not None:
            found += _verbs(inner.typer_instance, [*path, str(inner.name)])
    return found


def source_tree() -> str:
    """Return the README's tree: each module with the first line of its docstring."""
    lines = ["src/kiyas/"]
    package = ROOT / "src" / "kiyas"
    entries = sorted(
        path
        for path in package.iterdir()
        if (path / "__init__.py").exists() or path.suffix == ".py"
    )
    for path in entries:
        name = f"{path.name}/" if path.is_dir() else path.name
        lines.append(f"  {name:<15} {_first_line(path)}")
    return "\n".join(lines)


def example_table(study: str, title: str) -> str:
    """Return a table of an example report with its note, as it stands there."""
    report = (EXAMPLES / study / "report.md").read_text(encoding="utf-8")
    _, found, rest = report.partition(f"### {title}\n\n")
    assert found, f"{study} has no table {title!r}"
    table, note, *_ = rest.split("\n\n")
    return f"{table}\n\n{note}"


def readme() -> str:
    """Return the README with its tree and its tables written anew."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    parts = {
        "results": example_table("codegen-cot-small", "pass@1 by checkpoint and arm"),
        "topics": example_table("math-topics-small", "Every metric on the same 116 test rows"),
        "tree": f"```text\n{source_tree()}\n```",
    }
    for name, part in parts.items():
        text = _put_between(text, name, part)
    return text


def _put_between(text: str, name: str, part: str) -> str:
    """Return a text with what stands between a name's two marks replaced."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{part}\n{end}{after}"


def pages() -> dict[Path, str]:
    """Return every generated file with its content."""
    return {
        ROOT / "docs" / "study-file.md": study_file_page(),
        ROOT / "docs" / "command-line.md": command_line_page(),
        ROOT / "README.md": readme(),
        ROOT / "studies" / "study.schema.json": json.dumps(
            study_schema(), indent=2, ensure_ascii=False
        )
        + "\n",
    }


def _first_line(path: Path) -> str:
    module = path / "__init__.py" if path.is_dir() else path
    docstring = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    return docstring.splitlines()[0].split(" Front door")[0].split("; front door")[0].rstrip(".")


def _key_of(definition: str) -> str:
    return {
        "ArmSettings": "arms[]",
        "DataSource": "arms[].data",
        "ColumnNames": "arms[].data.columns",
        "ClassifierArm": "arms[] (classification)",
        "ClassifierLora": "lora (classification)",
        "ClassifierTrainSettings": "train (classification)",
        "ClassifierPredictSettings": "predict (classification)",
        "TableSettings": "data (classification)",
        "PrepareSettings": "data.prepare (classification)",
        "SplitSizes": "data.num_rows (classification)",
        "EarlyStopping": "train.early_stopping (classification)",
        "SearchSettings": "search (classification)",
        "SearchRange": "search.keys.KEY (classification)",
        "LabelSettings": "labels (classification)",
        "LatencySettings": "latency (classification)",
        "ServerSettings": "predict.server",
    }.get(definition, definition.removesuffix("Settings").lower())


def _section(title: str, section: dict[str, Any], definitions: dict[str, Any]) -> list[str]:
    lines = [f"## {title}", "", section["description"].splitlines()[0], ""]
    lines += ["| key | type | default | meaning |", "| --- | --- | --- | --- |"]
    required = section.get("required", [])
    for key, entry in section["properties"].items():
        default = "required" if key in required else _default(entry)
        meaning = entry.get("description", _described(entry, definitions))
        lines.append(f"| `{key}` | {_type(entry)} | {default} | {meaning} |")
    return [*lines, ""]


def _default(entry: dict[str, Any]) -> str:
    if "default" in entry:
        return f"`{json.dumps(entry['default'])}`"
    return _EMPTY.get(entry.get("type", ""), "see below")


def _described(entry: dict[str, Any], definitions: dict[str, Any]) -> str:
    name = str(entry.get("$ref", "")).rpartition("/")[2]
    return str(definitions.get(name, {}).get("description", "")).splitlines()[0] if name else ""


def _type(entry: dict[str, Any]) -> str:
    if "anyOf" in entry:
        return " or ".join(_type(item) for item in entry["anyOf"] if item.get("type") != "null")
    if "enum" in entry:
        return ", ".join(f"`{item}`" for item in entry["enum"])
    if "const" in entry:
        return f"`{entry['const']}`"
    if "$ref" in entry:
        return "mapping"
    if entry.get("type") == "array":
        return f"list of {_type(entry['items'])}"
    return str(entry.get("type", "any"))


if __name__ == "__main__":
    for file, content in pages().items():
        file.write_text(content, encoding="utf-8")
