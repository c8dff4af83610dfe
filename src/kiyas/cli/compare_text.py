"""The comparison of two files -> lines for a person."""

from __future__ import annotations

from kiyas.cli.wording import DASH, p_text, points_text, signed_points_text, verdict_text
from kiyas.faults import say_fault
from kiyas.languages import gettext as _
from kiyas.records.files import FileComparison


def compare_text(comparison: FileComparison) -> str:
    """Return what ``kiyas compare`` says: the verdict first, then what it rests on."""
    head = _("{first} against {second}: {verdict}").format(
        first=comparison.first,
        second=comparison.second,
        verdict=verdict_text(comparison.verdict),
    )
    facts = _facts(comparison)
    width = max(len(name) for name, value in facts)
    lines = [head, *(f"  {name.ljust(width)}  {value}" for name, value in facts)]
    return "\n".join([*lines, *(f"- {say_fault(text)}" for text in comparison.warnings)])


def _facts(comparison: FileComparison) -> list[tuple[str, str]]:
    units = {"problems": _("problems"), "rows": _("rows")}
    difference = _("{points} points {interval} on {num} shared {unit}").format(
        points=signed_points_text(comparison.difference),
        interval=_interval(comparison),
        num=comparison.num_shared,
        unit=units.get(comparison.unit, comparison.unit),
    )
    facts = [(_("difference"), difference)]
    if comparison.num_first_only is not None:
        facts.append((_("only first"), str(comparison.num_first_only)))
        facts.append((_("only second"), str(comparison.num_second_only)))
    test = _("{test}, p = {p}, level {level}").format(
        test=comparison.test, p=p_text(comparison.p_value), level=p_text(comparison.alpha)
    )
    facts.append((_("test"), test))
    if comparison.verdict in ("no difference detected", "underpowered"):
        seen = comparison.smallest_detectable
        told = _("no difference at all at this disagreement")
        if seen is not None:
            told = _("{points} or more (80 % power)").format(points=points_text(seen))
        facts.append((_("detectable"), told))
    return facts


def _interval(comparison: FileComparison) -> str:
    if comparison.ci_low is None or comparison.ci_high is None:
        return f"[{DASH}]"
    low, high = signed_points_text(comparison.ci_low), signed_points_text(comparison.ci_high)
    return f"[{low}, {high}]"
