"""A plus benchmark -> a ``Benchmark`` whose tests compare with the reference's own outputs.

The reference solutions run in the cage like any other program; what they return is written down by
the judge, once for each file, and kept in the user's cache. Does not score anything.
"""

from __future__ import annotations

import gzip
import itertools
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from kiyas import sandbox
from kiyas.errors import ScoringError
from kiyas.records import Benchmark, Problem
from kiyas.sandbox.codec import flatten
from kiyas.scoring.code import Judge
from kiyas.scoring.plus_oracle import (
    ORACLE_VERSION,
    comparing_test,
    recording_test,
    rule_of,
)

PLUS_LIMITS = sandbox.Limits(
    wall_s=90.0,
    memory_bytes=4 * 2**30,
    max_reply_bytes=32 * 2**20,
    max_reply_elements=2_500_000,
)
"""Room for what the tests themselves limit: a minute for all calls, or more where the reference is
slow too. Loading has no other limit than this. 4 GiB as EvalPlus allows, and outputs of a million
numbers, as HumanEval/100 and /130 have them."""

Inputs = dict[str, list[Any]]
"""Flattened arguments of every call: ``base`` and ``plus``."""

Outputs = dict[str, dict[str, list[Any]]]
"""By task id: ``base``, ``plus`` (flattened outputs), ``base_s``, ``plus_s`` (seconds), and
``omitted``: 0-based positions of inputs, base first, whose output is too large to hand over."""

_MAX_OMITTED = 8


class HasInputs(Protocol):
    """A problem of a plus benchmark, as ``data.plus_benchmarks`` reads it."""

    @property
    def task_id(self) -> str:
        """Name in the benchmark."""

    @property
    def prompt(self) -> str:
        """What the model is shown."""

    @property
    def entry_point(self) -> str:
        """Name of the function that is called."""

    @property
    def canonical_solution(self) -> str:
        """Continuation of the prompt whose outputs are the truth."""

    @property
    def base_inputs(self) -> Sequence[Any]:
        """Arguments of the original calls."""

    @property
    def plus_inputs(self) -> Sequence[Any]:
        """Arguments of the added calls."""

    @property
    def atol(self) -> float:
        """Absolute tolerance."""


class HasProblems(Protocol):
    """A plus benchmark, as ``data.plus_benchmarks`` reads it."""

    @property
    def name(self) -> str:
        """Name of the benchmark."""

    @property
    def family(self) -> str:
        """``humaneval`` or ``mbpp``."""

    @property
    def problems(self) -> Sequence[HasInputs]:
        """All problems."""

    @property
    def sha256(self) -> str:
        """Hash of the file."""


@dataclass(frozen=True)
class PlusTests:
    """A plus benchmark that the cage can judge."""

    benchmark: Benchmark
    """The problems, each with a test that compares outputs."""
    num_base_inputs: Mapping[str, int]
    """Calls of the base part by task id; they come first."""
    omitted: Mapping[str, int]
    """Inputs that are not compared, by task id: the output is too large to be handed over."""


def prepare_plus(plus: HasProblems, cage: Judge, cache_folder: Path | None = None) -> PlusTests:
    """Return the benchmark with its tests, computing the expected outputs where they are not kept.

    Args:
        plus: The problems with their inputs.
        cage: Where the reference solutions run; made with ``PLUS_LIMITS``.
        cache_folder: Where outputs are kept; the user's cache if None.

    Raises:
        ScoringError: A reference solution does not run to its end; the message names them.
    """
    folder = default_cache_folder() if cache_folder is None else cache_folder
    made_by = f"{ORACLE_VERSION}-{sandbox.CAGE_VERSION}"
    path = folder / f"plus-outputs-{plus.sha256[:32]}-{made_by}.json.gz"
    outputs = _read_cache(path)
    if outputs is None or outputs.keys() != {problem.task_id for problem in plus.problems}:
        outputs = _record_outputs(plus, cage)
        _write_cache(path, outputs)
    problems, num_base = [], {}
    for problem in plus.problems:
        recorded = outputs[problem.task_id]
        inputs = _inputs_of(problem, recorded["omitted"])
        num_base[problem.task_id] = len(inputs["base"])
        rule = rule_of(plus.family, problem.entry_point)
        test = comparing_test(inputs, recorded, rule, problem.atol)
        problems.append(
            Problem(
                problem.task_id,
                problem.prompt,
                problem.entry_point,
                test,
                problem.canonical_solution,
            )
        )
    return PlusTests(
        Benchmark(plus.name, tuple(problems), plus.sha256),
        num_base,
        {task: len(recorded["omitted"]) for task, recorded in outputs.items()},
    )


