"""A small study of the benchmark of many trials: planned and reported from what it wrote."""

import importlib.util
import json
from pathlib import Path

import pytest
from front_door import kiyas

BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "scale.py"


def load_benchmark():
    spec = importlib.util.spec_from_file_location("scale_benchmark", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_a_made_up_run_of_many_trials_is_planned_and_reported(tmp_path):
    scale = load_benchmark()
    study = scale.write_study(tmp_path, (3, 2, 2), 8)
    run = scale.write_run(study, tmp_path / "run")
    plan = json.loads(kiyas("plan", study, "--json").out)
    told = kiyas("report", study, "--run-folder", run)
    assert told.code == 0, told.said
    findings = json.loads((run / "findings.json").read_text(encoding="utf-8"))
    # A base and 3 arms x 2 seeds x 2 steps; each against the base, and 3 pairs a seed and step.
    assert len(plan["trials"]) == 6
    assert len(plan["checkpoints"]) == len(findings["checkpoints"]) == 1 + 12
    assert plan["num_comparisons"] == len(findings["comparisons"]) == 12 + 3 * 4
