"""The run folder of a classification study, and the folder of one trained classifier.

Layout, besides what every run folder has::

    runs/NAME/
      data/                     step.json  check.json  clean-SPLIT.json  augment-train.json
      trials/TRIAL/             classifier.json  training.json  history.csv  preds_validation.csv
                                adapter/ (PEFT format) or tfidf/
                                metrics.json  preds_test.csv  class_report.json
      search/                   step.json  points.json
      predictions/TRIAL/        step.json  preds_test.csv
      scores/TRIAL/             step.json  scores.json  metrics.json  class_report.json
      latency/                  step.json  latency.json

A trial's folder can be used without its study; ``kiyas train`` writes one by itself.
``history.csv``, ``metrics.json``, ``preds_test.csv`` and ``class_report.json`` have the names and
keys that the reference study's notebook reads.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kiyas.records import Trial
from kiyas.run_folder.folder import RunFolder, TrialFolder
from kiyas.run_folder.lock import locked
from kiyas.run_folder.step import Step

_TRAINED = ("training.json", "history.csv", "preds_validation.csv")
"""What a training makes and nothing changes later, as the names of classes are."""


class ScoresFolder(Step):
    """What a classifier's predictions of one split are worth."""

    @property
    def scores(self) -> Path:
        """Return the path of every figure with its interval."""
        return self.path / "scores.json"

    @property
    def metrics(self) -> Path:
        """Return the path of the reference's ``metrics.json``."""
        return self.path / "metrics.json"

    @property
    def class_report(self) -> Path:
        """Return the path of the reference's ``class_report.json``."""
        return self.path / "class_report.json"


class PredictionsFolder(Step):
    """What a classifier says of the test split."""

    @property
    def predictions(self) -> Path:
        """Return the path of the reference's ``preds_test.csv``."""
        return self.path / "preds_test.csv"


class ClassifierFolder(TrialFolder, ScoresFolder, PredictionsFolder):
    """One trained classifier: its weights, what they are, and the reference's files."""

    @classmethod
    def at(cls, path: Path) -> ClassifierFolder:
        """Return the folder of a classifier that stands alone, outside any run."""
        return cls(path, path.parent / "superseded", _TRAINED)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold a classifier's folder that stands alone; a second process is refused.

        The lock lies beside the folder, which is moved aside when a classifier is trained anew.

        Raises:
            RunFolderError: Another process holds the folder, or has come to hold it meanwhile; says
                which and since when. Or the place beside it cannot be written.
        """
        path = self.path.resolve()  # two names of one folder have one lock
        lock = path.with_name(f".{path.name}.lock")
        record = path.with_name(f".{path.name}.held-by.json")
        with locked(self.path, lock, record, option="--output_dir"):
            yield

    @property
    def description(self) -> Path:
        """Return the path of what the weights are, so that they can be used."""
        return self.path / "classifier.json"

    @property
    def training(self) -> Path:
        """Return the path of how it was trained."""
        return self.path / "training.json"

    @property
    def validation_predictions(self) -> Path:
        """Return the path of what the kept weights say of the validation split."""
        return self.path / "preds_validation.csv"

    @property
    def evaluating(self) -> Step:
        """Return the step that scores a classifier that ``kiyas train`` has made."""
        files = ("../scores.json", "../metrics.json", "../preds_test.csv", "../class_report.json")
        return Step(self.path / "evaluation", self._superseded, files)

    @property
    def adapter(self) -> Path:
        """Return the folder of the kept adapter and head, in PEFT format."""
        return self.path / "adapter"

    @property
    def baseline(self) -> Path:
        """Return the folder of the baseline's weights."""
        return self.path / "tfidf"

    def weights(self, *, is_baseline: bool) -> Path:
        """Return the path of what was trained."""
        if is_baseline:
            return self.baseline / "tfidf.npz"
        return self.adapter / "adapter_model.safetensors"

    @property
    def training_state(self) -> Path:
        """Return the path of the state to resume from; not part of the interface."""
        return self.resume / "state.pt"

    @property
    def probe(self) -> Path:
        """Return the path of a few logits of the kept epoch; not part of the interface."""
        return self.resume / "probe.json"

    def forget_training_state(self) -> None:
        """Remove what training resumes from.

        Only for a step that is finished: a kill before goes on from that state.
        """
        shutil.rmtree(self.resume, ignore_errors=True)

    @property
    def validation_logits(self) -> Path:
        """Return the path of the kept epoch's validation logits; not part of the interface."""
        return self.path / "validation_logits.npy"


class ClassificationFolder(RunFolder):
    """A classification study's run folder."""

    @property
    def preparing(self) -> Step:
        """Return the step that checks the tables."""
        return Step(self.path / "data", self._superseded)

    def prepared(self, name: str) -> Path:
        """Return the path of what checking, cleaning or augmenting found, by its name."""
        return self.preparing.path / f"{name}.json"

    def trial(self, trial: Trial) -> ClassifierFolder:
        """Return the folder of a trial."""
        return ClassifierFolder(self.path / "trials" / trial.name, self._superseded, _TRAINED)

    @property
    def searching(self) -> Step:
        """Return the step that chooses among the points of a search."""
        return Step(self.path / "search", self._superseded, ("points.json",))

    @property
    def points(self) -> Path:
        """Return the path of the points that were tried, and which were chosen."""
        return self.searching.path / "points.json"

    def predicted(self, trial: Trial) -> PredictionsFolder:
        """Return the step that predicts the test split."""
        path = self.path / "predictions" / trial.name
        return PredictionsFolder(path, self._superseded, ("preds_test.csv",))

    def scored(self, trial: Trial) -> ScoresFolder:
        """Return the step that scores those predictions."""
        files = ("scores.json", "metrics.json", "class_report.json")
        return ScoresFolder(self.path / "scores" / trial.name, self._superseded, files)

    @property
    def timing(self) -> Step:
        """Return the step that times the arms."""
        return Step(self.path / "latency", self._superseded, ("latency.json",))

    @property
    def latency(self) -> Path:
        """Return the path of what timing found."""
        return self.timing.path / "latency.json"
