"""Trace findings -> the report's section on them: claims, and measures by checkpoint."""

from __future__ import annotations

from collections.abc import Mapping

from kiyas.records.traces import Claim, MeasureTest, TraceFindings
from kiyas.report.languages import Catalogue, Language
from kiyas.report.numbers import DASH
from kiyas.report.parts import Cell, Column, Gap, Mark, Method, Section, Table

_MARKS: Mapping[str, Mark] = {"supported": "better", "contradicted": "worse"}


def make_traces_section(
    found: TraceFindings, confidence: float, language: Language
) -> tuple[Section, ...]:
    """Return the section.

    Args:
        found: What was found in the traces.
        confidence: Level of the study; one minus it is the level at which a cell is marked.
        language: How to say it.
    """
    _ = language.catalogue.gettext
    tables = (
        tabulate_claims(found, language),
        tabulate_measures(found, 1 - confidence, language),
    )
    blocks = tuple(table for table in tables if table.rows)
    nothing = Gap(_("No trace could be tested: nothing varies among the completions."))
    return (Section("traces", _("Reasoning traces"), blocks or (nothing,)),)


def tabulate_claims(found: TraceFindings, language: Language) -> Table:
    """Return every claim of every arm with its verdict."""
    _ = language.catalogue.gettext
    columns = (
        Column(_("claim"), "claims", numeric=False),
        Column(_("arm"), numeric=False),
        Column(_("verdict"), "claims", numeric=False),
        Column(_("effect, points"), "claims"),
        Column(_("p, Holm"), "claims"),
        Column(_("of the passing")),
        Column(_("of the failing")),
    )
    note = _(
        "Effect: pass rate of the answers that do it minus that of the others, over all "
        "checkpoints of the arm. What goes with passing need not cause it."
    )
    rows = tuple(_claim_row(claim, language) for claim in found.claims)
    return Table("claims", _("Claims about reasoning and learning"), columns, rows, note)


def _claim_row(claim: Claim, language: Language) -> tuple[Cell, ...]:
    numbers = language.numbers
    shares = (claim.passing, claim.failing)
    return (
        Cell(name_claim(claim.name, language.catalogue)),
        Cell(claim.arm),
        Cell(_verdict(claim.verdict, language.catalogue), mark=_MARKS.get(claim.verdict, "")),
        Cell(numbers.points_with_interval(claim.effect, claim.ci_low, claim.ci_high)),
        Cell(numbers.p_value(claim.p_adjusted)),
        *(
            Cell(f"{share.k}/{share.n} ({numbers.share(share.estimate)})" if share else DASH)
            for share in shares
        ),
    )


def tabulate_measures(found: TraceFindings, alpha: float, language: Language) -> Table:
    """Return the effect of every measure that varies, by checkpoint."""
    _ = language.catalogue.gettext
    checkpoints = list(dict.fromkeys(test.checkpoint for test in found.tests))
    by_place = {(test.measure, test.checkpoint): test for test in found.tests}
    measures = list(dict.fromkeys(test.measure for test in found.tests))
    varying = {test.measure for test in found.tests if test.p_value is not None}
    shown = [measure for measure in measures if measure in varying]
    names = [name_measure(measure, language.catalogue) for measure in shown]
    cells = [
        [_measure_cell(by_place.get((measure, c)), alpha, language) for c in checkpoints]
        for measure in shown
    ]
    if len(checkpoints) > len(measures):  # the longer side goes down the page
        columns = (Column(_("checkpoint"), numeric=False), *(Column(n, "traces") for n in names))
        rows = tuple(
            (Cell(label), *(row[number] for row in cells))
            for number, label in enumerate(checkpoints if shown else [])
        )
    else:
        columns = (Column(_("measure"), "traces", numeric=False), *map(Column, checkpoints))
        rows = tuple((Cell(name), *row) for name, row in zip(names, cells, strict=True))
    note = " ".join(
        (
            _(
                "Effect on passing; below it passing : failing. Shares: points of pass rate, and "
                "k/n that have it. Amounts: probability that a passing trace has more, less one "
                "half, and medians. With *: told apart after Holm over %s tests."
            )
            % found.num_tests,
            _("Thinking tokens are estimated by the thinking's share of the characters."),
            _("Only the first completion of each problem is tested.") if found.sampled else "",
            _same_everywhere([m for m in measures if m not in varying], language),
        )
    ).strip()
    return Table("traces-by-checkpoint", _("Traces against passing"), columns, rows, note)


