"""A finished run folder -> tables for a notebook, which show themselves; ``read_run``.

Reads the run folder as the interface that it is: ``findings.json`` and the files beside it. Loads
no model and no torch, and computes nothing: every figure is the one of the report. Text that a
model wrote is escaped where a table shows itself.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiyas.errors import RunFolderError
from kiyas.run_folder import RunFolder, read_json, read_lines

if TYPE_CHECKING:
    import pandas as pd

_DASH = "–"


@dataclass(frozen=True)
class Figure:
    """A drawing of the report; a notebook shows it inline."""

    name: str
    """Name of its file, without the ending."""
    path: Path
    """The SVG file."""

    def _repr_html_(self) -> str:
        """Return the drawing for a notebook, in a frame of its own that can run nothing."""
        import base64

        content = base64.b64encode(self.path.read_bytes()).decode("ascii")
        alt = html.escape(self.name)
        return f'<img alt="{alt}" src="data:image/svg+xml;base64,{content}">'


class Results:
    """What a run found, as tables.

    Args:
        path: A run folder whose report has been written.

    Raises:
        RunFolderError: The run is not finished.
    """

    def __init__(self, path: Path | str) -> None:
        self.folder = RunFolder(Path(path))
        has_findings = self.folder.findings.is_file()
        if not has_findings or self.folder.is_unfinished:
            raise RunFolderError(
                "the run is not finished",
                where=str(path),
                received="findings of an earlier run" if has_findings else "no findings.json",
                next_step="finish it with `kiyas run STUDY`, or name another run folder",
            )
        self.findings: Mapping[str, Any] = read_json(self.folder.findings)
        """Every number of the report, as ``findings.json`` has it."""

    def __repr__(self) -> str:
        return f"Results({str(self.folder.path)!r})"

    @property
    def study(self) -> str:
        """Return the name of the study."""
        return str(self.findings["study"])

    @property
    def task(self) -> str:
        """Return ``code`` or ``classification``."""
        return "code" if "checkpoints" in self.findings else "classification"

    @property
    def report(self) -> Path:
        """Return the path of the report."""
        return self.folder.report / "index.html"

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Return one row a checkpoint or trained classifier, each figure with its interval.

        Columns of a figure ``x``: ``x``, ``x_k``, ``x_n``, ``x_low``, ``x_high``; a figure that is
        no share has no k and n. Shares are fractions.
        """
        import pandas as pd

        return pd.DataFrame(list(_scores(self.findings)))

    @cached_property
    def comparisons(self) -> pd.DataFrame:
        """Return one row a comparison, ``first`` minus ``second``, corrected p beside it."""
        import pandas as pd

        return pd.DataFrame(list(self.findings["comparisons"]))

    @cached_property
    def statements(self) -> pd.DataFrame:
        """Return what the report says in words, loudest first."""
        import pandas as pd

        columns = ["severity", "kind", "text"]
        return pd.DataFrame(list(self.findings["findings"]), columns=columns)

    @cached_property
    def history(self) -> pd.DataFrame:
        """Return the training histories of all trials, one row a step or an epoch."""
        import pandas as pd

        trials = self.folder.path / "trials"
        paths = {
            name: self._checked(trials / name / "history.csv")
            for name in sorted(_trials(self.findings))
        }
        parts = [
            pd.read_csv(path).assign(trial=name) for name, path in paths.items() if path.exists()
        ]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

    @cached_property
    def costs(self) -> pd.DataFrame:
        """Return one row a trial and stage: seconds, tokens, tokens a second, watt hours.

        Empty for a run of which nothing was recorded; what is unknown is NaN. ``peak_bytes`` is
        that of the trial's training.
        """
        import pandas as pd

        return pd.DataFrame(list(_costs(self.findings)))

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        """Return one row a judged completion, or a predicted item of the test split.

        Code: as ``scores.jsonl`` with checkpoint and protocol, other protocols than the study's own
        included where the study audits them; classifiers: as ``preds_test.csv`` with the trial and
        the 0-based row.
        """
        import pandas as pd

        if self.task == "code":
            return pd.DataFrame(list(self._code_verdicts()))
        predicted = self.folder.path / "predictions"
        parts = [
            pd.read_csv(self._checked(predicted / name / "preds_test.csv"))
            .rename_axis("row")
            .reset_index()
            .assign(trial=name)
            for name in sorted(item["trial"] for item in self.findings["results"])
        ]
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def figures(self) -> Mapping[str, Figure]:
        """Return the report's drawings by name."""
        paths = sorted((self.folder.report / "figures").glob("*.svg"))
        return {path.stem: Figure(path.stem, path) for path in paths}

    def _code_verdicts(self) -> Iterator[dict[str, Any]]:
        for checkpoint, protocol in sorted(_askings(self.findings)):
            scored = self.folder.path / "scores" / checkpoint / protocol
            path = self._checked(scored / "scores.jsonl")
            for line in read_lines(path):
                yield {"checkpoint": checkpoint, "protocol": protocol, **line}

    def _checked(self, path: Path) -> Path:
        """Return the path of a file in a step's folder.

        Raises:
            RunFolderError: A file there is not what its finished step wrote.
        """
        self.folder.step_at(path.parent).check_files()
        return path

    def _repr_html_(self) -> str:
        """Return the scores and the statements for a notebook."""
        head = f"<h3>{html.escape(self.study)}</h3>"
        measure = "pass_at_1" if self.task == "code" else "accuracy"
        rows = "".join(
            f"<tr><td>{html.escape(row['label'])}</td><td>{_share_text(row, measure)}</td></tr>"
            for row in _scores(self.findings)
        )
        table = f"<table><tr><th></th><th>{measure.replace('_at_', '@')}</th></tr>{rows}</table>"
        said = "".join(
            f"<li><b>{html.escape(item['severity'])}</b>: {html.escape(item['text'])}</li>"
            for item in self.findings["findings"]
        )
        return f"{head}{table}<ul>{said}</ul>"


