"""What a study took -> a CSV file for programs."""

from __future__ import annotations

from dataclasses import asdict, fields

from kiyas.records.costs import Cost, CostFindings, Stage, StageCosts
from kiyas.report.table_texts import write_csv


def write_cost_file(costs: CostFindings | None) -> dict[str, str]:
    """Return the text of the file by its name: a line a trial and stage; none without costs."""
    if costs is None:
        return {}
    heads = ["trial", "arm", "num_trials", "stage", *(field.name for field in fields(Cost))]
    heads.append("peak_bytes")
    rows = (
        [item.trial, item.arm, item.num_trials, stage, *asdict(cost).values(), _peak(item, stage)]
        for item in costs.trials
        for stage, cost in item.stages.items()
    )
    return {"costs.csv": write_csv(heads, rows)}


def _peak(item: StageCosts, stage: Stage) -> int | None:
    return item.peak_bytes if stage in ("training", "search") else None
