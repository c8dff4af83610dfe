"""``transformers.Trainer`` with our step: the library's loop, scheduler, optimiser and resume.

Three things differ. A step's whole effective batch comes at once and is cut into micro-batches by
token budget, among all processes of the trial; the language-model head is computed on trained
positions only; a checkpoint is kept only when it is complete and proven. The update is that of
plain accumulation: the loss is summed and divided by the trained tokens of the whole step.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from accelerate.data_loader import prepare_data_loader
from torch.utils.data import DataLoader
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback

from kiyas.config.schema import TrainSettings
from kiyas.errors import TrainingError
from kiyas.models import Base, save_adapter
from kiyas.training.checkpoints import CheckpointKeeper, saving
from kiyas.training.gradients import StepGradients, Told
from kiyas.training.history import HistoryRow
from kiyas.training.memory import MemoryReport
from kiyas.training.records import StepCount
from kiyas.training.rows import TrainingRow


class TrialTrainer(Trainer):
    """Trains one adapter on one base.

    Args:
        base: The bare base, for its precision and device.
        model: The same base with a fresh adapter.
        rows: The rows to train on; the data set that the loop sees is their indices.
        train: The settings that the arguments do not hold.
        arguments: From ``training_arguments``.
        keeper: Keeps adapters and the state to go on from.
        record: Is told of every step when its update is done.
        told: Where it is said what memory was needed and what gave way.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - one argument a collaborator
        self,
        base: Base,
        model: Any,
        rows: Sequence[TrainingRow],
        train: TrainSettings,
        arguments: TrainingArguments,
        keeper: CheckpointKeeper,
        record: Callable[[HistoryRow], None],
        told: Told,
    ) -> None:
        super().__init__(
            model=model,
            args=arguments,
            train_dataset=list(range(len(rows))),
            data_collator=lambda indices: {"indices": torch.tensor(indices)},
        )
        self.remove_callback(PrinterCallback)
        self.add_callback(_StepEnd(self.finish_step))
        self._rows = rows
        self._keeper, self._record = keeper, record
        self._gradients = StepGradients(base, model, train, arguments.seed, self.accelerator, told)
        self._started, self._last_step = 0.0, HistoryRow(0, 0.0, 0.0, 0.0, 0, seconds=0.0)

    def training_step(
        self,
        model: Any,
        inputs: dict[str, Any],
        num_items_in_batch: Any = None,  # noqa: ARG002 - the loop passes it
    ) -> torch.Tensor:
        """Compute the gradients of one whole effective batch.

        Raises:
            TrainingError: The loss is not a finite number; nothing is updated.
        """
        self._started = time.perf_counter()
        model.train()
        rows = [self._rows[index] for index in inputs["indices"].tolist()]
        step = self.state.global_step + 1
        loss = self._gradients.add_up(rows, step)
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss is {loss} at step {step}",
                received=f"data rows {', '.join(str(row.row) for row in rows)}",
                expected="a finite loss",
                next_step="lower train.learning_rate or train with dtype: float32; "
                "earlier checkpoints are kept",
            )
        assert self.optimizer is not None
        rate = float(self.optimizer.param_groups[0]["lr"])
        tokens = sum(len(row.token_ids) for row in rows)
        self._last_step = HistoryRow(step, self._keeper.epoch_at(step), loss, rate, tokens, 0.0)
        return torch.tensor(loss)

    def probe(self) -> MemoryReport:
        """Work on the largest micro-batches once and measure what memory they need.

        Raises:
            TrainingError: Memory does not suffice for the longest row.
        """
        assert self.model is not None
        self.model.train()
        return self._gradients.probe(self._rows)

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Give every process all rows of a step: which are its own is decided step by step."""
        rows: Any = self.train_dataset  # numbers of rows, as the constructor was handed them
        loader = DataLoader(
            rows,
            batch_size=self._train_batch_size,
            sampler=self._get_train_sampler(),
            collate_fn=self.data_collator,
        )
        prepared: DataLoader[Any] = prepare_data_loader(
            loader,
            num_processes=1,
            process_index=0,
            use_seedable_sampler=True,
            data_seed=self.args.data_seed,
        )
        return prepared

    def store_flos(self) -> None:
        """Count no floating point operations: it would make all processes wait for each other."""

    def close(self) -> None:
        """End the threads of the gradients."""
        self._gradients.close()

    def finish_step(self, step: int) -> bool:
        """Record a step whose update is done; return whether to save."""
        seconds = time.perf_counter() - self._started
        self._record(replace(self._last_step, seconds=seconds))
        return self._keeper.is_due(step)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        step = self.state.global_step
        self._keeper.keep_adapter(self.model, step)
        written = self._keeper.workplace / f"checkpoint-{step}"
        with saving(self._keeper.workplace):
            if self.is_world_process_zero():
                super()._save_checkpoint(model, trial)
            else:
                self._save_rng_state(str(written))  # each draws its own dropout of the base
        self.accelerator.wait_for_everyone()
        if self.is_world_process_zero():
            self._keeper.keep_state(written, step)
        self.accelerator.wait_for_everyone()

    def _save(
        self,
        output_dir: str | None = None,
        state_dict: Any = None,  # noqa: ARG002 - the loop passes it
    ) -> None:
        assert output_dir is not None
        save_adapter(self.model, Path(output_dir))


class _StepEnd(TrainerCallback):
    """Hands the end of a step to the trainer, which the loop tells to callbacks only."""

    def __init__(self, finish_step: Callable[[int], bool]) -> None:
        self._finish_step = finish_step

    def on_step_end(
        self,
        args: Any,  # noqa: ARG002 - the loop passes it
        state: Any,
        control: Any,
        **kwargs: Any,  # noqa: ARG002 - the loop passes them
    ) -> None:
        control.should_save = self._finish_step(state.global_step)


def training_arguments(
    base: Base, train: TrainSettings, steps: StepCount, seed: int, workplace: Path
) -> TrainingArguments:
    """Return the loop's settings: ours where a study says something, silence everywhere else."""
    has_warmup = train.warmup_steps > 0
    constant = "constant_with_warmup" if has_warmup else "constant"
    scheduler = constant if train.lr_scheduler == "constant" else train.lr_scheduler
    arguments = TrainingArguments(
        output_dir=str(workplace),
        per_device_train_batch_size=steps.examples_per_step,
        gradient_accumulation_steps=1,
        max_steps=steps.num_steps,
        optim="adamw_torch",
        learning_rate=train.learning_rate,
        lr_scheduler_type=scheduler,
        warmup_steps=train.warmup_steps,
        weight_decay=train.weight_decay,
        max_grad_norm=train.max_grad_norm,
        seed=seed,
        data_seed=seed,
        use_cpu=base.device == "cpu",
        dataloader_pin_memory=False,
        remove_unused_columns=False,
        label_names=[],
        save_strategy="no",
        eval_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )
    # Several visible GPUs would be wrapped in DataParallel, which splits a batch of indices.
    arguments._n_gpu = min(arguments.n_gpu, 1)
    return arguments
