"""The keys of ``execution``: where a study's jobs run. They change no score of the report."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from kiyas.config.sections import Section
from kiyas.paths import expand_home


class ExecutionSettings(Section):
    """Where trials, decoding and scoring run: in this process, or on a Ray cluster."""

    executor: Literal["local", "ray"] = Field(
        default="local",
        description="local runs one job after another in this process; ray runs them on a cluster.",
    )
    address: str | None = Field(
        default=None,
        min_length=1,
        description="The cluster's, such as HOST:6379 or ray://HOST:10001; if not given, "
        "RAY_ADDRESS or the cluster of this machine, and else one is started for the run.",
    )
    gpus: float = Field(
        default=0, ge=0, description="GPUs of a job that trains or decodes; scoring takes none."
    )
    cpus: int = Field(default=1, ge=1, description="Processors of a job, which are its threads.")
    retries: int = Field(
        default=3, ge=0, description="Times that a job is begun again when its node is lost."
    )
    power_w: float | None = Field(
        default=None,
        gt=0,
        description="Watts that the machine draws at work, from a meter or a data sheet; the "
        "report then estimates energy as these watts times the seconds of work.",
    )
    storage: str | None = Field(
        default=None,
        min_length=1,
        description="Where nodes share results. A folder that all of them see holds the run "
        "folder itself; an address of fsspec such as s3://bucket/prefix gets every finished step, "
        "and the run folder here is kept equal. If not given, all nodes must see the run folder.",
    )

    @property
    def runs(self) -> Path:
        """Return the folder of run folders.

        Raises:
            KiyasError: The storage begins at a home folder that is not there.
        """
        if self.storage is None or self.is_address:
            return Path("runs")
        return expand_home(self.storage)

    @property
    def is_address(self) -> bool:
        """Return whether the storage is an address of fsspec, not a folder."""
        return self.storage is not None and "://" in self.storage
