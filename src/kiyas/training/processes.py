"""A trial -> the same trial trained by several processes, one a GPU, that share each step's rows.

Starts them, tells what the first of them says, and ends them all when one fails. Data order,
adapter start and dropout come from seeds that no process changes, so the update is that of one
process but for rounding. Does not reach beyond this machine.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import wait
from typing import Any

from kiyas.errors import KiyasError, TrainingError
from kiyas.execution import Bar, Progress
from kiyas.models import BaseSource, load_base
from kiyas.training.causal_job import CausalJob
from kiyas.training.causal_lm import OnStep, train_trial
from kiyas.training.records import TrainingSummary

_PATIENCE_S = 10


def train_in_processes(
    job: CausalJob,
    source: BaseSource,
    *,
    progress: Progress,
    on_step: OnStep = lambda _: None,
) -> TrainingSummary:
    """Train one trial in ``train.num_processes`` processes, as ``train_trial`` does in one.

    Raises:
        TrainingError: There are fewer GPUs than processes, or a process ended without a word.
        KiyasError: Whatever ``train_trial`` raises in one of them.
    """
    num_processes, port = job.train.num_processes, _free_port()
    _check_gpus(num_processes)
    context = multiprocessing.get_context("spawn")  # a GPU does not survive a fork
    pipes = [context.Pipe(duplex=False) for _ in range(num_processes)]
    processes = [
        context.Process(target=_work, args=(job, source, port, rank, sender), daemon=True)
        for rank, (_, sender) in enumerate(pipes)
    ]
    for process in processes:
        process.start()
    for _, sender in pipes:
        sender.close()  # what is left is the process's own: it ends with it
    receivers = [receiver for receiver, _ in pipes]
    try:
        summary = _listen(dict(zip(receivers, processes, strict=True)), progress, on_step)
        for process in processes:
            process.join(_PATIENCE_S)
        return summary
    finally:
        for process in processes:
            process.kill()
            process.join()


def _listen(processes: dict[Any, Any], progress: Progress, on_step: OnStep) -> TrainingSummary:
    """Pass on what the processes say until one of them has the result or fails.

    Args:
        processes: Each with where it is heard.
        progress: Is told.
        on_step: Is told of every step.
    """
    with ExitStack() as bars:
        shown = Bar()
        while True:
            receiver: Any  # wait() also knows sockets and numbers; these are all connections
            for receiver in wait(list(processes)):
                try:
                    kind, value = receiver.recv()
                except EOFError:
                    _check_end(processes.pop(receiver))
                    continue
                if kind == "done":
                    summary: TrainingSummary = value
                    return summary
                if kind == "failed":
                    raise value
                if kind == "step":
                    on_step(value)
                elif kind == "bar":
                    shown = bars.enter_context(progress.bar(*value))
                else:
                    getattr(progress if kind == "say" else shown, kind)(value)


def _check_end(process: Any) -> None:
    process.join()
    if process.exitcode:
        raise TrainingError(
            "a process of the trial ended without a word",
            where="train.num_processes",
            received=f"exit code {process.exitcode}",
            next_step="look above for what it wrote, or train with num_processes: 1; "
            "earlier checkpoints are kept",
        )


def _work(job: CausalJob, source: BaseSource, port: int, rank: int, sender: Any) -> None:
    """Train as one of the processes; the first of them reports."""
    import torch

    # A terminal's Ctrl-C reaches all processes; the one that started this one tells and ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()
    train = job.train
    os.environ |= {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(train.num_processes),
        "LOCAL_WORLD_SIZE": str(train.num_processes),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }
    device = f"cuda:{rank}" if torch.cuda.is_available() else "cpu"
    if device == "cpu":
        torch.set_num_threads(max(1, torch.get_num_threads() // train.num_processes))
    say = _Sender(sender) if rank == 0 else Progress()
    try:
        base = load_base(
            source,
            dtype=train.dtype,
            device=device,
            quantization=train.quantization,
            num_shards=train.num_processes if train.shard_base else 1,
            say=say.say,
        )
        summary = train_trial(
            job,
            base,
            progress=say,
            on_step=lambda row: sender.send(("step", row)) if rank == 0 else None,
        )
    except KiyasError as error:
        sender.send(("failed", error))
        return
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
    if rank == 0:
        sender.send(("done", summary))


class _Sender(Progress):
    """Progress that is shown by the process that started this one."""

    def __init__(self, sender: Any) -> None:
        self._sender = sender

    def say(self, text: str) -> None:
        self._sender.send(("say", text))

    @contextmanager
    def bar(self, title: str, total: float, done: float = 0) -> Iterator[Bar]:
        self._sender.send(("bar", (title, total, done)))
        yield _SenderBar(self._sender)


class _SenderBar(Bar):
    def __init__(self, sender: Any) -> None:
        self._sender = sender

    def advance(self, amount: float = 1) -> None:
        self._sender.send(("advance", amount))

    def note(self, text: str) -> None:
        self._sender.send(("note", text))


def _end_with_parent() -> None:
    """Let this process end when the one that started it is killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # this runs only where one was started

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _check_gpus(num_processes: int) -> None:
    import torch

    num_gpus = torch.cuda.device_count()
    if 0 < num_gpus < num_processes:
        raise TrainingError(
            "there are fewer GPUs than processes",
            where="train.num_processes",
            received=f"{num_processes} processes, {num_gpus} GPUs",
            expected="at most one process a GPU",
            next_step=f"--set train.num_processes={num_gpus}; the update stays the same",
        )


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
