"""Findings of a run, and which adapter of it -> its model card, with the Hub's ``model-index``.

Every number is the one of ``findings.json``. Chooses nothing, loads no model, asks no Hub; in
English, which is what the Hub reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import kiyas
from kiyas.config import ClassificationStudy, CodeStudy, Study
from kiyas.errors import MissingExtraError
from kiyas.report.numbers import DASH, NumberFormat

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

_NUMBERS = NumberFormat()
_TEMPLATE = Path(__file__).parent / "templates" / "model_card.md.j2"
_EMBEDDED_LICENCE = "apache-2.0"
_BENCHMARKS = {"humaneval": ("openai_humaneval", "HumanEval", "test")}
"""Data set on the Hub, its title and split, of the benchmarks that have one."""
_METRICS = {"accuracy": "Accuracy", "f1_macro": "Macro F1"}


@dataclass(frozen=True)
class CardSubject:
    """What a card is about."""

    study: Study
    """The study as run."""
    arm: str
    """Name of the arm."""
    label: str
    """Name of the checkpoint or trial in the report."""
    base: str
    """Name of the base in the study."""
    base_folder: Path | None
    """Where the base's files are; None if nobody looked."""
    is_base_public: bool
    """Whether the base's name is one on the Hub."""
    result: Mapping[str, Any]
    """Its entry in ``findings.json``."""
    findings: Mapping[str, Any]
    """The whole of ``findings.json``."""
    num_candidates: int
    """Checkpoints it was chosen from by their score on the test set; 1 if it was not."""
    merged_as: str | None
    """Precision of the merged weights; None for an adapter."""

    @property
    def is_classifier(self) -> bool:
        """Return whether it classifies texts."""
        return isinstance(self.study, ClassificationStudy)


def write_model_card(path: Path, subject: CardSubject) -> None:
    """Write the card.

    Raises:
        MissingExtraError: huggingface_hub is not installed.
        OSError: The file cannot be written.
    """
    try:
        from huggingface_hub import ModelCard, ModelCardData
    except ImportError as error:
        raise MissingExtraError("a model card", "train") from error

    name = f"{subject.findings['study']}-{subject.arm}"
    kind = "text-classification" if subject.is_classifier else "text-generation"
    licence = licence_of(subject)
    data = ModelCardData(
        model_name=name,
        base_model=subject.base if subject.is_base_public else None,
        license=licence,
        library_name="transformers" if subject.merged_as else "peft",
        pipeline_tag=kind,
        datasets=_hub_data(subject.study, subject.arm) or None,
        tags=["lora", "kiyas"],
        eval_results=list(_eval_results(subject, kind)),
    )
    sections: dict[str, Any] = {
        "subject": subject,
        "name": name,
        "licence": licence,
        "version": kiyas.__version__,
        "scores": list(_scores(subject)),
        "verdict": " ".join(_verdict(subject)),
        "warnings": _warnings(subject.findings),
        "sources": _sources(subject.study, subject.arm),
        "settings": list(_settings(subject.study, subject.arm)),
        "tuned": subject.result.get("settings") or {},
    }
    card = ModelCard.from_template(data, template_path=str(_TEMPLATE), **sections)
    path.write_text(str(card).rstrip("\n") + "\n", encoding="utf-8")


def licence_of(subject: CardSubject) -> str | None:
    """Return the licence that the base's own card names; None where it is not known here."""
    from huggingface_hub import ModelCard

    if subject.base.startswith("embedded:"):
        return _EMBEDDED_LICENCE
    card = None if subject.base_folder is None else subject.base_folder / "README.md"
    if card is None or not card.is_file():
        return None
    licence: str | None = ModelCard.load(card, ignore_metadata_errors=True).data.license
    return licence


def _eval_results(subject: CardSubject, kind: str) -> Iterator[EvalResult]:
    from huggingface_hub import EvalResult

    if isinstance(subject.study, CodeStudy):
        name = subject.study.benchmark.name
        data_set, title, split = _BENCHMARKS.get(name, (name, name, "test"))
        where: dict[str, Any] = {
            "dataset_type": data_set,
            "dataset_name": title,
            "dataset_split": split,
        }
    else:
        where = {
            "dataset_type": subject.study.name,
            "dataset_name": subject.study.data.test,
            "dataset_split": "test",
        }
    for metric_type, title, figure in _figures(subject):
        yield EvalResult(
            task_type=kind,
            **where,
            metric_type=metric_type,
            metric_name=f"{title} ({_choice(subject)})",
            metric_value=figure["estimate"],
            metric_args={
                **{key: figure[key] for key in ("k", "n") if figure.get(key) is not None},
                "ci_low": figure["ci_low"],
                "ci_high": figure["ci_high"],
                "confidence": subject.findings["confidence"],
                "interval": figure["method"],
            },
            verified=False,
        )


