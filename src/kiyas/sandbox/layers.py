"""Names of layers -> a process that wears them: what a zygote prepares once and a cell puts on.

The order is the point. Namespaces and the user id change in the zygote, before the first fork. In
a cell Landlock comes before seccomp, which would refuse it, and both before the program is read.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import sysconfig
from collections.abc import Iterator

from . import landlock, namespaces, process_limits, readable_paths, seatbelt, seccomp

_DEVICES = ["/dev/null", "/dev/zero"]
# glibc opens it when a thread is cancelled, which a sealed cell could not.
_LATE_LIBRARY = "libgcc_s.so.1"


class LayerError(Exception):
    """A layer cannot be had here; ``layer`` names it."""

    def __init__(self, layer: str, reason: object) -> None:
        super().__init__(f"{layer}: {reason}")
        self.layer = layer
        self.reason = str(reason)


class Layers:
    """The layers of one zygote; the constructor changes this process for good.

    Args:
        names: ``namespaces`` or ``bubblewrap`` (then this process is in it already), ``landlock``,
            ``seccomp``, ``sealed``, in any order.

    Raises:
        LayerError: One of them cannot be had.
    """

    def __init__(self, names: list[str]) -> None:
        self._weak = "seccomp" not in names
        readable = readable_paths.all_readable()
        if "bubblewrap" not in names:  # which knows no other user
            with _named("uid"):
                process_limits.become_unprivileged(
                    [*readable_paths.standard_library(), *readable_paths.package_entries()]
                )
        if "namespaces" in names:
            folders = [
                sysconfig.get_path("stdlib"),
                sysconfig.get_path("platstdlib"),
                *readable_paths.shared_libraries(),
                *readable,
            ]
            with _named("namespaces"):
                namespaces.enter(folders, _DEVICES)
        process_limits.drop_capabilities()
        with contextlib.suppress(OSError):
            ctypes.CDLL(_LATE_LIBRARY)
        with _named("landlock"):
            self._ruleset = landlock.Ruleset(readable) if "landlock" in names else None
        with _named("seccomp"):
            self._filter = None if self._weak else seccomp.Filter("sealed" in names)
        self._allowance = process_limits.process_allowance() if self._weak else None
        process_limits.adopt_orphans()
        process_limits.die_with_parent()
        process_limits.hide_memory()
        process_limits.forbid_new_privileges()

    def rehearse(self, memory_bytes: int, cpu_s: int, max_open_files: int) -> None:
        """Put the layers on a child that ends at once, to learn now what cannot be had.

        Raises:
            LayerError: The kernel refused one.
        """
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                self.confine(memory_bytes, cpu_s, max_open_files)
            except OSError as error:
                os.write(writing, str(error).encode(errors="replace"))
            finally:
                os._exit(0)
        os.close(writing)
        with open(reading, "rb") as stream:  # noqa: PTH123 - a descriptor
            refusal = stream.read().decode(errors="replace")
        os.waitpid(child, 0)
        if refusal:
            raise LayerError("confine", refusal)

    @property
    def landlock_abi(self) -> int:
        """Version of Landlock in force; 0 for none."""
        return self._ruleset.abi if self._ruleset else 0

    @property
    def keep_fd(self) -> int | None:
        """Descriptor that must stay open until ``confine``; None for none."""
        return self._ruleset.fd if self._ruleset else None

    def confine(self, memory_bytes: int, cpu_s: int, max_open_files: int) -> None:
        """Put every layer on this process, which has one thread; seccomp last.

        Raises:
            OSError: The kernel refused a layer.
        """
        process_limits.die_with_parent()
        process_limits.hide_memory()
        if self._ruleset is not None:
            self._ruleset.restrict()
            os.close(self._ruleset.fd)
        process_limits.set_resource_limits(memory_bytes, cpu_s, max_open_files)
        if self._allowance is not None:
            process_limits.limit_processes(self._allowance)
        if self._weak:
            os.setsid()
        if sys.platform == "darwin":
            seatbelt.restrict()
        if self._filter is not None:
            self._filter.load()


@contextlib.contextmanager
def _named(layer: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LayerError(layer, error) from error
