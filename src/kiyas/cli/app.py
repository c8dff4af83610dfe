"""Command line -> verbs; one short function each.

Heavy modules are imported inside the verb that needs them: ``kiyas --help`` stays fast, and only
``run`` may load torch.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

import kiyas
from kiyas.cli import classification_app, export_app, files_app, import_app, runs_app, start_app
from kiyas.cli.data_app import data_app
from kiyas.cli.language import SpokenGroup
from kiyas.cli.options import (
    AsJson,
    ClusterAddress,
    ExecutorName,
    Overrides,
    Quiet,
    RunFolderPath,
    StudyFile,
)
from kiyas.cli.output import emit, emit_error, resumable
from kiyas.cli.sandbox_app import sandbox_app
from kiyas.errors import KiyasError, StudyError
from kiyas.languages import follow_study
from kiyas.languages import gettext as _

if TYPE_CHECKING:
    from kiyas.config import Study
    from kiyas.execution import Progress
    from kiyas.run_folder import RunFolder

_USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]
"""What the library raises for a line that is wrong; typer has no public name for it."""

app = typer.Typer(
    name="kiyas",
    cls=SpokenGroup,
    help="Fine-tune arms, test every checkpoint, and say which differences are real.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.command()(files_app.score)
app.command()(files_app.compare)
app.command()(files_app.audit)
app.command(context_settings=classification_app.EITHER_SPELLING)(classification_app.train)
app.command(context_settings=classification_app.EITHER_SPELLING)(classification_app.predict)
app.command()(start_app.init)
app.command()(start_app.doctor)
app.command()(runs_app.ls)
app.command()(runs_app.view)
app.command()(export_app.export)
app.command("import")(import_app.import_study)
app.add_typer(data_app, name="data")
app.add_typer(sandbox_app, name="sandbox")


@app.command()
def check(study: StudyFile, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Check a study file and report every fault at once."""
    checked = _load(study, overrides)
    result = {"ok": True, "study": checked.name, "file": str(study)}
    emit(result, _("{file}: no faults").format(file=study), as_json=as_json)


@app.command()
def plan(study: StudyFile, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Print every job that would run, its cost, and what the test items can detect."""
    from kiyas.cli.plan_text import plan_text
    from kiyas.planning import make_plan

    planned = make_plan(_load(study, overrides), study.parent)
    emit(asdict(planned), plan_text(planned), as_json=as_json)


@app.command()
def run(
    study: StudyFile,
    overrides: Overrides = None,
    run_folder: RunFolderPath = None,
    executor: ExecutorName = None,
    address: ClusterAddress = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Carry out a study, or what is missing of it: train, predict, score, compare, report."""
    from kiyas.cli.run_text import run_text
    from kiyas.run_folder import read_json
    from kiyas.study import run_study

    given = {"executor": executor, "address": address}
    execution = [f"execution.{key}={value}" for key, value in given.items() if value]
    checked = _load(study, [*(overrides or ()), *execution])
    with resumable(as_json=as_json):
        result = run_study(
            checked,
            _folder(checked, run_folder),
            study_dir=study.parent,
            progress=_progress(quiet=quiet),
        )
    findings = read_json(result.folder.findings)
    report = str(result.folder.report / "index.html")
    summary = {"study": checked.name, "work": list(result.work), "report": report}
    text = run_text(findings, report, did_work=bool(result.work))
    emit({**summary, "findings": findings}, text, as_json=as_json)


@app.command()
def report(
    study: StudyFile,
    overrides: Overrides = None,
    run_folder: RunFolderPath = None,
    as_json: AsJson = False,
) -> None:
    """Write the report again from a finished run; needs no model and no torch."""
    from kiyas.study import rewrite_report

    checked = _load(study, overrides)
    folder = _folder(checked, run_folder)
    rewrite_report(checked, folder, study_dir=study.parent, progress=_progress(quiet=True))
    path = str(folder.report / "index.html")
    emit(
        {"study": checked.name, "report": path},
        _("report: {path}").format(path=path),
        as_json=as_json,
    )


@app.command()
def schema(as_json: AsJson = False) -> None:
    """Print the JSON Schema of study files, for editors."""
    import json

    from kiyas.config import study_schema

    content = study_schema()
    emit(content, json.dumps(content, indent=2, ensure_ascii=False), as_json=as_json)


@app.command()
def version(as_json: AsJson = False) -> None:
    """Print the version."""
    emit({"kiyas": kiyas.__version__}, f"kiyas {kiyas.__version__}", as_json=as_json)


def main() -> None:
    """Run the command line; a user's fault ends with exit code 1 and no traceback.

    A line that is wrong ends with 2: its library says so, and with ``--json`` an object does.
    """
    as_json = "--json" in sys.argv
    try:
        code = app(standalone_mode=not as_json)
    except KiyasError as error:
        emit_error(error, as_json=as_json)
        code = 1
    except typer.Abort:
        code = 1
    except _USAGE_ERROR as error:
        emit_error(_line_fault(error), as_json=True)
        code = 2
    sys.exit(code)


def _line_fault(error: Any) -> KiyasError:
    verb = error.ctx.command_path if error.ctx else "kiyas"
    return KiyasError(error.format_message(), where=verb, next_step=f"{verb} --help")


def _load(study: Path, overrides: list[str] | None) -> Study:
    from kiyas.config import load_study

    try:
        checked = load_study(study, overrides or ())
    except StudyError as error:
        follow_study(error.language)
        raise
    follow_study(checked.language)
    return checked


def _folder(study: Study, run_folder: Path | None) -> RunFolder:
    from kiyas.run_folder import RunFolder

    return RunFolder(run_folder or study.execution.runs / study.name)


def _progress(*, quiet: bool) -> Progress:
    from kiyas.execution import Progress, TerminalProgress

    return Progress() if quiet else TerminalProgress()
