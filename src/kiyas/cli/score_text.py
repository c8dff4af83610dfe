"""The summary of scored samples -> lines for a person."""

from __future__ import annotations

from collections.abc import Sequence

from kiyas.cli.wording import DASH, interval_text, share_text, table_text
from kiyas.languages import gettext as _
from kiyas.records import Proportion
from kiyas.records.files import FileFault, FileSummary


def score_text(summary: FileSummary, faults: Sequence[FileFault] = (), out: str = "") -> str:
    """Return what ``kiyas score`` says of one file.

    Args:
        summary: What the file reached.
        faults: What is wrong with the file.
        out: Where the verdicts were written; empty if nowhere.
    """
    head = _("{name}: {benchmark}, rule {rule}, cage {cage}").format(
        name=summary.name,
        benchmark=summary.benchmark,
        rule=summary.rule,
        cage=summary.isolation,
    )
    facts = [("pass@1", proportion_text(summary.pass_at_1))]
    if summary.base is not None:
        facts.append((_("base"), proportion_text(summary.base)))
    facts.append((_("problems answered"), _answered(summary)))
    if summary.truncated is not None:
        cut = f"{summary.truncated.k}/{summary.truncated.n}"
        facts.append((_("cut at the token limit"), cut))
    width = max(len(name) for name, value in facts)
    lines = [head, *(f"  {name.ljust(width)}  {value}" for name, value in facts)]
    if summary.num_unscored:
        told = _("INCOMPLETE: {num} samples could not be judged").format(num=summary.num_unscored)
        lines.append(f"  {told}")
    rows = [(name, str(count)) for name, count in summary.outcomes.items()]
    lines += ["", table_text((_("outcome"), _("samples")), rows)]
    lines += [f"- {fault.text}" for fault in faults]
    if out:
        lines.append(_("scores: {file}").format(file=out))
    return "\n".join(lines)


def proportion_text(score: Proportion) -> str:
    """Return a share with its counts and interval, such as ``72/164 = 43.9 % [36.5 %, 51.6 %]``."""
    if score.estimate is None:
        return f"{score.k}/{score.n} = {DASH}"
    interval = interval_text(score.ci_low, score.ci_high)
    return f"{score.k}/{score.n} = {share_text(score.estimate)} {interval}"


def _answered(summary: FileSummary) -> str:
    total = summary.num_problems
    return str(summary.num_answered) if total is None else f"{summary.num_answered}/{total}"