def _figures(subject: CardSubject) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield type, title and figure of what was measured; what is undefined is left out."""
    if not subject.is_classifier:
        found = [("pass@1", "pass@1", subject.result["pass_at_1"])]
    else:
        metrics = subject.result["scores"]["metrics"]
        types = {"accuracy": "accuracy", "f1_macro": "f1"}
        found = [
            (types[name], title, metrics[name])
            for name, title in _METRICS.items()
            if name in metrics
        ]
    yield from (item for item in found if item[2]["estimate"] is not None)


def _choice(subject: CardSubject) -> str:
    if subject.is_classifier:
        return "epoch chosen on the validation split"
    if subject.num_candidates > 1:
        return f"best of {subject.num_candidates} checkpoints, selected on the test set"
    return "step named beforehand, not selected by score"


def _scores(subject: CardSubject) -> Iterator[tuple[str, str]]:
    """Yield a line each of the table: this model and what it is compared with."""
    title = "pass@1" if not subject.is_classifier else "accuracy"
    for _, name, figure in _figures(subject):
        yield f"{name}, this model", _figure_text(figure)
    for label, figure in _rivals(subject):
        yield f"{title}, {label}", _figure_text(figure)


def _rivals(subject: CardSubject) -> Iterator[tuple[str, Mapping[str, Any]]]:
    findings = subject.findings
    if subject.is_classifier:
        for item in findings["results"]:
            if item["is_baseline"]:
                yield f"baseline {item['trial']}", item["scores"]["metrics"]["accuracy"]
        return
    compared = {item["second"] for item in _comparisons(subject)}
    for item in findings["checkpoints"]:
        label = f"{item['checkpoint']['trial']}/step-{item['checkpoint']['step']}"
        if label in compared:
            yield f"untrained base {label}", item["pass_at_1"]


def _comparisons(subject: CardSubject) -> list[Mapping[str, Any]]:
    """Return what this model was compared with as its own floor: the base, or the baseline."""
    return [
        item
        for item in subject.findings["comparisons"]
        if item["first"] == subject.label
        and item["kind"] in ("against-base", "against-baseline")
        and item.get("metric", "accuracy") == "accuracy"
    ]


def _verdict(subject: CardSubject) -> Iterator[str]:
    for item in _comparisons(subject):
        difference, low, high = (item[key] for key in ("difference", "ci_low", "ci_high"))
        rival = "the untrained base" if item["kind"] == "against-base" else "the cheap baseline"
        yield (
            f"Against {rival}: **{item['verdict']}** ({_NUMBERS.points(difference)} points "
            f"{_NUMBERS.points_interval(low, high)}, {_NUMBERS.p_statement(item['p_adjusted'])} "
            f"after correction for {len(subject.findings['comparisons'])} comparisons)."
        )
    if subject.is_classifier:
        yield "The epoch was chosen on the validation split; the test split was scored once."
    elif subject.num_candidates > 1:
        yield (
            f"It is the best of {subject.num_candidates} checkpoints of its arm, selected on the "
            "test set itself: expect a lower score on other problems."
        )
    else:
        yield "The checkpoint was named by its step, not selected by its score."


def _warnings(findings: Mapping[str, Any]) -> list[str]:
    """Return what the report says loudly of the whole study."""
    return [
        item["text"] for item in findings["findings"] if item["severity"] in ("alarm", "warning")
    ]


def _sources(study: Study, arm: str) -> list[str]:
    """Return the names of what was trained on."""
    if isinstance(study, CodeStudy):
        return [item.data.source for item in study.arms if item.name == arm and item.data]
    return [study.data.train]


def _hub_data(study: Study, arm: str) -> list[str]:
    """Return the training sets that have a name on the Hub: no file and not embedded."""
    return [
        source
        for source in _sources(study, arm)
        if ":" not in source and not Path(source).suffix and source.count("/") == 1
    ]


def _settings(study: Study, arm: str) -> Iterator[tuple[str, str]]:
    """Yield every key of adapter and training, as the study file names it."""
    settings: dict[str, Any]
    if isinstance(study, CodeStudy):
        code = next(item for item in study.arms if item.name == arm)
        settings = {"lora": study.lora_of(code), "train": study.train_of(code)}
    else:
        classifier = next(item for item in study.arms if item.name == arm)
        settings = {"lora": study.lora_of(classifier), "train": study.train_of(classifier)}
    for section, keys in settings.items():
        for key, value in keys.model_dump().items():
            yield f"{section}.{key}", DASH if value is None else str(value)


def _figure_text(figure: Mapping[str, Any]) -> str:
    share = _NUMBERS.share
    text = share(figure["estimate"])
    if figure.get("n"):
        text = f"{figure['k']}/{figure['n']} ({text})"
    return f"{text} {_NUMBERS.points_interval(figure['ci_low'], figure['ci_high'])}"
