"""A finished run folder, an arm and a checkpoint's name -> the adapter that is meant.

Reads the run folder only: the study as run, findings, provenance. Loads no model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiyas.config import ClassificationStudy, CodeStudy, Study, load_study
from kiyas.config.classification_conflicts import BASELINE_ARM
from kiyas.data.suggestions import nearest
from kiyas.errors import RunFolderError
from kiyas.records import Trial
from kiyas.run_folder import ClassificationFolder, RunFolder, Step, read_json

_BEST, _LAST = "best", "last"


@dataclass(frozen=True)
class Wanted:
    """Which adapter of a run is asked for."""

    arm: str
    """Name of the arm."""
    checkpoint: str = _BEST
    """``best``, ``last``, or a step in digits."""
    seed: int | None = None
    """Seed of the trial; where None, of the best checkpoint, or else the study's first."""


@dataclass(frozen=True)
class ChosenAdapter:
    """An adapter of a finished run with what is known of it."""

    study: Study
    """The study as run."""
    arm: str
    """Name of the arm."""
    base: str
    """Name of the base in the study."""
    base_fingerprint: str | None
    """What told the base's weights from others when it was trained; None if unknown."""
    label: str
    """Name in tables, such as ``deep/seed-42/step-20``."""
    folder: Path
    """The adapter in PEFT format."""
    sha256: str
    """Hash of its weights as they were trained."""
    result: Mapping[str, Any]
    """Its entry in ``findings.json``."""
    findings: Mapping[str, Any]
    """Everything that the run found."""
    num_candidates: int
    """Tested checkpoints it was chosen from by their score on the test set; 1 if it was not."""


def choose_adapter(folder: RunFolder, wanted: Wanted) -> ChosenAdapter:
    """Find the adapter that is asked for.

    Raises:
        RunFolderError: The run is not finished, has no such arm, seed or checkpoint, or files of
            its training are others by now.
        StudyError: The study in the run folder is damaged.
    """
    has_report = folder.findings.is_file() and folder.reporting.is_complete
    if not has_report or folder.is_unfinished:
        raise _unfinished(folder)
    study = load_study(folder.study)
    findings = read_json(folder.findings)
    if isinstance(study, ClassificationStudy):
        return _choose_classifier(folder, study, findings, wanted)
    return _choose_checkpoint(folder, study, findings, wanted)


def _choose_checkpoint(
    folder: RunFolder, study: CodeStudy, findings: Mapping[str, Any], wanted: Wanted
) -> ChosenAdapter:
    trained = {arm.name: arm for arm in study.arms if arm.data is not None}
    _require("arm", wanted.arm, list(trained), folder)
    items = [item for item in findings["checkpoints"] if item["checkpoint"]["arm"] == wanted.arm]
    if wanted.seed is not None:
        _require("seed", wanted.seed, [item["checkpoint"]["seed"] for item in items], folder)
        items = [item for item in items if item["checkpoint"]["seed"] == wanted.seed]
    num_candidates = 1
    if wanted.checkpoint == _BEST:
        num_candidates = len(items)
        item = max(items, key=lambda item: item["pass_at_1"]["estimate"] or 0.0)
    else:
        seed = study.seeds[0] if wanted.seed is None else wanted.seed
        steps = {
            item["checkpoint"]["step"]: item for item in items if item["checkpoint"]["seed"] == seed
        }
        names = [*map(str, steps), _BEST, _LAST]
        _require("checkpoint", wanted.checkpoint, names, folder)
        last = max(steps)
        item = steps[last if wanted.checkpoint == _LAST else int(wanted.checkpoint)]
    checkpoint = item["checkpoint"]
    base = study.base_of(trained[wanted.arm])
    trial = Trial(checkpoint["trial"], wanted.arm, checkpoint["seed"])
    return ChosenAdapter(
        study=study,
        arm=wanted.arm,
        base=base,
        base_fingerprint=_fingerprint(folder, base),
        label=f"{trial.name}/step-{checkpoint['step']}",
        folder=folder.trial(trial).checkpoint(checkpoint["step"]),
        sha256=_trained(folder, folder.trial(trial))["adapters"][str(checkpoint["step"])],
        result=item,
        findings=findings,
        num_candidates=num_candidates,
    )


def _choose_classifier(
    folder: RunFolder, study: ClassificationStudy, findings: Mapping[str, Any], wanted: Wanted
) -> ChosenAdapter:
    if wanted.arm == BASELINE_ARM:
        raise RunFolderError(
            "the baseline has no adapter to export",
            where=str(folder.path),
            received=BASELINE_ARM,
            expected=f"one of {', '.join(arm.name for arm in study.arms)}",
        )
    arms = {arm.name: arm for arm in study.arms}
    _require("arm", wanted.arm, list(arms), folder)
    if wanted.checkpoint != _BEST:
        raise RunFolderError(
            "a classifier keeps one epoch: the best on the validation split",
            where=str(folder.path),
            received=f"--checkpoint {wanted.checkpoint}",
            expected="--checkpoint best, or none",
        )
    # The study's first seed and not the best one: nothing is chosen on the test split.
    seed = study.seeds[0] if wanted.seed is None else wanted.seed
    _require("seed", seed, list(study.seeds), folder)
    item = next(
        item
        for item in findings["results"]
        if (item["arm"], item["seed"]) == (wanted.arm, seed) and not item["is_baseline"]
    )
    base = study.base_of(arms[wanted.arm])
    trial = Trial(item["trial"], wanted.arm, seed)
    trained_folder = ClassificationFolder(folder.path).trial(trial)
    return ChosenAdapter(
        study=study,
        arm=wanted.arm,
        base=base,
        base_fingerprint=_fingerprint(folder, base),
        label=trial.name,
        folder=trained_folder.adapter,
        sha256=_trained(folder, trained_folder)["weights"],
        result=item,
        findings=findings,
        num_candidates=1,
    )


def _trained(folder: RunFolder, trial: Step) -> Mapping[str, Any]:
    """Return what a trial's training gave; what it wrote is compared with what is there."""
    outputs = trial.outputs()
    if not outputs:
        raise _unfinished(folder)
    return outputs


def _unfinished(folder: RunFolder) -> RunFolderError:
    return RunFolderError(
        "the run is not finished",
        where=str(folder.path),
        next_step="finish it with `kiyas run STUDY`; `kiyas ls` lists the runs",
    )


def _fingerprint(folder: RunFolder, base: str) -> str | None:
    bases: Mapping[str, str] = read_json(folder.provenance).get("bases", {})
    return bases.get(base)


def _require(what: str, given: object, known: Sequence[object], folder: RunFolder) -> None:
    if given in known:
        return
    near = nearest(str(given), _texts(known))
    raise RunFolderError(
        f"the run has no such {what}" + (f" (did you mean `{near}`?)" if near else ""),
        where=str(folder.path),
        received=given,
        expected=f"one of {', '.join(_texts(known))}",
    )


def _texts(values: Iterable[object]) -> list[str]:
    return list(dict.fromkeys(str(value) for value in values))
