"""``kiyas export``: an adapter of a finished run, for the Hub and other tools."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kiyas.cli.options import AsJson, Quiet
from kiyas.cli.output import emit
from kiyas.languages import gettext as _

if TYPE_CHECKING:
    from kiyas.steps.export import Exported

_RUNS = Path("runs")


def export(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="Run folder, or name of a study in runs/.")
    ],
    arm: Annotated[str, typer.Option("--arm", help="Arm whose adapter is exported.")],
    output: Annotated[Path, typer.Option("--output", help="New or empty folder.")],
    checkpoint: Annotated[
        str, typer.Option("--checkpoint", help="A step, `last`, or `best` on the test set.")
    ] = "best",
    seed: Annotated[
        int | None, typer.Option("--seed", help="Seed of the trial, if not the first or best.")
    ] = None,
    merge: Annotated[
        bool, typer.Option("--merge", help="Merge into the base; write a whole model.")
    ] = False,
    push: Annotated[
        str | None, typer.Option("--push", metavar="REPO_ID", help="Upload to the Hub as well.")
    ] = None,
    private: Annotated[
        bool, typer.Option("--private", help="Make the Hub repository private if it is new.")
    ] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Write an adapter in PEFT format, or merged, with a model card; push it if asked."""
    from kiyas.execution import Progress, TerminalProgress
    from kiyas.run_folder import RunFolder
    from kiyas.steps.export import export_adapter, push_export
    from kiyas.steps.export_choice import Wanted, choose_adapter

    folder = RunFolder(run if run.exists() else _RUNS / run)
    chosen = choose_adapter(folder, Wanted(arm, checkpoint, seed))
    progress = Progress() if quiet else TerminalProgress()
    exported = export_adapter(chosen, output, progress, merge=merge)
    if push is not None:
        exported = replace(exported, address=push_export(output, push, private=private))
    emit(asdict(exported), _text(exported), as_json=as_json)


def _text(exported: Exported) -> str:
    lines = [_("{label} -> {path}").format(label=exported.label, path=exported.path)]
    if exported.check is not None:
        told = _(
            "merged in {dtype}; on a probe its logits differ from those of base and adapter by "
            "{difference:.2g} at most (let pass: {tolerance:.2g})"
        )
        lines.append(
            told.format(
                dtype=exported.check.dtype,
                difference=exported.check.max_difference,
                tolerance=exported.check.tolerance,
            )
        )
    elif not exported.is_base_public:
        told = _("its base is a folder of this machine ({base}); for others, export with --merge")
        lines.append(told.format(base=exported.base))
    if exported.address is not None:
        lines.append(_("pushed: {address}").format(address=exported.address))
    return "\n".join(lines)
