"""``kiyas init`` and ``kiyas doctor``: the first minutes."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kiyas.cli.options import AsJson
from kiyas.cli.output import emit
from kiyas.cli.terminal import coloured
from kiyas.languages import gettext as _

if TYPE_CHECKING:
    from kiyas.doctor import Check


class TaskName(StrEnum):
    """What can be compared."""

    CODE = "code"
    CLASSIFICATION = "classification"


_FOLDER = Path("runs")
_COLOURS = {"ok": "green", "note": "yellow", "fault": "red"}


def init(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Study file to write.")] = Path(
        "study.yaml"
    ),
    task: Annotated[TaskName | None, typer.Option("--task", help="What to compare.")] = None,
    base: Annotated[str | None, typer.Option("--base", help="Base model.")] = None,
    data: Annotated[
        list[str] | None,
        typer.Option("--data", help="Training data; for code, give it again for another arm."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; take defaults.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a commented study file after three questions, or from options."""
    from kiyas.starting import (
        DEFAULT_BASES,
        DEFAULT_DATA,
        StudyChoices,
        study_name,
        write_study,
    )

    ask = not (yes or as_json)
    chosen = task or (_ask_task() if ask else TaskName.CODE)
    if base is None:
        base = DEFAULT_BASES[chosen]
        if ask:
            base = typer.prompt(_("Base model (Hub name, folder or embedded)"), default=base)
    sources = tuple(data or DEFAULT_DATA[chosen])
    if ask and not data:
        shown = typer.prompt(
            _("Training data, parted by commas, one arm each")
            if chosen == TaskName.CODE
            else _("Tables (a folder with train, validation and test, or embedded)"),
            default=", ".join(sources),
        )
        sources = tuple(part.strip() for part in shown.split(",") if part.strip())
    write_study(StudyChoices(study_name(file), chosen.value, base, sources), file, replace=force)
    result = {"study": study_name(file), "file": str(file), "task": chosen.value}
    text = _("{file} is written; next: kiyas plan {file}, then kiyas run {file}").format(file=file)
    emit(result, text, as_json=as_json)


def doctor(
    network: Annotated[
        bool, typer.Option("--network/--no-network", help="Ask the Hub and the package index.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Tell what works on this machine, and the command that cures each fault."""
    from kiyas.doctor import examine_machine

    checks = examine_machine(_FOLDER, network=network)
    sound = all(check.status != "fault" for check in checks)
    result = {"ok": sound, "checks": [asdict(check) for check in checks]}
    emit(result, _checks_text(checks), as_json=as_json)
    if not sound:
        raise typer.Exit(1)


def _ask_task() -> TaskName:
    question = _("What to compare: code models (code) or text classifiers (classification)")
    answer = typer.prompt(question, default=TaskName.CODE.value)
    while answer not in list(TaskName):
        answer = typer.prompt(question, default=TaskName.CODE.value)
    return TaskName(answer)


def _checks_text(checks: tuple[Check, ...]) -> str:
    words = {"ok": _("ok"), "note": _("note"), "fault": _("FAULT")}
    width = max(len(check.name) for check in checks)
    mark = max(len(word) for word in words.values())
    lines = []
    for check in checks:
        word = coloured(words[check.status].ljust(mark), _COLOURS[check.status])
        lines.append(f"{word}  {check.name.ljust(width)}  {check.found}")
        if check.cure:
            lines.append(f"{'':{mark}}  {'':{width}}  -> {check.cure}")
    return "\n".join(lines)
