"""The keys of a classification study, their types, ranges and defaults.

Does not read files and does not judge keys against each other (``classification_conflicts``).
Values are strict and unknown keys are refused, as in ``schema``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kiyas.config.execution import ExecutionSettings
from kiyas.config.schema import LanguageCode, LoraSettings, TrackingSettings
from kiyas.config.sections import Name, Section, SectionT

SelectionMetric = Literal["loss", "accuracy", "f1_macro"]
"""Validation metric that epochs and points of a search are chosen by."""

SearchValue = float | int | str

_FEWEST_BATCHES = 8


class LabelSettings(Section):
    """The classes, in the order of their numbers."""

    names: list[Annotated[str, Field(min_length=1, max_length=60)]] | None = Field(
        default=None,
        min_length=2,
        description="Name of each class, 0 first; found in the training labels if not given.",
    )
    turkish: list[Annotated[str, Field(min_length=1, max_length=60)]] | None = Field(
        default=None, min_length=2, description="Turkish names in the same order, for the report."
    )


class PrepareSettings(Section):
    """What is done to the tables before anything is trained."""

    clean: bool = Field(
        default=False,
        description="Unify labels, white space and encodings; rows set aside are listed.",
    )
    augment: float | None = Field(
        default=None,
        gt=0,
        le=10,
        description="Rewritten rows to add to the training split, as a share of its rows, "
        "balanced by class.",
    )


class SplitSizes(Section):
    """Rows of each table."""

    train: int = Field(ge=1, description="Training rows.")
    validation: int = Field(ge=1, description="Validation rows.")
    test: int = Field(ge=1, description="Test rows.")


class TableSettings(Section):
    """Where the labelled rows come from."""

    train: str = Field(
        min_length=1,
        description="embedded:math-topics, or a local table (relative to the study file).",
    )
    validation: str = Field(min_length=1, description="Everything is chosen on this split.")
    test: str = Field(min_length=1, description="Scored once, at the end; nothing is chosen on it.")
    text_column: str | None = Field(default=None, description="Found by itself if not given.")
    label_column: str | None = Field(default=None, description="Found by itself if not given.")
    num_rows: SplitSizes | None = Field(
        default=None,
        description="Rows of the tables, for planning while they are not at hand; checked at "
        "loading.",
    )
    prepare: PrepareSettings = Field(default_factory=PrepareSettings)
    allow_leak: list[Annotated[str, Field(pattern=r"^[a-z]+/[a-z]+$")]] = Field(
        default_factory=list,
        description="Pairs of splits that may share rows, such as train/test; a leak stops a "
        "study otherwise.",
    )


class EarlyStopping(Section):
    """Which epoch is kept, and when training ends before its last."""

    metric: SelectionMetric = Field(
        default="f1_macro", description="Validation metric that the kept epoch is chosen by."
    )
    patience: int | None = Field(
        default=None,
        ge=1,
        description="Epochs without a better figure after which training ends; never if not given.",
    )


class ClassifierTrainSettings(Section):
    """How a classifier is trained."""

    num_epochs: int = Field(default=3, ge=1, le=1000, description="Passes over the training rows.")
    batch_size: int = Field(default=16, ge=1, le=4096, description="Rows an optimiser step.")
    learning_rate: float = Field(default=1e-3, gt=0, lt=1, description="Peak learning rate.")
    lr_scheduler: Literal["linear", "cosine", "constant"] = Field(
        default="linear", description="Shape of the learning rate after the warm-up."
    )
    warmup_ratio: float = Field(
        default=0.06, ge=0, lt=1, description="Share of the steps in which the rate rises."
    )
    weight_decay: float = Field(default=0.01, ge=0, description="AdamW weight decay.")
    max_grad_norm: float = Field(default=1.0, gt=0, description="Gradient norm clipped to this.")
    max_seq_len: int = Field(
        default=384, ge=8, description="Tokens a row may have; longer rows are cut and counted."
    )
    class_weights: Literal["balanced"] | list[Annotated[float, Field(gt=0)]] | None = Field(
        default=None,
        description="Weight of each class in the loss; balanced is N / (C n_c).",
    )
    label_smoothing: float = Field(
        default=0.0, ge=0, lt=1, description="Share of the target spread over all classes."
    )
    early_stopping: EarlyStopping = Field(default_factory=EarlyStopping)
    max_batch_tokens: int = Field(
        default=2048,
        ge=8,
        description="Tokens of one forward pass, padding included; a batch is split to fit.",
    )
    dtype: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto", description="Precision of the frozen base; auto asks the processor."
    )


class SearchRange(Section):
    """Numbers to draw from."""

    low: float | int = Field(description="Smallest value.")
    high: float | int = Field(description="Largest value.")
    log: bool = Field(default=False, description="Draw evenly on a logarithmic scale.")


class SearchSettings(Section):
    """What is tried on the validation split before the arms are tested."""

    method: Literal["grid", "random", "optuna"] = Field(
        default="grid", description="Every combination, random draws, or Optuna's TPE sampler."
    )
    keys: dict[str, list[SearchValue] | SearchRange] = Field(
        min_length=1,
        description="Keys of train or lora with the values to try, such as "
        "{train.learning_rate: [1e-5, 1e-4, 2e-4]}, or {low, high, log} for random and optuna.",
    )
    num_points: int | None = Field(
        default=None, ge=1, le=10_000, description="Points an arm; random and optuna need it."
    )
    metric: SelectionMetric = Field(
        default="f1_macro", description="Validation metric that the point is chosen by."
    )
    prune: bool = Field(
        default=True, description="Let Optuna stop points that fall behind after an epoch."
    )
    storage: str | None = Field(
        default=None,
        min_length=1,
        description="Where Optuna keeps the points, so that machines share a search: "
        "sqlite:///FILE, journal:///FILE (on a shared disk), postgresql://…, mysql://…, redis://…; "
        "$NAME is an environment variable, so that passwords stay out of files. In memory if not "
        "given.",
    )


class LatencySettings(Section):
    """How prediction is timed."""

    enabled: bool = Field(default=True, description="Time all arms side by side.")
    num_inputs: int = Field(
        default=30, ge=2, description="Test rows, evenly spaced by length, that all arms get."
    )
    num_rounds: int = Field(default=3, ge=1, description="Times every input is put to every arm.")
    num_warmup: int = Field(default=5, ge=1, description="Calls before timing begins.")
    batch_size: int = Field(default=16, ge=2, description="Batch of the throughput figure.")
    merged: bool = Field(
        default=False, description="Merge adapters into their bases before timing."
    )

    @property
    def num_batches(self) -> int:
        """Return the batches a round of the throughput figure: its interval is over them."""
        return max(_FEWEST_BATCHES, -(-self.num_inputs // self.batch_size))


class ClassifierPredictSettings(Section):
    """How class probabilities are computed."""

    dtype: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto", description="auto is float32 on a CPU, so that batches change nothing."
    )
    max_batch_tokens: int = Field(
        default=4096, ge=8, description="Tokens of one forward pass, padding included."
    )


class ClassifierArm(Section):
    """One row of the comparison; keys given here replace the study's."""

    name: Name = Field(description="Name in tables and folders.")
    base: str | None = Field(default=None, min_length=1, description="Base model of this arm.")
    lora: LoraSettings | None = Field(default=None, description="Adapter keys that differ.")
    train: ClassifierTrainSettings | None = Field(
        default=None, description="Training keys that differ."
    )
    search: bool = Field(default=True, description="Whether the study's search covers this arm.")


