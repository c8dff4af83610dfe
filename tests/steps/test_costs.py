"""What a code study's steps record of time and noise, and what its report makes of it."""

from dataclasses import replace

import pytest
from plain_run import make_plain_run

from kiyas.run_folder import read_completions, read_json, write_json
from kiyas.steps.costs import sum_up_code_costs
from kiyas.steps.report import write_run_report
from kiyas.steps.score import read_scores


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_plain_run(tmp_path_factory.mktemp("home"))


def sum_up(run):
    [base] = run.jobs.bases.values()
    return sum_up_code_costs(run, {base.label: read_scores(run, base)}, {})


def test_the_times_between_completions_are_the_time_of_decoding(run):
    [base] = run.jobs.bases.values()
    completions = read_completions(run.folder.samples(base, run.study.protocol))
    decoding = sum_up(run).study.stages["decoding"]
    assert decoding.seconds == pytest.approx(sum(item.elapsed_s for item in completions), abs=1e-3)
    assert decoding.seconds > 0
    assert decoding.num_tokens == sum(item.num_tokens for item in completions)
    assert decoding.tokens_per_s == pytest.approx(decoding.num_tokens / decoding.seconds)


def test_judging_is_timed_by_the_step_that_judges(run):
    [base] = run.jobs.bases.values()
    scoring = sum_up(run).study.stages["scoring"]
    assert scoring.seconds == run.folder.judgement(base, run.study.protocol).seconds
    assert scoring.seconds > 0


def test_energy_follows_the_power_that_the_study_gives(run):
    execution = run.study.execution.model_copy(update={"power_w": 3600.0})
    told = replace(run, study=run.study.model_copy(update={"execution": execution}))
    total = sum_up(told).study.total
    assert total.energy_wh == pytest.approx(total.seconds)  # 3600 W for a second are 1 Wh
    assert sum_up(run).study.total.energy_wh is None


def test_the_report_shows_costs_and_the_probe_and_is_written_anew_for_another_power(run):
    write_run_report(run)
    found = read_json(run.folder.findings)
    # In float32 nothing depends on the batch.
    assert found["decoding_noise"]["equal_verdicts"]["k"] == 2
    assert found["costs"]["study"]["total"]["seconds"] > 0
    page = (run.folder.report / "index.html").read_text(encoding="utf-8")
    assert 'id="cost-trials"' in page
    assert 'id="decoding-noise"' in page
    assert write_run_report(run) == []
    execution = run.study.execution.model_copy(update={"power_w": 65.0})
    told = replace(run, study=run.study.model_copy(update={"execution": execution}))
    assert write_run_report(told) == ["report"]


def test_a_run_folder_that_recorded_no_times_still_has_its_report(run):
    """Takes away what kiyas 0.1 did not write; no other test may come after this one."""
    [base] = run.jobs.bases.values()
    for step in (
        run.folder.predictions(base, run.study.protocol),
        run.folder.judgement(base, run.study.protocol),
    ):
        record = read_json(step.path / "step.json")
        record.pop("seconds", None)
        record["outputs"] = {
            key: value
            for key, value in record["outputs"].items()
            if key in ("sha256", "engine", "dtype", "num_from_cache", "isolation")
        }
        write_json(step.path / "step.json", record)
    run.folder.determinism(base, run.study.protocol).unlink()
    assert write_run_report(run) == ["report"]
    found = read_json(run.folder.findings)
    assert found["decoding_noise"] is None
    assert found["costs"]["study"]["total"]["seconds"] is None
    assert found["costs"]["study"]["stages"]["decoding"]["num_tokens"] > 0
