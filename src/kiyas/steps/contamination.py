"""Training sets -> what each shares with the benchmark, on disk beside the trials.

A set that cannot be read here is no fault of the run: it is said to be unchecked, and is tried
again the next time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kiyas.config import ArmSettings
from kiyas.data import load_examples, source_kind
from kiyas.errors import DataError
from kiyas.records.contamination import Overlap, TrainingSetOverlap
from kiyas.run_folder import Inputs, read_json, write_json
from kiyas.scoring.code_fingerprints import FINGERPRINT_VERSION, fingerprint_code
from kiyas.steps.run import Run, tell_state
from kiyas.steps.train import identify_data

if TYPE_CHECKING:
    from kiyas.analysis.contamination import BenchmarkIndex, SharedProblem, TrainingRow


def check_contamination(run: Run, *, local_only: bool = False) -> list[str]:
    """Compare every training set with the benchmark; return the titles of what was worked on.

    Args:
        run: The run.
        local_only: Whether to leave out sets that would be fetched.
    """
    done = []
    index: BenchmarkIndex | None = None
    for arm in _arms(run):
        step, inputs = run.folder.contamination(arm.name), _inputs(run, arm)
        if (local_only and _is_fetched(run, arm)) or step.state(inputs).status == "complete":
            continue
        title = f"contamination of {arm.name}"
        tell_state(step.begin(inputs), title, run.progress)
        index = index or _index(run)
        found = _search(run, arm, index)
        if found.status == "not checked":
            run.progress.say(f"{title}: not checked: {found.reason}")
            continue
        write_json(run.folder.overlaps(arm.name), found)
        step.finish(inputs, {"status": found.status, "num_flagged": len(found.overlaps)})
        done.append(title)
    return done


def read_contamination(run: Run) -> tuple[TrainingSetOverlap, ...]:
    """Return what every training set shares with the benchmark; local sets are checked here."""
    check_contamination(run, local_only=True)
    return tuple(_read(run, arm) for arm in _arms(run))


def contamination_inputs(run: Run) -> Inputs:
    """Return what the report's part on contamination depends on."""
    return {
        f"contamination of {arm.name}": run.folder.contamination(arm.name)
        .outputs()
        .get("status", "not checked")
        for arm in _arms(run)
        if _is_fetched(run, arm)
    }


def share_problems(run: Run) -> tuple[SharedProblem, ...]:
    """Return the problems with the fingerprints of their reference solutions."""
    from kiyas.analysis.contamination import SharedProblem

    return tuple(
        SharedProblem(
            problem,
            fingerprint_code(problem.prompt + problem.canonical_solution, name=problem.entry_point)
            if problem.canonical_solution
            else frozenset(),
        )
        for problem in run.benchmark.problems
    )


def _arms(run: Run) -> list[ArmSettings]:
    return list({job.trial.arm: job.arm for job in run.jobs.trials}.values())


def _is_fetched(run: Run, arm: ArmSettings) -> bool:
    assert arm.data is not None  # only arms with data become trials
    return source_kind(arm.data.source, run.study_dir) == "hub"


def _inputs(run: Run, arm: ArmSettings) -> Inputs:
    return {
        "data": identify_data(run, arm),
        "benchmark": run.benchmark.sha256,
        "search": FINGERPRINT_VERSION,
    }


def _index(run: Run) -> BenchmarkIndex:
    from kiyas.analysis.contamination import BenchmarkIndex

    return BenchmarkIndex(share_problems(run))


def _search(run: Run, arm: ArmSettings, index: BenchmarkIndex) -> TrainingSetOverlap:
    assert arm.data is not None  # only arms with data become trials
    source = arm.data.source
    try:
        rows = list(_rows(run, arm))
    except DataError as error:
        return TrainingSetOverlap(arm.name, source, "not checked", 0, reason=error.what)
    overlaps = index.find(rows)
    return TrainingSetOverlap(
        arm.name, source, "found" if overlaps else "not found", len(rows), overlaps
    )


def _rows(run: Run, arm: ArmSettings) -> Iterator[TrainingRow]:
    from kiyas.analysis.contamination import TrainingRow

    data = arm.data
    assert data is not None  # only arms with data become trials
    loaded = load_examples(
        data.source,
        columns=data.columns.model_dump(),
        split=data.split,
        base_dir=run.study_dir,
    )
    for example in loaded.examples:
        text = f"{example.prompt}\n{example.response}"
        code = fingerprint_code(example.prompt) | fingerprint_code(example.response)
        yield TrainingRow(example.row, text, code)


def _read(run: Run, arm: ArmSettings) -> TrainingSetOverlap:
    assert arm.data is not None  # only arms with data become trials
    if run.folder.contamination(arm.name).state(_inputs(run, arm)).status != "complete":
        reason = "the set was not read on this machine"
        return TrainingSetOverlap(arm.name, arm.data.source, "not checked", 0, reason=reason)
    found: dict[str, Any] = read_json(run.folder.overlaps(arm.name))
    overlaps = tuple(
        Overlap(**{**overlap, "kinds": tuple(overlap["kinds"])})
        for overlap in found.pop("overlaps")
    )
    return TrainingSetOverlap(overlaps=overlaps, **found)
