"""A trial's figures -> MLflow, TensorBoard or whatever else transformers reports to.

Drives the callbacks of ``transformers.integrations`` by the history of our own trainers, so that
a tracker sees what ``history.csv`` holds and nothing else. A tracker that fails is said once, left
out from there on, and never ends a training.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kiyas.errors import first_line
from kiyas.models.base import quiet_libraries

Settings = Mapping[str, Any]
"""What a trial is trained with, by the study's keys."""


class Tracker:
    """Reports one trial.

    Args:
        names: Integrations of transformers, such as ``mlflow``.
        title: What the trial is called there.
        settings: Told to the tracker as parameters.
        folder: Where trackers that write files (TensorBoard) write them.
        say: Is told of a tracker that fails.
    """

    def __init__(
        self,
        names: Sequence[str],
        title: str,
        settings: Settings,
        folder: Path,
        say: Callable[[str], None],
    ) -> None:
        from transformers import TrainerControl, TrainerState
        from transformers.integrations.integration_utils import get_reporting_integration_callbacks

        quiet_libraries()
        self._say = say
        self._callbacks: dict[str, Any] = {}
        self._arguments = _arguments(title, settings, folder)
        self._state, self._control = TrainerState(), TrainerControl()
        for name in names:
            (integration,) = get_reporting_integration_callbacks(name)
            callback = self._guarded(name, integration)
            if callback is not None:
                self._callbacks[name] = callback
        self._tell("on_train_begin")

    def log(self, step: int, epoch: float, figures: Mapping[str, float]) -> None:
        """Report the figures of a step or an epoch."""
        self._state.global_step, self._state.epoch = step, epoch
        self._tell("on_log", logs={**figures, "epoch": epoch})

    def close(self) -> None:
        """End the report."""
        self._tell("on_train_end")

    def _tell(self, event: str, **told: Any) -> None:
        for name, callback in list(self._callbacks.items()):
            handle = getattr(callback, event)
            self._guarded(name, handle, self._arguments, self._state, self._control, **told)

    def _guarded(self, name: str, act: Callable[..., Any], *given: Any, **told: Any) -> Any:
        """Let a tracker act; leave it out from here on if it fails."""
        try:
            return act(*given, **told)
        except Exception as error:  # noqa: BLE001 - a tracker may raise anything; training goes on
            self._callbacks.pop(name, None)
            reason = first_line(error)
            self._say(f"tracking with {name} ends here ({reason}); training goes on")
            return None


def _arguments(title: str, settings: Settings, folder: Path) -> Any:
    """Return what callbacks read of a trainer; what they log as parameters is the study's own."""
    from transformers import TrainingArguments

    class StudySettings(TrainingArguments):
        def to_dict(self) -> dict[str, Any]:
            return dict(settings)

    return StudySettings(output_dir=str(folder), run_name=title, report_to="none", use_cpu=True)
