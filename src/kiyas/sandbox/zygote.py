"""Descriptor of the judge -> cells, forked one at a time from a lean interpreter.

The zygote has never seen a test and never runs a solution. It prepares once what every cell needs
(modules, Landlock rules, the seccomp program), forks a cell when the judge hands it a socket, and
reaps it when the judge says so: until then the process id cannot be given to anyone else.

Messages, judge to zygote: ``S`` with a socket (start a cell), ``K`` (kill it and everything it left
behind, report). Zygote to judge: a pid with a pidfd where there is one; a status with its usage.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import socket
import struct
import sys
import traceback
from pathlib import Path
from typing import NamedTuple

from . import cell, frames, layers, process_limits

START = b"S"
KILL = b"K"
STARTED = struct.Struct("<i")
ENDED = struct.Struct("<idq")
_ORDER_BYTES = 1 << 20
_SWEEPS = 1000
_MAX_DESCRIPTORS = 256

# What most solutions import. Every further module makes every fork dearer.
LEAN_MODULES = (
    "bisect cmath collections copy functools heapq itertools json math operator random re string "
    "typing"
).split()


class Order(NamedTuple):
    """What the judge asks of a zygote."""

    layers: list[str]
    """As in ``layers.Layers``; none of them at level 1."""
    modules: list[str]
    """Modules to import before the first fork."""
    packages: list[str]
    """Packages outside the standard library that solutions may import."""
    package_folders: list[str]
    """Folders in which ``packages`` are found."""
    wall_s: float
    memory_bytes: int
    max_open_files: int
    max_program_bytes: int


def main(control_fd: int) -> None:
    """Serve the judge on ``control_fd`` until it goes away."""
    control = socket.socket(fileno=control_fd)
    reader = frames.FrameReader(control_fd, _ORDER_BYTES)
    order = Order(**json.loads(reader.read()))
    try:
        layers_ = _prepare(order)
    except layers.LayerError as error:
        _tell(control_fd, {"fatal": error.reason, "layer": error.layer})
        return
    except Exception:  # noqa: BLE001 - reported to the judge, which raises it
        _tell(control_fd, {"fatal": traceback.format_exc(), "layer": None})
        return
    _tell(control_fd, {"uid": os.getuid(), "landlock_abi": layers_.landlock_abi})
    gc.collect()
    gc.freeze()
    _serve(control, order, layers_)


def _tell(control_fd: int, message: dict[str, object]) -> None:
    frames.write_frame(control_fd, json.dumps(message).encode("ascii"))


def _prepare(order: Order) -> layers.Layers:
    """Load what cells will need and change this process into the confined parent of cells."""
    for name in order.modules:
        with contextlib.suppress(ImportError):
            __import__(name)
    path = list(sys.path)
    sys.path += order.package_folders
    for name in order.packages:
        __import__(name)
    # Submodules are found through their package; other packages are not found at all.
    sys.path[:] = path
    layers_ = layers.Layers(order.layers)
    layers_.rehearse(*_cell_limits(order))
    return layers_


def _cell_limits(order: Order) -> tuple[int, int, int]:
    # The judge's deadline is the limit; processor time stands behind it.
    return order.memory_bytes, int(order.wall_s) + 2, order.max_open_files


def _serve(control: socket.socket, order: Order, layers_: layers.Layers) -> None:
    pid = 0
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if message == START:
            pid = os.fork()
            if pid == 0:
                _become_cell(control, descriptors[0], order, layers_)
            os.close(descriptors[0])
            _announce(control, pid)
        elif message == KILL:
            control.sendall(ENDED.pack(*_kill_all(pid)))
            pid = 0
        else:
            if pid:
                _kill_all(pid)
            return


def _announce(control: socket.socket, pid: int) -> None:
    try:
        pidfd = os.pidfd_open(pid)
    except (AttributeError, OSError):
        control.sendall(STARTED.pack(pid))
        return
    socket.send_fds(control, [STARTED.pack(pid)], [pidfd])
    os.close(pidfd)


def _kill_all(pid: int) -> tuple[int, float, int]:
    """Kill the cell, its process group and its orphans; return status, CPU seconds, peak bytes."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    unit = 1024 if process_limits.IS_LINUX else 1
    for _ in range(_SWEEPS):
        if not _sweep_orphans():
            break
    return status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit


def _sweep_orphans() -> bool:
    """Kill and reap what a cell left behind; return whether there was anything."""
    try:
        found, _ = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    if not found:
        # A process without /proc (own namespaces) allows no fork in a cell either.
        with contextlib.suppress(OSError):
            children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii")
            for child in children.split():
                os.kill(int(child), signal.SIGKILL)
    return True


def _become_cell(control: socket.socket, rpc_fd: int, order: Order, layers_: layers.Layers) -> None:
    """Turn the forked process into a cell; never returns."""
    try:
        _keep_only(control, rpc_fd, layers_.keep_fd)
        try:
            layers_.confine(*_cell_limits(order))
        except OSError as error:
            _tell(cell.DESCRIPTOR, {"layer": str(error)})
            os._exit(1)
        _tell(cell.DESCRIPTOR, {"confined": True})
        cell.serve(order.max_program_bytes)
    except BaseException:  # noqa: BLE001, S110 - the judge sees the closed socket
        pass
    finally:
        os._exit(0)


def _keep_only(control: socket.socket, rpc_fd: int, keep_fd: int | None) -> None:
    """Close every descriptor but 0 to 2 (/dev/null), the judge's socket as 3 and ``keep_fd``."""
    control.close()
    if rpc_fd != cell.DESCRIPTOR:
        os.dup2(rpc_fd, cell.DESCRIPTOR)
    kept = cell.DESCRIPTOR if keep_fd is None else keep_fd
    os.closerange(cell.DESCRIPTOR + 1, kept)
    os.closerange(kept + 1, _MAX_DESCRIPTORS)
