"""The study file's keys, their types, ranges and defaults.

Does not read files (``parsing``) and does not judge keys against each other (``conflicts``).
Every model refuses unknown keys. Values are strict: text is not silently turned into a number.
Each field's description is what editors show through the exported JSON Schema.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from kiyas.config.execution import ExecutionSettings
from kiyas.config.prediction import PredictSettings
from kiyas.config.sections import Name, Section, SectionT
from kiyas.errors import KiyasError
from kiyas.languages import take_code
from kiyas.records import Protocol


def _known_language(code: str) -> str:
    try:
        return take_code(code)
    except KiyasError as error:
        told = f"{error.what}; it speaks {error.expected}"
        raise PydanticCustomError("unknown_language", "{told}", {"told": told}) from error


LanguageCode = Annotated[str, AfterValidator(_known_language)]
"""The code of a language that kiyas speaks."""


class ColumnNames(Section):
    """What the columns of a data source are called there."""

    prompt: str = Field(default="prompt", min_length=1, description="What the user asks.")
    response: str = Field(default="response", min_length=1, description="The training target.")


class DataSource(Section):
    """Where an arm's training examples come from."""

    source: str = Field(
        min_length=1,
        description="embedded:deep, embedded:diverse, a local JSONL, JSON, CSV or Parquet file "
        "(relative to the study file), or a Hub data set name.",
    )
    split: str | None = Field(
        default=None, description="Split of a Hub data set; `train` if not given."
    )
    columns: ColumnNames = Field(
        default_factory=ColumnNames,
        description="Column names in the source, such as {prompt: input, response: output}.",
    )
    num_rows: int | None = Field(
        default=None,
        ge=1,
        description="Rows of the source, for planning while it is not at hand; checked at loading.",
    )


class LoraSettings(Section):
    """The low-rank adapter (Hu et al. 2021, arXiv 2106.09685)."""

    rank: int = Field(default=32, ge=1, le=1024, description="Rank r of the update.")
    alpha: float = Field(default=64, gt=0, description="The update is scaled by alpha/r.")
    dropout: float = Field(default=0.1, ge=0, lt=1, description="Dropout before the adapter.")
    target_modules: list[str] | Literal["all-linear"] = Field(
        default=["q_proj", "v_proj", "gate_proj", "up_proj"],
        min_length=1,
        description="Names of the linear layers that get an adapter, or all-linear.",
    )
    use_rslora: bool = Field(default=False, description="Scale by alpha/sqrt(r) (rsLoRA).")
    use_dora: bool = Field(default=False, description="Split magnitude and direction (DoRA).")


class TrainSettings(Section):
    """How a trial is trained."""

    learning_rate: float = Field(default=5e-5, gt=0, lt=1, description="Peak learning rate.")
    lr_scheduler: Literal["linear", "cosine", "constant"] = Field(
        default="linear", description="Shape of the learning rate after the warm-up."
    )
    warmup_steps: int = Field(default=0, ge=0, description="Optimiser steps of linear warm-up.")
    weight_decay: float = Field(default=0.0, ge=0, description="AdamW weight decay.")
    max_grad_norm: float = Field(default=1.0, gt=0, description="Gradient norm clipped to this.")
    batch_size: int = Field(default=1, ge=1, description="Examples a forward pass.")
    gradient_accumulation_steps: int = Field(
        default=16, ge=1, description="Forward passes an optimiser step."
    )
    max_steps: int | None = Field(
        default=None, ge=1, description="Optimiser steps; give this or num_epochs."
    )
    num_epochs: float | None = Field(
        default=None, gt=0, description="Passes over the data; give this or max_steps."
    )
    checkpoints: list[Annotated[int, Field(ge=1)]] | None = Field(
        default=None,
        min_length=1,
        description="Optimiser steps after which the adapter is saved and tested; "
        "the last step if not given.",
    )
    max_seq_len: int = Field(
        default=2048, ge=8, description="Tokens a row may have; longer rows are cut and counted."
    )
    dtype: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto", description="Precision of the frozen base; auto asks the processor."
    )
    gradient_checkpointing: bool = Field(
        default=False, description="Recompute activations to save memory, at the cost of time."
    )
    activation_offload: bool = Field(
        default=False,
        description="Recompute activations and keep what that needs outside the GPU; slower still.",
    )
    quantization: Literal["4bit"] | None = Field(
        default=None,
        description="4bit keeps the frozen base in 4 bits in training (QLoRA); NVIDIA GPUs only.",
    )
    num_processes: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Processes that share the rows of each step, one a GPU; "
        "the update stays the same.",
    )
    shard_base: bool = Field(
        default=False,
        description="Spread the layers of the base over the processes (FSDP), for a base that one "
        "GPU cannot hold; the update stays the same.",
    )


class ScoreSettings(Section):
    """The limits of the cage in which generated programs run."""

    timeout_s: float = Field(default=3.0, gt=0, le=600, description="Wall seconds a program.")
    memory_mb: int = Field(
        default=1024, ge=64, le=2**20, description="MiB of address space a program."
    )
    num_workers: int | None = Field(
        default=None, ge=1, description="Programs judged at a time; the processors if not given."
    )
    packages: list[str] = Field(
        default_factory=list, description="Packages a program may import, such as numpy."
    )
    allow_weak_isolation: bool = Field(
        default=False, description="Run untrusted code even where the cage is weak."
    )


