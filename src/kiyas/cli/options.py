"""Options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

StudyFile = Annotated[Path, typer.Argument(metavar="STUDY", help="The study file (YAML).")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a key; may be given again."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]
RunFolderPath = Annotated[
    Path | None, typer.Option("--run-folder", help="Where results go; runs/NAME if not given.")
]
ExecutorName = Annotated[
    str | None,
    typer.Option("--executor", metavar="local|ray", help="Where jobs run: here, or on Ray."),
]
ClusterAddress = Annotated[
    str | None, typer.Option("--address", help="The Ray cluster's address, such as HOST:6379.")
]
