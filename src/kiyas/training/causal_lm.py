"""Trial, examples, base -> adapters at the wanted steps, history and data report. Front door.

Called again after a kill it goes on from the last complete checkpoint and gives the loss curve of
an uninterrupted run. Does not evaluate, and does not decide whether a trial must be trained: that
is the flow's. Called in several processes that share a trial, only the first writes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

from kiyas.errors import DataError, MissingExtraError
from kiyas.execution import Progress
from kiyas.models import Base, new_adapter
from kiyas.records import Trial
from kiyas.run_folder import TrialFolder, read_json, write_json, writing
from kiyas.training.causal_job import CausalJob
from kiyas.training.history import History, HistoryRow
from kiyas.training.records import DataSummary, StepCount, TrainingSummary
from kiyas.training.rows import longest_row, prepare_rows
from kiyas.training.saved import read_saved
from kiyas.training.steps import count_steps

if TYPE_CHECKING:
    from kiyas.training.memory import MemoryReport

OnStep = Callable[[HistoryRow], None]
"""Is told of a step when its update is done."""


def train_trial(
    job: CausalJob,
    base: Base,
    *,
    progress: Progress,
    on_step: OnStep = lambda _: None,
) -> TrainingSummary:
    """Train one trial, or what is left of it.

    Args:
        job: What to train.
        base: The frozen base; it stays bare.
        progress: Is shown a bar with the time left.
        on_step: Is told of every step once it is in the history.

    Raises:
        DataError: There is no example, or the rows are not those that the trial began with.
        TrainingError: The rows teach nothing, a target module or checkpoint step is wrong, the
            loss is not finite, memory does not suffice for one row, or an adapter does not load to
            what was trained.
        ModelError: A chat protocol, and the base has no chat template.
        RunFolderError: The folder cannot be written, or does not hold what it should.
    """
    try:
        from torch.random import fork_rng

        from kiyas.training.checkpoints import CheckpointKeeper
        from kiyas.training.gradients import Told
        from kiyas.training.trainer import TrialTrainer, training_arguments
    except ImportError as error:
        raise MissingExtraError("training", "train") from error

    trial, train, folder = job.trial, job.train, job.folder
    rows, data = prepare_rows(base, job.examples, job.protocol, max_seq_len=train.max_seq_len)
    steps = count_steps(len(rows), train)
    model = new_adapter(base, job.lora, seed=trial.seed)
    writes = os.environ.get("RANK", "0") == "0"
    keeper = CheckpointKeeper(base, folder, steps, rows[0].token_ids)
    resumed_from, state = keeper.newest_state()
    if resumed_from:
        _refuse_other_rows(folder, data)
    if writes:
        write_json(folder.data, data)
    _say_what_is_missing(trial, data, longest_row(base, train.max_seq_len), progress)
    read_saved(folder, [step for step in steps.checkpoints if step <= resumed_from])
    history = History(folder.history, resumed_from=resumed_from, writes=writes)
    if resumed_from < steps.num_steps:
        arguments = training_arguments(base, train, steps, trial.seed, keeper.workplace)
        told = Told(
            folder.memory if writes else None, lambda text: progress.say(f"{trial.name}: {text}")
        )
        with (
            _recording(history, trial, steps, progress, on_step) as record,
            fork_rng(),  # the loop seeds torch's own generator
        ):
            with writing(folder.path):
                trainer = TrialTrainer(base, model, rows, train, arguments, keeper, record, told)
            with closing(trainer):
                progress.say(f"{trial.name}: {_describe(trainer.probe())}")
                trainer.train(resume_from_checkpoint=None if state is None else str(state))
    return TrainingSummary(
        trial=trial.name,
        steps=steps,
        data=data,
        checkpoints=read_saved(folder, steps.checkpoints),
        num_trainable=sum(w.numel() for w in model.parameters() if w.requires_grad),
        final_loss=history.rows[-1].loss,
        seconds=sum(row.seconds for row in history.rows),
        resumed_from=resumed_from,
    )


@contextmanager
def _recording(
    history: History, trial: Trial, steps: StepCount, progress: Progress, on_step: OnStep
) -> Iterator[OnStep]:
    """Yield what is to be told of each step: the history first, then whoever listens."""
    with progress.bar(f"training {trial.name}", steps.num_steps, len(history.rows)) as bar:

        def record(row: HistoryRow) -> None:
            history.append(row)
            on_step(row)
            bar.advance()
            bar.note(f"loss {row.loss:.3f}, {row.tokens / row.seconds:,.0f} tokens/s")

        yield record


def _refuse_other_rows(folder: TrialFolder, data: DataSummary) -> None:
    """Refuse to go on with other rows than a trial began with: its curve would be of neither."""
    before = read_json(folder.data) if folder.data.exists() else {}
    if before.get("rows_hash", data.rows_hash) == data.rows_hash:
        return
    counts = ("num_rows", "num_trained_rows", "num_tokens", "num_trained_tokens")
    now = asdict(data)
    differs = [f"{key} {before[key]} -> {now[key]}" for key in counts if before[key] != now[key]]
    raise DataError(
        "the training data changed since this trial began",
        where=str(folder.data),
        received=", ".join(differs) or "as many rows and tokens, and other ones",
        expected=f"the rows of hash {before['rows_hash'][:12]}",
        next_step="put the data back, or move the trial's folder away to train it anew",
    )


def _say_what_is_missing(
    trial: Trial, data: DataSummary, max_tokens: int, progress: Progress
) -> None:
    if data.num_cut_rows:
        progress.say(
            f"{trial.name}: {data.num_cut_rows} of {data.num_rows} rows are cut at {max_tokens} "
            f"tokens and train no end token; {data.num_left_out_rows} of them train nothing and "
            "are left out"
        )


def _describe(memory: MemoryReport) -> str:
    assert memory.peak_bytes is not None  # measured by the probe
    return (
        f"largest micro-batches hold {memory.probe_tokens:,} tokens and need "
        f"{memory.peak_bytes / 2**30:.1f} GiB at the peak"
    )