def read_run(path: Path | str) -> Results:
    """Read a finished run.

    Raises:
        RunFolderError: The run is not finished.
    """
    return Results(path)


def _scores(findings: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    return (_code_scores if "checkpoints" in findings else _classifier_scores)(findings)


def _trials(findings: Mapping[str, Any]) -> set[str]:
    """Return the names of everything that the study trains, points of a search included."""
    if "checkpoints" in findings:
        return {item["checkpoint"]["trial"] for item in findings["checkpoints"]}
    return {item["trial"] for item in (*findings["results"], *findings["search"])}


def _askings(findings: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return the label and the protocol of every checkpoint that answered, the audit's included."""
    matrix = (findings.get("audit") or {"matrix": ()})["matrix"]
    own = {(row["label"], findings["protocol"]) for row in _code_scores(findings)}
    return own | {(cell["checkpoint"], cell["protocol"]) for cell in matrix}


def _code_scores(findings: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for item in findings["checkpoints"]:
        checkpoint = item["checkpoint"]
        yield {
            "label": f"{checkpoint['trial']}/step-{checkpoint['step']}",
            **checkpoint,
            "epoch": item["epoch"],
            **_columns("pass_at_1", item["pass_at_1"]),
            **_columns("truncated", item["truncated"]),
            "train_loss": item["train_loss"],
            "num_tokens": item["num_tokens"],
        }


def _classifier_scores(findings: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for item in findings["results"]:
        row = {
            "label": item["trial"],
            "arm": item["arm"],
            "seed": item["seed"],
            "is_baseline": item["is_baseline"],
        }
        for name, metric in item["scores"]["metrics"].items():
            row |= _columns(name, metric)
        yield row


def _costs(findings: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for item in (findings.get("costs") or {"trials": ()})["trials"]:
        trial = {key: item[key] for key in ("trial", "arm", "num_trials", "peak_bytes")}
        for stage, cost in item["stages"].items():
            yield {**trial, "stage": stage, **cost}


def _columns(name: str, figure: Mapping[str, Any]) -> dict[str, Any]:
    columns = {name: figure["estimate"]}
    if figure.get("n") is not None:
        columns |= {f"{name}_k": figure["k"], f"{name}_n": figure["n"]}
    return columns | {f"{name}_low": figure["ci_low"], f"{name}_high": figure["ci_high"]}


def _share_text(row: Mapping[str, Any], name: str) -> str:
    """Return ``13/164 (7.9 %) [4.7, 13.1]``; a dash for what is undefined."""
    share, low, high = (row.get(f"{name}{end}") for end in ("", "_low", "_high"))
    text = _DASH if share is None else f"{100 * share:.1f} %"
    if row.get(f"{name}_n"):
        text = f"{row[f'{name}_k']:.0f}/{row[f'{name}_n']:.0f} ({text})"
    if low is None or high is None:
        return f"{text} [{_DASH}]"
    return f"{text} [{100 * low:.1f}, {100 * high:.1f}]"
