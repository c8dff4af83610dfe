"""``kiyas import``: another trainer's file into a study."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kiyas.cli.options import AsJson
from kiyas.cli.output import emit
from kiyas.cli.wording import table_text
from kiyas.languages import gettext as _

if TYPE_CHECKING:
    from kiyas.importing import Imported

_WIDEST_CELL = 48


def import_study(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML of LLaMA-Factory or Axolotl.")],
    out: Annotated[Path, typer.Option("--out", help="Study file to write.")] = Path("study.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Replace the study file.")] = False,
    as_json: AsJson = False,
) -> None:
    """Turn a training file of LLaMA-Factory or Axolotl into a study; list what does not map."""
    from kiyas import importing

    imported = importing.import_study(file)
    importing.write_imported(imported, file, out, replace=force)
    emit({**asdict(imported), "file": str(out)}, _text(imported, out), as_json=as_json)


def _text(imported: Imported, out: Path) -> str:
    rows = [(_cell(item.key), _cell(item.to), _cell(item.to_value)) for item in imported.mapped]
    lines = [
        _("{tool} -> {file}").format(tool=imported.tool, file=out),
        table_text((_("key there"), _("key here"), _("value")), rows),
    ]
    matters = [item for item in imported.left_out if item.matters]
    if matters:
        lines += ["", _("Does not map, and can change the result")]
        lines += [f"- {_cell(item.key)}: {_cell(item.value)}; {item.why}" for item in matters]
    rest = [_cell(item.key) for item in imported.left_out if not item.matters]
    if rest:
        lines += ["", _("Not needed here: {keys}").format(keys=", ".join(rest))]
    return "\n".join(lines)


def _cell(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _WIDEST_CELL else f"{text[: _WIDEST_CELL - 1]}…"
