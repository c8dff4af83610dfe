"""A run folder <-> its copy at an fsspec address: finished steps whole, or not at all.

A step's folder there has the same files as here, and ``.complete.json`` with the hash of each,
written last and taken away first: without it, or with another hash, a step counts as absent. What
is unfinished stays on its machine; where the storage has finished the step with other inputs, both
are kept, and ``step`` takes the one that the study asks for. The storage's lock is ``holder``'s;
jobs of one machine that fetch the same step wait for each other.
"""

from __future__ import annotations

import json
import posixpath
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from kiyas.errors import ExecutionError, MissingExtraError
from kiyas.run_folder.files import hash_file
from kiyas.run_folder.holder import Held, held_by
from kiyas.run_folder.step import STEP_FILE, Step, fetched_place

_COMPLETE = ".complete.json"
_LOCK = ".held-by.json"
_SUPERSEDED = "superseded"
_RESUME = "resume"
_SHARED_FILES = ("study.yaml", "provenance.json", "findings.json")


class Mirror:
    """A run folder and its copy at an address.

    Args:
        address: Where the copy of this run folder is, such as ``s3://bucket/prefix/study``.
        folder: The run folder on this machine.

    Raises:
        ExecutionError: No such kind of address, or its package is not installed.
    """

    def __init__(self, address: str, folder: Path) -> None:
        self.address, self._folder = address, folder
        try:
            from fsspec.core import url_to_fs
        except ImportError as error:
            raise MissingExtraError("`execution.storage`", "ray") from error
        try:
            self._system, root = url_to_fs(address)
        except (ImportError, ValueError) as error:
            raise ExecutionError(
                "the storage cannot be used",
                where=f"execution.storage: {address}",
                received=str(error),
                expected="a folder, or an address of fsspec such as s3://bucket/prefix",
                next_step="install what the message names, such as `pip install s3fs`",
            ) from error
        self._root: str = root.rstrip("/")

    def check(self) -> None:
        """Refuse a storage that cannot be written and read, before any compute.

        Raises:
            ExecutionError: It cannot.
        """
        path, token = self._at(f".probe-{uuid.uuid4().hex}"), uuid.uuid4().hex.encode()
        with self._reaching():
            self._write(path, token)
            read = self._system.cat_file(path)
            self._system.rm_file(path)
        if read != token:
            raise ExecutionError(
                "the storage does not give back what was written",
                where=f"execution.storage: {self.address}",
            )

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the storage; a second run on it, from any machine, is refused.

        Raises:
            RunFolderError: Another run holds it.
        """
        path = self._at(_LOCK)
        held = Held(
            place=f"{self.address}/{_LOCK}",
            read=lambda: self._read_json(path),
            write=lambda value: self._write(path, json.dumps(value).encode()),
            remove=lambda: self._remove(path),
        )
        with held_by(held, settle_s=0.5):
            yield

    def push(self, names: Iterable[str]) -> None:
        """Bring finished steps to the storage, if they are not there as they are here."""
        for name in dict.fromkeys(names):
            folder = self._folder / name
            if not self._is_finished(folder):
                continue
            here, there = _hashes(folder), self._hashes_there(name)
            if here == there:
                continue
            with self._reaching():
                self._remove(self._at(name, _COMPLETE))
                for file, digest in here.items():
                    if there.get(file) != digest:
                        self._system.makedirs(self._parent(name, file), exist_ok=True)
                        self._system.put_file(str(folder / file), self._at(name, file))
                for file in there.keys() - here.keys():
                    self._remove(self._at(name, file))
                self._write(self._at(name, _COMPLETE), json.dumps(here, indent=1).encode())

    def pull(self, names: Iterable[str]) -> None:
        """Fetch steps that are finished there and are not here, or are other ones here.

        What another job of this machine has fetched meanwhile is left alone: it may be in use.

        Raises:
            ExecutionError: A file is not what its step says; somebody else writes there.
        """
        self._pull(names, self._put_in_place)

    def offer(self, names: Iterable[str]) -> None:
        """Fetch steps as ``pull`` does, but leave unfinished work of other inputs where it is.

        Raises:
            ExecutionError: A file is not what its step says; somebody else writes there.
        """
        self._pull(names, self._put_in_place_or_beside)

    def pull_all(self) -> None:
        """Fetch what an earlier run, maybe of another machine, has finished and is not here."""
        with self._reaching():
            found = self._system.find(self._root) if self._system.exists(self._root) else []
            self._pull_files()
        names = [posixpath.relpath(path, self._root_as_listed(path)) for path in found]
        steps = [posixpath.dirname(n) for n in names if posixpath.basename(n) == _COMPLETE]
        self.offer([name for name in steps if not self._is_finished(self._folder / name)])

    def push_all(self) -> None:
        """Bring every finished step and the run's own files to the storage."""
        steps = (path.parent.relative_to(self._folder) for path in self._folder.rglob(STEP_FILE))
        self.push(sorted(s.as_posix() for s in steps if s.parts[0] != _SUPERSEDED))
        with self._reaching():
            for name in _SHARED_FILES:
                if (self._folder / name).exists():
                    self._write(self._at(name), (self._folder / name).read_bytes())

    def _pull(self, names: Iterable[str], put: Callable[[Path, Path], None]) -> None:
        for name in dict.fromkeys(names):
            there = self._hashes_there(name)
            if there:
                folder = self._folder / name
                folder.parent.mkdir(parents=True, exist_ok=True)
                with FileLock(folder.with_name(f".{folder.name}.lock")):
                    self._pull_step(name, there, put)

    def _pull_step(
        self, name: str, there: dict[str, str], put: Callable[[Path, Path], None]
    ) -> None:
        folder = self._folder / name
        if self._is_finished(folder) and _hashes(folder) == there:
            return
        fetched = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}")
        try:
            self._fetch(name, there, fetched)
            put(fetched, folder)
        finally:
            shutil.rmtree(fetched, ignore_errors=True)

    def _put_in_place(self, fetched: Path, folder: Path) -> None:
        """Take away a step that is finished in both places; unfinished work is kept aside."""
        if self._is_finished(folder):
            shutil.rmtree(folder)
        elif folder.exists():
            aside = self._folder / _SUPERSEDED / uuid.uuid4().hex[:12] / folder.name
            aside.parent.mkdir(parents=True)
            folder.rename(aside)
        fetched.rename(folder)

    def _put_in_place_or_beside(self, fetched: Path, folder: Path) -> None:
        here, there = self._step(folder), self._step(fetched)
        if here.is_complete or here.inputs is None or here.inputs == there.inputs:
            self._put_in_place(fetched, folder)
            return
        beside = fetched_place(folder, self._folder / _SUPERSEDED)
        shutil.rmtree(beside, ignore_errors=True)
        beside.parent.mkdir(parents=True, exist_ok=True)
        fetched.rename(beside)

    def _is_finished(self, folder: Path) -> bool:
        return self._step(folder).is_finished

    def _step(self, folder: Path) -> Step:
        return Step(folder, self._folder / _SUPERSEDED)

    def _pull_files(self) -> None:
        for name in _SHARED_FILES:
            if not (self._folder / name).exists() and self._system.exists(self._at(name)):
                self._folder.mkdir(parents=True, exist_ok=True)
                self._system.get_file(self._at(name), str(self._folder / name))

    def _fetch(self, name: str, there: dict[str, str], target: Path) -> None:
        for file, digest in there.items():
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            with self._reaching():
                self._system.get_file(self._at(name, file), str(target / file))
            if hash_file(target / file) != digest:
                raise ExecutionError(
                    "a file in the storage is not what its step says",
                    where=f"{self.address}/{name}/{file}",
                    next_step="move that folder away to have the step made again",
                )

    def _hashes_there(self, name: str) -> dict[str, str]:
        return self._read_json(self._at(name, _COMPLETE)) or {}

    def _read_json(self, path: str) -> dict[str, Any] | None:
        with self._reaching():
            try:
                self._system.invalidate_cache()
                read: dict[str, Any] = json.loads(self._system.cat_file(path))
            except (FileNotFoundError, ValueError):
                return None
        return read

    def _write(self, path: str, content: bytes) -> None:
        self._system.makedirs(posixpath.dirname(path), exist_ok=True)
        self._system.pipe_file(path, content)

    def _remove(self, path: str) -> None:
        if self._system.exists(path):
            self._system.rm_file(path)

    def _at(self, *names: str) -> str:
        path: str = posixpath.join(self._root, *names)
        return path

    def _parent(self, *names: str) -> str:
        return posixpath.dirname(self._at(*names))

    def _root_as_listed(self, path: str) -> str:
        """Return the root with or without its first slash, as a file system lists paths."""
        return self._root if path.startswith(self._root) else self._root.lstrip("/")

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ExecutionError(
                "the storage cannot be written or read",
                where=f"execution.storage: {self.address}",
                received=str(error).strip() or type(error).__name__,
                next_step="check the address and your rights there",
            ) from error


def _hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a step by its name; what resumes it is left out."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    named = ((path.relative_to(folder), path) for path in files)
    return {
        name.as_posix(): hash_file(path)
        for name, path in named
        if name.parts[0] != _RESUME and not name.name.startswith(".")
    }


def storage_address(storage: str, study: str) -> str:
    """Return where a study's run folder is in a storage."""
    return f"{storage.rstrip('/')}/{study}"