def _measure_cell(test: MeasureTest | None, alpha: float, language: Language) -> Cell:
    numbers = language.numbers
    if test is None or test.p_value is None:
        return Cell(DASH)
    if test.kind == "share":
        text = numbers.points(test.effect)
        note = " : ".join(f"{s.k}/{s.n}" if s else DASH for s in (test.passing, test.failing))
    else:
        text = numbers.decimal(test.effect, 2)
        medians = (test.median_passing, test.median_failing)
        note = " : ".join(numbers.decimal(value, 0 if (value or 0) > 1 else 2) for value in medians)
    if test.p_adjusted is None or test.p_adjusted > alpha:
        return Cell(text, note)
    return Cell(f"{text} *", note, "better" if (test.effect or 0) > 0 else "worse")


def _same_everywhere(measures: list[str], language: Language) -> str:
    if not measures:
        return ""
    names = ", ".join(name_measure(measure, language.catalogue) for measure in measures)
    return language.catalogue.gettext("The same in all traces of each checkpoint: %s.") % names


def name_claim(name: str, catalogue: Catalogue) -> str:
    """Return a claim in the reader's language; an unknown one as it is."""
    _ = catalogue.gettext
    words = {
        "passing-plans-first": _("Passing answers plan in their thinking before the code."),
        "failing-over-reasons": _("Failing answers over-reason: no whole code after the thinking."),
        "passing-uses-comprehensions": _("Passing answers use comprehensions."),
        "failing-mixes-methods": _("Failing answers mix recursion and loops in one function."),
        "first-arm-learns-faster": _("The arm named first learns faster at first."),
    }
    return words.get(name, name)


def name_measure(name: str, catalogue: Catalogue) -> str:
    """Return a measure in the reader's language; an unknown one as it is."""
    _ = catalogue.gettext
    words = {
        "plans-first": _("thinks before the code"),
        "thinking-unclosed": _("thinking not closed"),
        "thinking-truncated": _("thinking cut at the token limit"),
        "over-reasons": _("thinking without whole code after it"),
        "several-solutions": _("several solutions"),
        "recursive": _("recursive"),
        "iterative": _("loops"),
        "mixes-methods": _("recursion and loop in one function"),
        "comprehension": _("comprehension"),
        "conditional-expression": _("conditional expression"),
        "slice": _("slice"),
        "f-string": _("f-string"),
        "lambda": "lambda",
        "iteration-builtin": _("enumerate, zip, map …"),
        "aggregating-builtin": _("any, all, sum, sorted …"),
        "library": _("collections, itertools …"),
        "unused-helper": _("helper never used"),
        "thinking-tokens": _("thinking tokens"),
        "repetition": _("repetition"),
    }
    return words.get(name, name)


def explain_traces(catalogue: Catalogue) -> tuple[Method, ...]:
    """Return how the figures of the section were made."""
    _ = catalogue.gettext
    return (
        Method(
            "traces",
            _("Measures of traces"),
            _(
                "Read from the text and the syntax tree; generated code is parsed, never run. "
                "Shares are tested by Fisher's exact test with Newcombe's interval, amounts by "
                "permuting ranks. Repetition is the share of four-word sequences seen before in "
                "the same text (Welleck et al. 2020). All tests of the study are one family, "
                "corrected by Holm."
            ),
        ),
        Method(
            "claims",
            _("Claims"),
            _(
                "Outcomes of one problem in all checkpoints of an arm stay together and are "
                "permuted over problems, so that the same problem is not counted again at every "
                "checkpoint; intervals by bootstrap over problems. A claim is supported or "
                "contradicted by a p value after Holm over all claims, by the sign of its effect; "
                "otherwise the data do not distinguish it. Who learns faster is asked at the "
                "earliest step that two arms share."
            ),
        ),
    )


def _verdict(verdict: str, catalogue: Catalogue) -> str:
    _ = catalogue.gettext
    words = {
        "supported": _("supported"),
        "contradicted": _("contradicted"),
        "not distinguishable": _("not distinguishable"),
    }
    return words.get(verdict, verdict)
