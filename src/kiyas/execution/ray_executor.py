"""Jobs -> their work done on the nodes of a Ray cluster, with what they say told here.

Ray begins a job again on another node when its own is lost. Steps say what is done already, so a
job that begins again goes on where the run folder, or the storage, says it stopped.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kiyas.config import ExecutionSettings
from kiyas.errors import ExecutionError, KiyasError
from kiyas.execution.cluster import check_nodes, check_resources, joined_cluster, living_nodes
from kiyas.execution.executor import Job, TaskT, Work
from kiyas.execution.progress import Bar, Progress
from kiyas.execution.ray_worker import Mailbox, Message, Order, Reopen, carry_out
from kiyas.languages import gettext as _
from kiyas.run_folder.mirror import Mirror

_BETWEEN_LOOKS_S = 0.5


class RayExecutor:
    """Runs jobs on a cluster; joins it when there is the first job, so that no work costs nothing.

    Args:
        settings: What the study says of its execution.
        reopen: Opens the study on a node; a module's function over plain values.
        folder: The run folder.
        mirror: Keeps the run folder equal to a storage; None if all nodes see the folder.
        progress: Where to tell what nodes say.
    """

    is_local = False

    def __init__(
        self,
        settings: ExecutionSettings,
        reopen: Reopen,
        folder: Path,
        mirror: Mirror | None,
        progress: Progress,
    ) -> None:
        self._settings, self._reopen, self._progress = settings, reopen, progress
        self._folder, self._mirror = folder.resolve(), mirror
        self._cluster: Any = None
        self._num_workers = 0
        self._mailbox: Any = None

    @property
    def num_workers(self) -> int:
        """Return how many jobs the cluster runs at a time."""
        if not self._num_workers:
            self._join()
        return self._num_workers

    def close(self) -> None:
        """Leave the cluster, if it was joined."""
        if self._cluster is not None:
            self._cluster.__exit__(None, None, None)
            self._cluster = None

    def map(self, run: Any, work: Work[Any, TaskT], jobs: Sequence[Job[TaskT]]) -> list[str]:
        """Do every job on some node; return the titles of what was worked on, in their order.

        Raises:
            KiyasError: What a job raised; the others are stopped, and what they did is kept.
            ExecutionError: A job's node was lost more often than the study allows.
        """
        del run  # nodes open their own
        if not jobs:
            return []
        import ray

        if not self._num_workers:
            self._join()
        if self._mirror is not None:
            self._mirror.push([name for job in jobs for name in (*job.reads, *job.writes)])
        waiting = {self._send(index, work, job): index for index, job in enumerate(jobs)}
        titles: dict[int, list[str]] = {}
        told = _Told(jobs, self._progress)
        try:
            with self._progress.bar(_("jobs on the cluster"), len(jobs)) as bar:
                while waiting:
                    ready, _rest = ray.wait([*waiting], timeout=_BETWEEN_LOOKS_S)
                    told.tell(ray.get(self._mailbox.take.remote()), bar)
                    for answer in ready:
                        index = waiting.pop(answer)
                        titles[index] = self._receive(answer, jobs[index])
                        told.finish(index, bar)
        finally:
            for answer in waiting:
                ray.cancel(answer, force=True)
        return [title for index in range(len(jobs)) for title in titles[index]]

    def _send(self, index: int, work: Work[Any, TaskT], job: Job[TaskT]) -> Any:
        import ray

        order = Order(
            index=index,
            job=job,
            work=work,
            reopen=self._reopen,
            folder=self._folder if self._mirror is None else _scratch(self._mirror),
            storage=None if self._mirror is None else self._mirror.address,
            working_dir=str(Path.cwd()),
        )
        task = ray.remote(carry_out).options(
            num_cpus=self._settings.cpus,
            num_gpus=self._settings.gpus if job.on_gpu else 0,
            max_retries=self._settings.retries,
            name=job.title,
        )
        return task.remote(order, self._mailbox)

    def _receive(self, answer: Any, job: Job[TaskT]) -> list[str]:
        import ray

        try:
            done: list[str] | KiyasError = ray.get(answer)
        except ray.exceptions.RayTaskError:
            raise  # a bug of kiyas keeps its traceback
        except ray.exceptions.RayError as error:
            raise ExecutionError(
                "the node of a job was lost, and every try after it",
                where=job.title,
                received=str(error).strip().splitlines()[0],
                expected=f"an end within {self._settings.retries} new tries",
                next_step="look after the nodes (often memory), then give the same command again: "
                "it goes on from here",
            ) from error
        if isinstance(done, KiyasError):
            raise done
        if self._mirror is not None:
            self._mirror.pull(job.writes)
        return done

    def _join(self) -> None:
        """Join the cluster and refuse it before any compute if it cannot do the study's jobs."""
        cluster = joined_cluster(self._settings)
        cluster.__enter__()
        self._cluster = cluster
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        nodes = living_nodes()
        check_resources(self._settings, nodes)
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        actor: Any = ray.remote(num_cpus=0)(Mailbox)
        self._mailbox = actor.options(scheduling_strategy=here).remote()
        nodes = check_nodes(nodes, self._folder if self._mirror is None else None)
        check_resources(self._settings, nodes)
        self._num_workers = sum(node.num_jobs(self._settings) for node in nodes)
        self._progress.say(
            _("Ray: {num_nodes} nodes, {num_jobs} jobs at a time").format(
                num_nodes=len(nodes), num_jobs=self._num_workers
            )
        )


class _Told:
    """What jobs have said so far; a job that begins twice has lost its node."""

    def __init__(self, jobs: Sequence[Job[Any]], progress: Progress) -> None:
        self._jobs, self._progress = jobs, progress
        self._nodes: dict[int, str] = {}
        self._shares: dict[int, float] = {}

    def tell(self, messages: Sequence[Message], bar: Bar) -> None:
        for message in messages:
            title = self._jobs[message.index].title
            if message.kind == "said":
                self._progress.say(f"{title}: {message.value}")
            elif message.kind == "share":
                self._advance(message.index, message.value, bar)
            else:
                text = _("{title}: on {node}")
                if message.index in self._nodes:
                    text = _("{title}: its node {lost} was lost; begun again on {node}")
                lost = self._nodes.get(message.index)
                self._progress.say(text.format(title=title, node=message.value, lost=lost))
                self._nodes[message.index] = message.value

    def finish(self, index: int, bar: Bar) -> None:
        self._advance(index, 1.0, bar)
        self._progress.say(_("{title}: done").format(title=self._jobs[index].title))

    def _advance(self, index: int, share: float, bar: Bar) -> None:
        """Move the bar on by what a job is further than it ever was; pieces of it start at 0."""
        before = self._shares.get(index, 0.0)
        share = max(before, min(share, 1.0))
        self._shares[index] = share
        bar.advance(share - before)


def _scratch(mirror: Mirror) -> Path:
    """Return where a node keeps its copy; the same for all jobs of a study there."""
    name = hashlib.sha256(mirror.address.encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"kiyas-{name}"
