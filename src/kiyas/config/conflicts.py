"""CodeStudy -> combinations of keys that cannot work, all of them.

Judges keys against each other; types and ranges are the schema's. Does not look at files,
models or the machine: those faults belong to the stages that open them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kiyas.config.conflict import Conflict, KeyPath
from kiyas.config.embedded_bases import EMBEDDED_DECODER, find_unknown_bases
from kiyas.config.schema import ArmSettings, CodeStudy, TrainSettings


def find_conflicts(study: CodeStudy) -> list[Conflict]:
    """Return every conflict between keys of a study."""
    arm_bases = [arm.base for arm in study.arms]
    unknown = find_unknown_bases(study.base, arm_bases, [EMBEDDED_DECODER])
    found = [*_repeated(study), *unknown, *_of_prediction(study)]
    for index, arm in enumerate(study.arms):
        found.extend(_of_arm(study, index, arm))
    return found


def _repeated(study: CodeStudy) -> Iterator[Conflict]:
    names = [arm.name.casefold() for arm in study.arms]
    for index, name in enumerate(names):
        if name in names[:index] or name == "base":
            yield Conflict(
                ("arms", index, "name"),
                "the name of this arm is taken (capitals do not tell names apart)",
                study.arms[index].name,
                "a name of its own; `base` stands for the untrained model",
            )
    for seed, count in Counter(study.seeds).items():
        if count > 1:
            yield Conflict(("seeds",), "a seed is given more than once", seed, "each seed once")


def _of_prediction(study: CodeStudy) -> Iterator[Conflict]:
    predict = study.predict
    if predict.temperature == 0 and predict.num_samples > 1:
        yield Conflict(
            ("predict", "num_samples"),
            "greedy decoding gives the same completion every time",
            predict.num_samples,
            "num_samples: 1, or a temperature above 0",
        )
    if predict.temperature == 0 and predict.top_p < 1:
        yield Conflict(
            ("predict", "top_p"),
            "top_p has no effect on greedy decoding",
            predict.top_p,
            "top_p: 1, or a temperature above 0",
        )
    if predict.engine == "openai" and predict.server is None:
        yield Conflict(
            ("predict", "engine"),
            "the openai engine needs a server",
            predict.engine,
            "predict.server.url, such as http://localhost:8000/v1",
        )
    if predict.engine != "openai" and predict.server is not None:
        yield Conflict(
            ("predict", "server"),
            "a server is given, and no engine that asks it",
            predict.server.url,
            "predict.engine: openai, or no server",
        )


def _of_arm(study: CodeStudy, index: int, arm: ArmSettings) -> Iterator[Conflict]:
    if arm.data is None:
        for section in ("lora", "train"):
            if getattr(arm, section) is not None:
                yield Conflict(
                    ("arms", index, section),
                    f"arm {arm.name} has no data, so nothing is trained and `{section}` is unused",
                    section,
                    f"`data:` for the arm, or no `{section}:`",
                )
        return
    for found in _of_training(study.train_of(arm)):
        given_here = arm.train is not None and found.key[-1] in arm.train.model_fields_set
        keys: KeyPath = ("arms", index, "train") if given_here else ("train",)
        told = f"arm {arm.name}: {found.what}"
        yield Conflict((*keys, *found.key), told, found.received, found.expected)


def _of_training(train: TrainSettings) -> Iterator[Conflict]:
    """Yield what contradicts itself in a section ``train``, each under its key there."""
    if train.max_steps is None and train.num_epochs is None:
        what = "nothing says how long to train"
        yield Conflict(("max_steps",), what, None, "max_steps or num_epochs")
    if train.max_steps is not None and train.num_epochs is not None:
        yield Conflict(
            ("num_epochs",),
            "max_steps and num_epochs are both given",
            train.num_epochs,
            "one of the two",
        )
    if train.shard_base and train.num_processes == 1:
        what = "a base is spread over processes, and there is one"
        yield Conflict(("shard_base",), what, True, "num_processes of 2 or more, or no shard_base")
    if train.shard_base and train.quantization is not None:
        what = "a base in four bits cannot be spread over processes"
        yield Conflict(("shard_base",), what, True, "quantization or shard_base")
    steps = train.checkpoints or []
    if steps != sorted(set(steps)):
        what = "the steps are not in rising order"
        yield Conflict(("checkpoints",), what, steps, "each step once, rising")
    if train.max_steps is None:
        return
    beyond = [step for step in steps if step > train.max_steps]
    if beyond:
        yield Conflict(
            ("checkpoints",),
            f"training ends at step {train.max_steps}, before a checkpoint",
            beyond,
            f"steps up to max_steps ({train.max_steps})",
        )
    if train.warmup_steps >= train.max_steps:
        yield Conflict(
            ("warmup_steps",),
            "the warm-up is as long as the training",
            train.warmup_steps,
            f"fewer than max_steps ({train.max_steps})",
        )
