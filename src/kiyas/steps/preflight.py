"""An opened code run -> what would fail only after hours of work, said before them.

Looks at the engine that decodes, at the server that it may ask, and at the cage that judges: the
reference solutions must pass in it. Where jobs run on nodes, a node looks. What was found to work
is not tried again in this process. Reads no weights.
"""

from __future__ import annotations

from dataclasses import dataclass

from kiyas.execution import Job
from kiyas.steps.run import Run
from kiyas.steps.score import open_cage

_DONE = "preflight"


@dataclass(frozen=True)
class PreflightTask:
    """What to look at."""

    trains: bool
    """Whether there is training before the engine and its server are needed."""


def check_ahead(run: Run, *, trains: bool) -> None:
    """Refuse a run that has work to do and could not decode or judge what comes of it.

    Args:
        run: The run.
        trains: Whether trials are to be trained first; an engine that is needed at once, and its
            server, say for themselves what they lack.

    Raises:
        KiyasError: The engine cannot start here, the cage cannot be had, or reference solutions do
            not pass in it.
    """
    if _DONE in run.proven:
        return
    run.executor.map(run, preflight_task, [Job("checks before the work", PreflightTask(trains))])
    run.proven.add(_DONE)


def preflight_task(run: Run, task: PreflightTask) -> list[str]:
    """Look ahead on this machine; nothing counts as worked on."""
    from kiyas.prediction.engine_checks import find_engine_faults, look_at_server

    for fault in find_engine_faults(run.study.predict):
        raise fault
    if task.trains:
        look_at_server(run.study.predict, run.progress.say)
    with open_cage(run):
        return []
