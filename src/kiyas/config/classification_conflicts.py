"""ClassificationStudy -> combinations of keys that cannot work, all of them.

Judges keys against each other; types and ranges are the schema's. Does not look at files, models
or the machine. The searched keys are checked here too: their names and values are those of
``train`` and ``lora``.
"""

from __future__ import annotations

import difflib
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from kiyas.config.classification import (
    ClassificationStudy,
    ClassifierArm,
    ClassifierTrainSettings,
    SearchRange,
    SearchSettings,
    SearchValue,
)
from kiyas.config.conflict import Conflict
from kiyas.config.embedded_bases import (
    EMBEDDED_DECODER,
    EMBEDDED_ENCODER,
    find_unknown_bases,
)
from kiyas.config.schema import LoraSettings
from kiyas.spelling import name_key

BASELINE_ARM = "tfidf"
"""Name of the baseline arm in tables and folders."""

_SPLITS = ("train", "validation", "test")

_STORAGES = ("journal", "mariadb", "mssql", "mysql", "oracle", "postgresql", "redis", "sqlite")
"""Kinds of storage that Optuna opens, as its addresses name them."""


def find_classification_conflicts(study: ClassificationStudy) -> list[Conflict]:
    """Return every conflict between keys of a study."""
    arm_bases = [arm.base for arm in study.arms]
    return [
        *_of_arms(study),
        *find_unknown_bases(study.base, arm_bases, [EMBEDDED_DECODER, EMBEDDED_ENCODER]),
        *_of_labels(study),
        *_of_data(study),
        *_of_seeds(study),
        *_of_search(study),
    ]


def apply_search_values(
    settings: tuple[LoraSettings, ClassifierTrainSettings], values: Mapping[str, SearchValue]
) -> tuple[LoraSettings, ClassifierTrainSettings]:
    """Return an arm's settings with the values of one search point on top.

    Args:
        settings: Adapter and training settings of the arm.
        values: Value by searched key, such as ``train.learning_rate``.

    Raises:
        ValidationError: A value does not fit its key.
    """
    lora, train = (section.model_dump() for section in settings)
    for key, value in values.items():
        section, name = key.split(".", 1)
        (lora if section == "lora" else train)[name] = value
    # Searched keys have passed the conflicts, so the section's own type is kept.
    return type(settings[0]).model_validate(lora), type(settings[1]).model_validate(train)


def grid_points(search: SearchSettings) -> list[dict[str, SearchValue]]:
    """Return every combination of the listed values, the last key varying fastest."""
    lists = {key: list(value) for key, value in search.keys.items() if isinstance(value, list)}
    return [dict(zip(lists, point, strict=True)) for point in itertools.product(*lists.values())]


def _of_arms(study: ClassificationStudy) -> Iterator[Conflict]:
    if not study.arms and not study.baseline:
        yield Conflict(("arms",), "there is nothing to train", [], "an arm, or baseline: true")
    names = [arm.name.casefold() for arm in study.arms]
    for index, arm in enumerate(study.arms):
        if names[index] in names[:index] or names[index] == BASELINE_ARM:
            yield Conflict(
                ("arms", index, "name"),
                "the name of this arm is taken (capitals do not tell names apart)",
                arm.name,
                f"a name of its own; `{BASELINE_ARM}` stands for the baseline",
            )
        if arm.base is None and study.base is None:
            yield Conflict(
                ("arms", index),
                f"arm {arm.name} has no base model",
                None,
                "`base:` here or at the top of the study",
            )


def _of_labels(study: ClassificationStudy) -> Iterator[Conflict]:
    labels = study.labels
    for key, names in (("names", labels.names), ("turkish", labels.turkish)):
        for name, count in Counter(map(name_key, names or [])).items():
            if count > 1:
                yield Conflict(
                    ("labels", key), "a class name is given twice", name, "one name a class"
                )
    if labels.turkish is not None and len(labels.turkish) != len(labels.names or []):
        yield Conflict(
            ("labels", "turkish"),
            "the Turkish names do not match the names",
            f"{len(labels.turkish)} names against {len(labels.names or [])}",
            "one Turkish name for each of `names`, in the same order",
        )
    for index, arm in enumerate(study.arms):
        weights = study.train_of(arm).class_weights
        if isinstance(weights, list) and labels.names and len(weights) != len(labels.names):
            own = arm.train is not None and "class_weights" in arm.train.model_fields_set
            yield Conflict(
                ("arms", index, "train", "class_weights") if own else ("train", "class_weights"),
                f"arm {arm.name}: the class weights do not match the classes",
                f"{len(weights)} weights for {len(labels.names)} classes",
                "one weight a class",
            )


