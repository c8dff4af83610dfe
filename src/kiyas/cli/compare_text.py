"""The comparison of two files -> lines for a person."""

from __future__ import annotations

from kiyas.file_records import FileComparison


def compare_text(comparison: FileComparison) -> str:
    """Return what ``kiyas compare`` says: the verdict first, then what it rests on."""
    unit = comparison.unit
    gap = "–" if comparison.difference is None else f"{100 * comparison.difference:+.1f} points"
    interval = "[–]"
    if comparison.ci_low is not None and comparison.ci_high is not None:
        interval = f"[{100 * comparison.ci_low:+.1f}, {100 * comparison.ci_high:+.1f}]"
    p_value = "–" if comparison.p_value is None else f"{comparison.p_value:.2g}"
    lines = [
        f"{comparison.first} against {comparison.second}: {comparison.verdict}",
        f"  difference  {gap} {interval} on {comparison.num_shared} shared {unit}",
    ]
    if comparison.num_first_only is not None:
        lines.append(
            f"  only first  {comparison.num_first_only}, only second {comparison.num_second_only}"
        )
    lines.append(f"  test        {comparison.test}, p = {p_value}, level {comparison.alpha:g}")
    if comparison.verdict in ("no difference detected", "underpowered"):
        seen = comparison.smallest_detectable
        lines.append(
            "  detectable  "
            + ("no difference at all at this disagreement" if seen is None else "")
            + ("" if seen is None else f"{100 * seen:.1f} points or more (80 % power)")
        )
    lines += [f"- {warning}" for warning in comparison.warnings]
    return "\n".join(lines)
