"""An opened code run -> what would fail only after hours of work, said before them.

Looks at the adapter of every arm, at the engine that decodes, at the server that it may ask, at the
prompts, which must leave room in each base's context, and at the cage that judges: the reference
solutions must pass in it.
Where jobs run on nodes, a node looks. What was found to work is not tried again in this process.
Reads no weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kiyas.execution import Job
from kiyas.models import has_chat_template
from kiyas.steps.askings import asking_under, questions_of
from kiyas.steps.run import Run
from kiyas.steps.score import open_cage

if TYPE_CHECKING:
    from kiyas.models import Base

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
        KiyasError: An arm cannot be trained or the engine cannot start here, a prompt fills the
            context, the cage cannot be had, or reference solutions do not pass in it.
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
        bases = _load_without_weights(run)
        _check_arms(run, bases)
        look_at_server(run.study.predict, run.progress.say)
        _check_prompts(run, bases)
    with open_cage(run):
        return []


def _load_without_weights(run: Run) -> dict[str, Base]:
    """Return every base as an engine other than transformers is opened with it."""
    from kiyas.prediction.engine_choice import choose_engine, load_without_weights

    choice = choose_engine(run.study.predict)
    return {
        name: load_without_weights(source, run.study.predict, choice)
        for name, source in run.bases.items()
    }


def _check_arms(run: Run, bases: Mapping[str, Base]) -> None:
    """Refuse an arm that cannot be trained here, before those that come first are trained."""
    from kiyas.models import check_four_bits, check_targets, default_device

    study = run.study
    for arm in study.arms:
        if arm.data is not None:
            name = study.base_of(arm)
            check_targets(name, bases[name].model, study.lora_of(arm))
            if study.train_of(arm).quantization is not None:
                check_four_bits(default_device())


def _check_prompts(run: Run, bases: Mapping[str, Base]) -> None:
    """Refuse a prompt of the study or of its audit that leaves no room in its base's context.

    A server says only when it is asked how much room it has.
    """
    from kiyas.prediction.engine_choice import choose_engine
    from kiyas.prediction.questions import check_prompts

    study = run.study
    if choose_engine(study.predict).name == "openai":
        return
    others = study.audit.protocols if study.audit.enabled else ()
    for name, base in bases.items():
        for protocol in dict.fromkeys((study.protocol, *others)):
            # Where the template is missing, the audit leaves its protocols out.
            is_asked = protocol in (study.protocol, "completion")
            if is_asked or has_chat_template(run.bases[name]):
                asking = asking_under(run, protocol)
                check_prompts(questions_of(run, base, asking), base.context_tokens)
