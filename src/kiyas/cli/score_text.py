"""The summary of scored samples -> lines for a person."""

from __future__ import annotations

from collections.abc import Sequence

from kiyas.cli.wording import table_text
from kiyas.file_records import FileFault, FileSummary
from kiyas.records import Proportion


def score_text(summary: FileSummary, faults: Sequence[FileFault] = (), out: str = "") -> str:
    """Return what ``kiyas score`` says of one file.

    Args:
        summary: What the file reached.
        faults: What is wrong with the file.
        out: Where the verdicts were written; empty if nowhere.
    """
    total = "" if summary.num_problems is None else f" of {summary.num_problems}"
    lines = [
        f"{summary.name}: {summary.benchmark}, rule {summary.rule}, cage {summary.isolation}",
        f"  pass@1    {proportion_text(summary.pass_at_1)}",
    ]
    if summary.base is not None:
        lines.append(f"  base      {proportion_text(summary.base)}")
    lines.append(f"  answered  {summary.num_answered}{total} problems")
    if summary.truncated is not None:
        lines.append(f"  cut       {summary.truncated.k}/{summary.truncated.n} at the token limit")
    if summary.num_unscored:
        lines.append(f"  INCOMPLETE: {summary.num_unscored} samples could not be judged")
    rows = [(name, str(count)) for name, count in summary.outcomes.items()]
    lines += ["", table_text(("outcome", "samples"), rows)]
    lines += [f"- {fault.text}" for fault in faults]
    if out:
        lines.append(f"scores: {out}")
    return "\n".join(lines)


def proportion_text(score: Proportion) -> str:
    """Return a share with its counts and interval, such as ``72/164 = 43.9 % [36.5 %, 51.6 %]``."""
    if score.estimate is None:
        return f"{score.k}/{score.n} = –"
    interval = "[–]"
    if score.ci_low is not None and score.ci_high is not None:
        interval = f"[{100 * score.ci_low:.1f} %, {100 * score.ci_high:.1f} %]"
    return f"{score.k}/{score.n} = {100 * score.estimate:.1f} % {interval}"
