"""kiyas: a fine-tuning comparison lab.

What the command line does can be done from Python too; names load what they need on first use::

    results = kiyas.run("study.yaml")
    kiyas.read_run("runs/demo").scores
    study = kiyas.load_study(Path("study.yaml"))
    kiyas.load_classifier("results/x").predict(["Prove that ..."])
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

# Loaded on first use: importing kiyas must not cost what a verb costs.
_HOMES = {
    "KiyasError": "kiyas.errors",
    "load_study": "kiyas.config",
    "make_plan": "kiyas.planning",
    "run": "kiyas.api",
    "run_study": "kiyas.study",
    "rewrite_report": "kiyas.study",
    "read_run": "kiyas.results",
    "Results": "kiyas.results",
    "RunFolder": "kiyas.run_folder",
    "Progress": "kiyas.execution",
    "TerminalProgress": "kiyas.execution",
    "load_classifier": "kiyas.steps.classify",
    "train_command": "kiyas.steps.reference_command",
    "TrainRequest": "kiyas.steps.reference_command",
}

__all__ = [
    "KiyasError",
    "Progress",
    "Results",
    "RunFolder",
    "TerminalProgress",
    "TrainRequest",
    "load_classifier",
    "load_study",
    "make_plan",
    "read_run",
    "rewrite_report",
    "run",
    "run_study",
    "train_command",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """List the public names."""
    return [*__all__, "__version__"]
