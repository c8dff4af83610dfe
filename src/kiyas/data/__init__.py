"""Sources -> examples, benchmarks and labelled tables, checked and prepared; ``load_examples``."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from kiyas.data.benchmarks import load_benchmark
from kiyas.data.class_names import ClassNames
from kiyas.data.examples import (
    ExampleSet,
    SourceSize,
    describe_source,
    load_examples,
    source_kind,
)
from kiyas.data.table_files import load_table, read_table
from kiyas.data.table_writing import write_table
from kiyas.data.tables import LabelledTable, RawTable, TableWarning, label_table

if TYPE_CHECKING:
    from kiyas.data.augmentation import AugmentedTable, augment_table
    from kiyas.data.checks import CheckReport, check_tables, require_no_leak
    from kiyas.data.cleaning import CleanedTable, clean_table
    from kiyas.data.splitting import SplitTables, split_table

__all__ = [
    "AugmentedTable",
    "CheckReport",
    "ClassNames",
    "CleanedTable",
    "ExampleSet",
    "LabelledTable",
    "RawTable",
    "SourceSize",
    "SplitTables",
    "TableWarning",
    "augment_table",
    "check_tables",
    "clean_table",
    "describe_source",
    "label_table",
    "load_benchmark",
    "load_examples",
    "load_table",
    "read_table",
    "require_no_leak",
    "source_kind",
    "split_table",
    "write_table",
]

# These modules import numpy and scipy, which code studies do not need to read their data.
_LOADED_ON_USE = {
    "AugmentedTable": "augmentation",
    "augment_table": "augmentation",
    "CheckReport": "checks",
    "check_tables": "checks",
    "require_no_leak": "checks",
    "CleanedTable": "cleaning",
    "clean_table": "cleaning",
    "SplitTables": "splitting",
    "split_table": "splitting",
}


def __getattr__(name: str) -> object:
    """Load a preparation verb or its record when it is first asked for."""
    if name not in _LOADED_ON_USE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"kiyas.data.{_LOADED_ON_USE[name]}"), name)
