"""Settings -> a Ray cluster that can run the study's jobs, or one clear error before any compute.

No scheduler of our own: Ray places jobs, begins them again when a node is lost, and finds nodes.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import platform
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kiyas
from kiyas.config import ExecutionSettings
from kiyas.errors import ExecutionError, MissingExtraError, first_line

_LOOK_LIMIT_S = 120.0
"""Seconds in which a node must answer; a cold one has to start a process."""


@dataclass(frozen=True)
class Node:
    """A machine of the cluster."""

    id: str
    """Ray's name for it."""
    name: str
    """What people call it."""
    cpus: float
    """Its processors."""
    gpus: float
    """Its GPUs."""

    def __str__(self) -> str:
        return f"{self.name}: {self.cpus:g} processors, {self.gpus:g} GPUs"

    def num_jobs(self, settings: ExecutionSettings) -> int:
        """Return how many jobs that train fit on it at a time."""
        fit = int(self.cpus // settings.cpus)
        return min(fit, int(self.gpus // settings.gpus)) if settings.gpus else fit


@contextlib.contextmanager
def joined_cluster(settings: ExecutionSettings) -> Iterator[None]:
    """Join the cluster that the study names, and leave it at the end.

    Ray's own messages go to its log folder alone: what a person needs is said by the executor, and
    standard output belongs to ``--json``.

    Raises:
        MissingExtraError: Ray is not installed.
        ExecutionError: The cluster cannot be reached.
    """
    try:
        import ray
    except ImportError as error:
        raise MissingExtraError("`executor: ray`", "ray") from error
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported to anybody
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # Ray warns if it is not said
    was_joined = ray.is_initialized()
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            if not was_joined:
                _join(ray, settings.address)
            yield
        finally:
            if not was_joined:
                ray.shutdown()


def _join(ray: Any, address: str | None) -> None:
    try:
        ray.init(
            address=address,
            log_to_driver=False,
            logging_level=logging.CRITICAL,
            include_dashboard=None if address else False,
        )
    except (ConnectionError, ValueError, RuntimeError, OSError) as error:
        raise ExecutionError(
            "the Ray cluster cannot be reached",
            where=f"execution.address: {address or os.environ.get('RAY_ADDRESS', 'this machine')}",
            received=first_line(error),
            next_step="start one with `ray start --head` and give its address with --address, "
            "or use --executor local",
        ) from error


def living_nodes() -> list[Node]:
    """Return the nodes of the cluster that has been joined."""
    import ray

    return [
        Node(
            node["NodeID"],
            f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})",
            node["Resources"].get("CPU", 0.0),
            node["Resources"].get("GPU", 0.0),
        )
        for node in ray.nodes()
        if node["Alive"]
    ]


def check_resources(settings: ExecutionSettings, nodes: list[Node]) -> None:
    """Refuse a study whose jobs fit on no node.

    Raises:
        ExecutionError: Names every node with what it has.
    """
    if not any(node.num_jobs(settings) for node in nodes):
        raise ExecutionError(
            "no node of the cluster has what a job needs",
            where="execution.gpus" if settings.gpus else "execution.cpus",
            received="; ".join(map(str, nodes)) or "no nodes",
            expected=f"a node with {settings.cpus} processors and {settings.gpus:g} GPUs",
            next_step="add such a node to the cluster, or lower execution.gpus and execution.cpus",
        )


def check_nodes(nodes: list[Node], folder: Path | None) -> list[Node]:
    """Let every node that can work say what it is and whether it sees the run folder.

    Args:
        nodes: The cluster's.
        folder: The shared run folder; None where results go over an address.

    Returns:
        The nodes that are there: Ray lists one that was lost for some seconds more.

    Raises:
        ExecutionError: A node has another kiyas, or neither sees nor may write the run folder.
    """
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    able = [node for node in nodes if node.cpus >= 1]
    token = uuid.uuid4().hex
    mark = None if folder is None else folder / f".reach-{token}"
    if mark is not None:
        mark.write_text(token, encoding="utf-8")
    look = ray.remote(num_cpus=0, max_retries=0)(_look)
    try:
        answers = {
            node: look.options(
                scheduling_strategy=NodeAffinitySchedulingStrategy(node.id, soft=False)
            ).remote(None if mark is None else str(mark))
            for node in able
        }
        told = {node: _get(node, answer) for node, answer in answers.items()}
    finally:
        for left in [] if folder is None else folder.glob(f".reach-{token}*"):
            left.unlink(missing_ok=True)
    there = {node: said for node, said in told.items() if said is not None}
    for node, said in there.items():
        _judge(node, said, folder)
    return list(there)


def _look(mark: str | None) -> tuple[str, str, str | None]:
    """Return, on a node: versions of kiyas and Python, and why the run folder is of no use."""
    versions = kiyas.__version__, ".".join(platform.python_version_tuple()[:2])
    if mark is None:
        return *versions, None
    path = Path(mark)
    if not path.is_file():
        return *versions, "is not there"
    try:
        path.with_name(f"{path.name}-{uuid.uuid4().hex}").write_text("", encoding="utf-8")
    except OSError as error:
        return *versions, f"cannot be written ({error.strerror})"
    return *versions, None


def _get(node: Node, answer: Any) -> tuple[str, str, str | None] | None:
    """Return what a node says; None if it is gone."""
    import ray

    try:
        told: tuple[str, str, str | None] = ray.get(answer, timeout=_LOOK_LIMIT_S)
    except ray.exceptions.TaskUnschedulableError:
        return None
    except ray.exceptions.RayError as error:
        raise ExecutionError(
            "a node of the cluster does not answer, or has no kiyas",
            where=str(node),
            received=str(error).strip().splitlines()[-1],
            next_step="install the same kiyas there, or take the node out of the cluster",
        ) from error
    return told


def _judge(node: Node, told: tuple[str, str, str | None], folder: Path | None) -> None:
    version, _python, fault = told
    if version != kiyas.__version__:
        raise ExecutionError(
            "a node has another version of kiyas",
            where=str(node),
            received=version,
            expected=kiyas.__version__,
            next_step="install the same version on every node",
        )
    if fault is not None:
        raise ExecutionError(
            f"the run folder {fault} on a node",
            where=str(node),
            received=str(folder),
            expected="a folder that every node sees and may write",
            next_step="name a shared folder or an address with execution.storage, such as "
            "/shared/runs or s3://bucket/prefix",
        )