class BenchmarkSettings(Section):
    """What every checkpoint is tested on."""

    name: Name = Field(default="humaneval", description="humaneval, or a name for `path`.")
    path: str | None = Field(
        default=None,
        description="JSONL file of problems in HumanEval's form (relative to the study file), "
        "instead of a name.",
    )
    limit: int | None = Field(
        default=None, ge=1, description="Use this many problems, evenly spaced; all if not given."
    )


class AuditSettings(Section):
    """The artefact audit: is a score about the model, or about the form of its answers?"""

    enabled: bool = Field(
        default=True, description="Whether the study is audited; `audit: off` is the short form."
    )
    protocols: list[Protocol] = Field(
        default=["completion", "chat", "chat-prefill"],
        description="Protocols under which base and best checkpoints answer too, where the base "
        "has a chat template; the study's own is always among them.",
    )
    include_last: bool = Field(
        default=False, description="Let each arm's last checkpoint answer under them as well."
    )
    limit: int | None = Field(
        default=None,
        ge=1,
        description="Problems asked under other protocols, evenly spaced; all if not given.",
    )


TrackerName = Literal[
    "azure_ml",
    "clearml",
    "codecarbon",
    "comet_ml",
    "dagshub",
    "dvclive",
    "mlflow",
    "neptune",
    "swanlab",
    "tensorboard",
    "trackio",
    "wandb",
]
"""What transformers can report a training to."""


class TrackingSettings(Section):
    """Where training is reported to, besides the run folder."""

    report_to: TrackerName | list[TrackerName] = Field(
        min_length=1, description="mlflow, tensorboard, wandb or another `report_to` of Trainer."
    )
    environment: dict[Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")], str] = Field(
        default_factory=dict,
        description="Variables that the tracker reads, such as {MLFLOW_TRACKING_URI: "
        "sqlite:///mlflow.db}; passwords and keys stay out of files.",
    )


class ArmSettings(Section):
    """One row of the comparison; keys given here replace the study's."""

    name: Name = Field(description="Name in tables and folders.")
    base: str | None = Field(default=None, min_length=1, description="Base model of this arm.")
    data: DataSource | None = Field(
        default=None, description="Training data; an arm without it is a baseline, not trained."
    )
    lora: LoraSettings | None = Field(default=None, description="Adapter keys that differ.")
    train: TrainSettings | None = Field(default=None, description="Training keys that differ.")


class CodeStudy(Section):
    """A study of code models: train arms, test every checkpoint on programming problems."""

    task: Literal["code"] = Field(default="code", description="What is compared.")
    name: Name = Field(description="Name of the study and of its run folder.")
    description: str = Field(default="", description="The question, in a sentence or two.")
    language: LanguageCode | None = Field(
        default=None,
        description="Language of the report and of what is said, such as tr; `--language` and "
        "KIYAS_LANGUAGE win over it. English if none is given.",
    )
    base: str = Field(
        min_length=1,
        description="Base model: a Hub name, a local folder (relative to the working directory), "
        "or embedded:smollm2-135m-instruct.",
    )
    protocol: Protocol = Field(
        default="chat", description="How problems are put to the model, in training and testing."
    )
    seeds: list[Annotated[int, Field(ge=0, lt=2**32)]] = Field(
        default=[0], min_length=1, description="One trial an arm and seed."
    )
    benchmark: BenchmarkSettings = Field(default_factory=BenchmarkSettings)
    lora: LoraSettings = Field(default_factory=LoraSettings)
    train: TrainSettings = Field(default_factory=TrainSettings)
    predict: PredictSettings = Field(default_factory=PredictSettings)
    score: ScoreSettings = Field(default_factory=ScoreSettings)
    audit: Annotated[
        AuditSettings,
        BeforeValidator(
            lambda value: {"enabled": False} if value == "off" else value,
            json_schema_input_type=AuditSettings | Literal["off"],
        ),
    ] = Field(
        default_factory=AuditSettings,
        description="How scores are checked for artefacts of answer format; off to leave it out.",
    )
    tracking: TrackingSettings | None = Field(
        default=None, description="Report training to a tracker as well; off if not given."
    )
    execution: ExecutionSettings = Field(default_factory=ExecutionSettings)
    confidence: float = Field(
        default=0.95, gt=0.5, lt=1, description="Level of every interval in the report."
    )
    arms: list[ArmSettings] = Field(min_length=1, description="The rows of the comparison.")

    def base_of(self, arm: ArmSettings) -> str:
        """Return the base model that an arm uses."""
        return arm.base or self.base

    def lora_of(self, arm: ArmSettings) -> LoraSettings:
        """Return the study's adapter settings with the arm's own keys on top."""
        return _overlaid(self.lora, arm.lora)

    def train_of(self, arm: ArmSettings) -> TrainSettings:
        """Return the study's training settings with the arm's own keys on top."""
        return _overlaid(self.train, arm.train)


def _overlaid(under: SectionT, over: SectionT | None) -> SectionT:
    if over is None:
        return under
    given = {key: getattr(over, key) for key in over.model_fields_set}
    return under.model_copy(update=given)