class ClassifierLora(LoraSettings):
    """The adapter's defaults for classifiers: every linear layer."""

    rank: int = Field(default=16, ge=1, le=1024, description="Rank r of the update.")
    alpha: float = Field(default=32, gt=0, description="The update is scaled by alpha/r.")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="Dropout before the adapter.")
    target_modules: list[str] | Literal["all-linear"] = Field(
        default="all-linear",
        min_length=1,
        description="Names of the linear layers that get an adapter, or all-linear.",
    )


class ClassificationStudy(Section):
    """A study of text classifiers: train arms on one table, test all on the same rows."""

    task: Literal["classification"] = Field(description="What is compared.")
    name: Name = Field(description="Name of the study and of its run folder.")
    description: str = Field(default="", description="The question, in a sentence or two.")
    language: LanguageCode | None = Field(
        default=None,
        description="Language of the report and of what is said, such as tr; `--language` and "
        "KIYAS_LANGUAGE win over it. English if none is given.",
    )
    base: str | None = Field(
        default=None,
        min_length=1,
        description="Base model of arms that name none: a Hub name, a local folder (relative to "
        "the working directory), embedded:smollm2-135m-instruct or embedded:minilm-l6.",
    )
    labels: LabelSettings = Field(default_factory=LabelSettings)
    data: TableSettings
    seeds: list[Annotated[int, Field(ge=0, lt=2**32)]] = Field(
        default=[0], min_length=1, description="One trial an arm and seed."
    )
    lora: ClassifierLora = Field(default_factory=ClassifierLora)
    train: ClassifierTrainSettings = Field(default_factory=ClassifierTrainSettings)
    search: SearchSettings | None = Field(default=None, description="Tuned before testing.")
    baseline: bool = Field(
        default=True, description="TF-IDF with logistic regression, tuned on the validation split."
    )
    predict: ClassifierPredictSettings = Field(default_factory=ClassifierPredictSettings)
    latency: LatencySettings = Field(default_factory=LatencySettings)
    tracking: TrackingSettings | None = Field(
        default=None, description="Report training to a tracker as well; off if not given."
    )
    execution: ExecutionSettings = Field(default_factory=ExecutionSettings)
    confidence: float = Field(
        default=0.95, gt=0.5, lt=1, description="Level of every interval in the report."
    )
    arms: list[ClassifierArm] = Field(default_factory=list, description="Rows of the comparison.")

    def base_of(self, arm: ClassifierArm) -> str:
        """Return the base model that an arm uses."""
        base = arm.base or self.base
        assert base is not None  # an arm without a base is a conflict
        return base

    def lora_of(self, arm: ClassifierArm) -> LoraSettings:
        """Return the study's adapter settings with the arm's own keys on top."""
        return _overlaid(self.lora, arm.lora)

    def train_of(self, arm: ClassifierArm) -> ClassifierTrainSettings:
        """Return the study's training settings with the arm's own keys on top."""
        return _overlaid(self.train, arm.train)


def _overlaid(under: SectionT, over: SectionT | None) -> SectionT:
    if over is None:
        return under
    return under.model_copy(update={key: getattr(over, key) for key in over.model_fields_set})
