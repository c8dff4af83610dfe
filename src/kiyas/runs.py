"""A folder of run folders -> what each of them is: study, state, best score, when; ``list_runs``.

Reads files of the run folder only; a folder that is damaged or foreign is told as unreadable, not
raised, because a list must not fail for one entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from kiyas.config import load_study
from kiyas.errors import RunFolderError
from kiyas.run_folder import RunFolder, read_json

State = Literal["finished", "unfinished", "running", "unreadable"]


@dataclass(frozen=True)
class RunSummary:
    """One run folder."""

    path: str
    """Where it is."""
    study: str | None
    """Name of the study; None if the folder does not tell."""
    state: State
    """``running``: another process holds it. ``finished``: its report is complete, and is of what
    lies in the folder."""
    best: str | None
    """Checkpoint or trial with the best score, untrained bases left out; None if none, or if the
    scores are those of before an edit that was not carried out to its end."""
    metric: str | None
    """What the score is: ``pass@1`` or ``accuracy``."""
    k: int | None
    """Passes or hits of the best."""
    n: int | None
    """Completions or items."""
    when: str | None
    """When anything of it last changed, ISO 8601 in UTC."""


def list_runs(folder: Path) -> tuple[RunSummary, ...]:
    """Return every run folder directly in a folder, or the folder itself; the newest first.

    Raises:
        RunFolderError: There is no such folder.
    """
    if not folder.is_dir():
        raise RunFolderError(
            "there is no such folder",
            where=str(folder),
            next_step="name the folder of your runs, or make one with `kiyas run STUDY`",
        )
    places = [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
    runs = [_summary(RunFolder(path)) for path in places if is_run_folder(path)]
    return tuple(sorted(runs, key=lambda run: run.when or "", reverse=True))


def is_run_folder(path: Path) -> bool:
    """Return whether a folder was made by a run; not if it may not be looked into."""
    with suppress(PermissionError):
        return (path / "provenance.json").is_file() or (path / "findings.json").is_file()
    return False


def find_report(place: Path, runs: Path) -> Path:
    """Return the report that a person means.

    Args:
        place: A run folder, a report's folder or file, the name of a study, or a study file;
            ``runs`` itself stands for the newest report in it.
        runs: Folder of run folders.

    Raises:
        RunFolderError: There is no report.
        StudyError: The study file is wrong.
    """
    if place.is_file() and place.suffix == ".html":
        return place
    study = _study_name(place)
    named = (place, place / "report", runs / study / "report")
    found = next((path / "index.html" for path in named if (path / "index.html").is_file()), None)
    if found is None and place.is_dir():
        made = [RunFolder(Path(run.path)).report / "index.html" for run in list_runs(place)]
        found = next((path for path in made if path.is_file()), None)
    if found is None:
        raise RunFolderError(
            "there is no report",
            where=str(place),
            next_step="make one with `kiyas run STUDY`; `kiyas ls` lists the runs",
        )
    return found


def _study_name(place: Path) -> str:
    """Return the name of the study that a file describes, or what is taken for a name."""
    if place.suffix in (".yaml", ".yml") and place.is_file():
        return load_study(place).name
    return place.name


def _summary(folder: RunFolder) -> RunSummary:
    try:
        provenance = read_json(folder.provenance) if folder.provenance.exists() else {}
        findings = read_json(folder.findings) if folder.findings.exists() else {}
        study = findings.get("study") or provenance.get("study")
        best, metric, k, n = _best({} if folder.is_unfinished else findings)
        state, when = _state(folder), _when(folder)
    except (RunFolderError, OSError, KeyError, TypeError, AttributeError):
        return RunSummary(str(folder.path), None, "unreadable", None, None, None, None, None)
    return RunSummary(str(folder.path), study, state, best, metric, k, n, when)


def _state(folder: RunFolder) -> State:
    lock = folder.path / ".lock"
    if lock.exists():
        try:
            with FileLock(lock, timeout=0):
                pass
        except Timeout:
            return "running"
        except OSError:  # another user's: only its report can tell
            pass
    step = folder.report / "step.json"
    complete = step.exists() and read_json(step).get("complete") and not folder.is_unfinished
    return "finished" if complete and folder.findings.exists() else "unfinished"


def _best(findings: Mapping[str, Any]) -> tuple[str | None, str | None, int | None, int | None]:
    """Return the best trained entry with its score."""
    if "checkpoints" in findings:
        for item in findings["checkpoints"]:
            label = f"{item['checkpoint']['trial']}/step-{item['checkpoint']['step']}"
            if label == findings["best"]:
                return label, "pass@1", item["pass_at_1"]["k"], item["pass_at_1"]["n"]
    scored = [
        (item["scores"]["metrics"]["accuracy"], item["trial"])
        for item in findings.get("results", ())
    ]
    if not scored:
        return None, None, None, None
    score, trial = max(scored, key=lambda pair: pair[0]["estimate"] or 0)
    return trial, "accuracy", score["k"], score["n"]


def _when(folder: RunFolder) -> str | None:
    files = (folder.findings, folder.provenance)
    times = [path.stat().st_mtime for path in files if path.exists()]
    return datetime.fromtimestamp(max(times), UTC).isoformat(timespec="seconds") if times else None