def _of_data(study: ClassificationStudy) -> Iterator[Conflict]:
    data = study.data
    sources = [(split, getattr(data, split)) for split in _SPLITS]
    for (first, source), (second, other) in itertools.combinations(sources, 2):
        is_split_by_itself = source.startswith("embedded:")
        if (
            source == other
            and not is_split_by_itself
            and f"{first}/{second}" not in data.allow_leak
        ):
            yield Conflict(
                ("data", second),
                f"{first} and {second} are the same table",
                source,
                f"a table of its own, or allow_leak: [{first}/{second}]",
            )
    known = {f"{a}/{b}" for a, b in itertools.combinations(_SPLITS, 2)}
    for pair in data.allow_leak:
        if pair not in known:
            yield Conflict(
                ("data", "allow_leak"), "no such pair of splits", pair, "such as train/test"
            )


def _of_seeds(study: ClassificationStudy) -> Iterator[Conflict]:
    for seed, count in Counter(study.seeds).items():
        if count > 1:
            yield Conflict(("seeds",), "a seed is given more than once", seed, "each seed once")


def _of_search(study: ClassificationStudy) -> Iterator[Conflict]:
    search = study.search
    if search is None:
        return
    if search.method == "grid" and search.num_points is not None:
        yield Conflict(
            ("search", "num_points"),
            "a grid has as many points as combinations of its values",
            search.num_points,
            "no num_points, or method: random or optuna",
        )
    if search.method != "grid" and search.num_points is None:
        yield Conflict(
            ("search", "num_points"),
            f"nothing says how many points {search.method} tries",
            None,
            "num_points",
        )
    yield from _of_storage(search)
    if not any(arm.search for arm in study.arms):
        yield Conflict(("search",), "no arm is searched", None, "an arm without search: false")
    for key, values in search.keys.items():
        yield from _of_searched_key(study, key, values)


def _of_storage(search: SearchSettings) -> Iterator[Conflict]:
    if search.storage is None:
        return
    path = ("search", "storage")
    if search.method != "optuna":
        yield Conflict(
            path,
            f"{search.method} shares no search",
            search.method,
            "method: optuna, or no storage",
        )
    kind, mark, rest = search.storage.partition("://")
    is_known = kind.partition("+")[0] in _STORAGES
    if not (is_known and mark and rest.strip("/")):
        near = [] if is_known else difflib.get_close_matches(kind.partition(":")[0], _STORAGES, n=1)
        hint = f" (did you mean `{near[0]}://`?)" if near else ""
        yield Conflict(
            path,
            f"no address of a storage{hint}",
            kind if mark else "no `://`",  # the rest may hold a password
            f"such as journal:///search.log; kinds: {', '.join(_STORAGES)}",
        )


def _of_searched_key(
    study: ClassificationStudy, key: str, values: list[SearchValue] | SearchRange
) -> Iterator[Conflict]:
    path = ("search", "keys", key)
    known = _searchable()
    if key not in known:
        near = difflib.get_close_matches(key, known, n=1)
        hint = f" (did you mean `{near[0]}`?)" if near else ""
        yield Conflict(path, f"no such key can be searched{hint}", key, ", ".join(known))
        return
    if isinstance(values, SearchRange):
        if study.search is not None and study.search.method == "grid":
            yield Conflict(path, "a grid needs listed values", "low and high", "a list of values")
        if not values.low < values.high or (values.log and values.low <= 0):
            yield Conflict(
                path,
                "no range to draw from",
                f"low {values.low}, high {values.high}",
                "low below high, and above 0 with log: true",
            )
        tried: list[SearchValue] = [values.low, values.high]
    else:
        tried = values
        if len({repr(value) for value in values}) < len(values) or not values:
            yield Conflict(path, "a value is listed twice, or none is", values, "each value once")
    arm = next(iter(study.arms), ClassifierArm(name="any"))
    for value in tried:
        try:
            apply_search_values((study.lora_of(arm), study.train_of(arm)), {key: value})
        except ValidationError as error:
            message = error.errors(include_url=False)[0]["msg"]
            yield Conflict(path, f"a value does not fit the key: {message}", value, "another value")


def _searchable() -> list[str]:
    """Return the keys that take numbers or names; what is on or off is compared as two arms."""
    train = set(ClassifierTrainSettings.model_fields) - {"early_stopping", "dtype"}
    lora = set(LoraSettings.model_fields) - {"use_rslora", "use_dora"}
    return sorted([f"train.{name}" for name in train] + [f"lora.{name}" for name in lora])
