"""Sources -> examples, benchmarks and labelled tables. Front door: ``load_examples``."""

from kiyas.data.benchmarks import load_benchmark
from kiyas.data.examples import ExampleSet, SourceSize, describe_source, load_examples

__all__ = [
    "ExampleSet",
    "SourceSize",
    "describe_source",
    "load_benchmark",
    "load_examples",
]