def default_cache_folder() -> Path:
    """Return the folder of kiyas in the user's cache, which may not exist yet."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "kiyas"


def _inputs_of(problem: HasInputs, omitted: Sequence[int]) -> Inputs:
    """Return the flattened inputs without those at the omitted positions."""
    num_base = len(problem.base_inputs)
    left_out = set(omitted)
    base = [flatten(v) for i, v in enumerate(problem.base_inputs) if i not in left_out]
    plus = [flatten(v) for i, v in enumerate(problem.plus_inputs, num_base) if i not in left_out]
    return {"base": base, "plus": plus}


def _record_outputs(plus: HasProblems, cage: Judge) -> Outputs:
    """Run every reference solution; an input at which one gets stuck is left out."""
    outputs: Outputs = {}
    omitted: dict[str, list[int]] = {problem.task_id: [] for problem in plus.problems}
    faults: dict[str, str] = {}
    for _ in range(_MAX_OMITTED + 1):
        waiting = [problem for problem in plus.problems if problem.task_id not in outputs]
        faults = {}
        for verdict, recorded in _run_references(plus.family, waiting, omitted, cage):
            task = verdict.task_id
            if recorded is not None:
                outputs[task] = {**recorded, "omitted": omitted[task]}
                continue
            faults[task] = f"{verdict.outcome}: {verdict.detail}"
            if verdict.exception is None:  # no answer, rather than a wrong one
                omitted[task] = sorted(
                    [*omitted[task], _position(verdict.num_calls, omitted[task])]
                )
    if faults:
        shown = "; ".join(f"{task} ({fault[:80]})" for task, fault in list(faults.items())[:10])
        raise ScoringError(
            "reference solutions do not run, so that no score of this machine can be trusted",
            where=f"benchmark {plus.name}, isolation {cage.isolation.name}",
            received=f"{len(outputs)}/{len(plus.problems)} run; not: {shown}",
            expected=f"{len(plus.problems)}/{len(plus.problems)}",
            next_step="check the benchmark file; if the machine is busy, try again",
        )
    return {problem.task_id: outputs[problem.task_id] for problem in plus.problems}


def _position(num_answered: int, omitted: Sequence[int]) -> int:
    """Return the position among all inputs of the call after ``num_answered`` of the others."""
    left = (position for position in itertools.count() if position not in omitted)
    return next(itertools.islice(left, num_answered, None))


def _run_references(
    family: str,
    problems: Sequence[HasInputs],
    omitted: Mapping[str, Sequence[int]],
    cage: Judge,
) -> Iterator[tuple[sandbox.Verdict, dict[str, list[Any]] | None]]:
    """Yield each verdict with what was recorded; None where the reference did not finish."""
    with tempfile.TemporaryDirectory(prefix="kiyas-plus-") as folder:
        jobs = (
            (
                str(index),
                sandbox.Problem(
                    task_id=problem.task_id,
                    prompt=problem.prompt,
                    entry_point=problem.entry_point,
                    test=recording_test(
                        _inputs_of(problem, omitted[problem.task_id]),
                        str(Path(folder) / f"{index}.json"),
                        rule_of(family, problem.entry_point),
                        problem.atol,
                    ),
                ),
                problem.prompt + problem.canonical_solution,
            )
            for index, problem in enumerate(problems)
        )
        try:
            for index, verdict in cage.judge(jobs):
                recorded = None
                if verdict.outcome == "passed":
                    text = (Path(folder) / f"{index}.json").read_text(encoding="utf-8")
                    recorded = json.loads(text)
                yield verdict, recorded
        except sandbox.SandboxError as error:
            raise ScoringError(error.what, where="sandbox", next_step=error.next_step) from error


def _read_cache(path: Path) -> Outputs | None:
    """Return the outputs kept in a file; None if there are none, or they cannot be read."""
    try:
        loaded: Outputs = json.loads(gzip.decompress(path.read_bytes()))
    except (OSError, EOFError, ValueError):
        return None
    return loaded


def _write_cache(path: Path, outputs: Outputs) -> None:
    """Keep the outputs; a cache that cannot be written costs time at the next call, no more."""
    content = gzip.compress(json.dumps(outputs, separators=(",", ":")).encode("ascii"), 6)
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
