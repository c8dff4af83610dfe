"""``kiyas ls`` and ``kiyas view``: the runs that there are, and their reports."""

from __future__ import annotations

import webbrowser
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kiyas.cli.options import AsJson
from kiyas.cli.output import emit
from kiyas.cli.wording import table_text
from kiyas.languages import gettext as _
from kiyas.languages import percent_text

if TYPE_CHECKING:
    from kiyas.runs import RunSummary

_RUNS = Path("runs")


def ls(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of runs.")] = _RUNS,
    as_json: AsJson = False,
) -> None:
    """List runs: study, state, best score, when."""
    from kiyas.runs import list_runs

    runs = list_runs(folder)
    emit({"runs": [asdict(run) for run in runs]}, _runs_text(folder, runs), as_json=as_json)


def view(
    run: Annotated[
        Path,
        typer.Argument(metavar="RUN", help="Run folder, study, or folder of runs (newest first)."),
    ] = _RUNS,
    opening: Annotated[
        bool, typer.Option("--open/--no-open", help="Open a browser, or only print the path.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Open a run's report in the browser; print its path if there is no browser."""
    from kiyas.runs import find_report

    report = find_report(run, _RUNS).absolute()
    opened = opening and not as_json and open_in_browser(report.as_uri())
    emit({"report": str(report), "opened": opened}, str(report), as_json=as_json)


def open_in_browser(address: str) -> bool:
    """Open an address in a browser with windows; one in the terminal would take the terminal."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    # The standard library registers browsers of the terminal as this class, others as its kin.
    if type(browser) is webbrowser.GenericBrowser:
        return False
    return browser.open(address)


def _runs_text(folder: Path, runs: tuple[RunSummary, ...]) -> str:
    if not runs:
        return _("no runs in {folder}; make one with `kiyas run STUDY`").format(folder=folder)
    states = {
        "finished": _("finished"),
        "unfinished": _("unfinished"),
        "running": _("running"),
        "unreadable": _("unreadable"),
    }
    rows = [
        (
            Path(run.path).name,
            run.study or "–",
            states[run.state],
            _score(run),
            run.best or "–",
            "–" if run.when is None else run.when.replace("T", " ")[:16],
        )
        for run in runs
    ]
    heads = (_("run"), _("study"), _("state"), _("best score"), _("reached by"), _("when (UTC)"))
    return table_text(heads, rows)


def _score(run: RunSummary) -> str:
    if not run.n or run.k is None:
        return "–"
    return f"{run.metric} {run.k}/{run.n} ({percent_text(run.k / run.n)})"
