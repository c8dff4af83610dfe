"""Problem pages -> the drawer of a code study: block of data, filters and words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from kiyas.records import CodeFindings
from kiyas.report.drawer import Choice, Drawer, shared_messages
from kiyas.report.entry_block import MAX_BLOCK_BYTES, EntryBlock, TextStore, pack_entries
from kiyas.report.languages import Catalogue, Language
from kiyas.report.leading import rank_trials
from kiyas.report.records import ProblemAnswer, ProblemPage

_MOST_READABLE = 20_000
"""Answers that are carried whole: with more, each would be a few words."""
_BARE_BYTES = 8
"""Room for an answer of which the page has the outcome only."""


def make_problem_drawer(
    findings: CodeFindings, pages: Sequence[ProblemPage], language: Language
) -> Drawer:
    """Return the browser of all problems with the answers of every checkpoint."""
    _ = language.catalogue.gettext
    labels = [score.checkpoint.label for score in findings.checkpoints]
    readable = choose_readable(findings)
    bases = [score.checkpoint.label for score in findings.checkpoints if score.checkpoint.is_base]
    return Drawer(
        name="problems",
        title=_("Problems"),
        intro=" ".join((_introduce(language), *_say_unreadable(labels, readable, language))),
        block=pack_problems(pages, labels, readable),
        choices=_choices(language.catalogue),
        legend={
            "passed": _("passed"),
            "some": _("some samples passed"),
            "failed": _("failed"),
            "missing": _("not answered"),
        },
        legend_note=_("One mark a checkpoint, in the order of the tables."),
        without_script=_("The problems need JavaScript, which this page runs without any network."),
        on_paper=_("The problems can be read in the HTML file."),
        script="problems",
        first=bases[0] if bases else (labels[0] if labels else ""),
        second=findings.best or (labels[-1] if labels else ""),
        messages=_messages(language.catalogue),
    )


def _introduce(language: Language) -> str:
    return language.catalogue.gettext(
        "Every problem with its prompt as sent, each answer, the code taken out of it and the "
        "outcome. Keys: j and k go to the next and the previous problem, / searches."
    )


def _say_unreadable(
    labels: Sequence[str], readable: frozenset[str], language: Language
) -> tuple[str, ...]:
    if len(readable) == len(labels):
        return ()
    sentence = language.catalogue.gettext(
        "The answers of %(readable)s of %(all)s checkpoints can be read here: of the bases and of "
        "the best; of the others the outcomes. All answers are in the run folder."
    )
    return (sentence % {"readable": len(readable), "all": len(labels)},)


def choose_readable(findings: CodeFindings) -> frozenset[str]:
    """Return the checkpoints whose texts the page carries: bases, the best of each trial, others.

    Of all checkpoints where they are few enough.
    """
    num_answers = max(1, findings.num_problems * findings.num_samples)
    scores = findings.checkpoints
    bases = [score.checkpoint.label for score in scores if score.checkpoint.is_base]
    best = [score.checkpoint.label for _, score in rank_trials(findings)]
    others = sorted(scores, key=lambda score: -(score.pass_at_1.estimate or 0.0))
    ranked = dict.fromkeys([*bases, *best, *(score.checkpoint.label for score in others)])
    return frozenset(list(ranked)[: max(2, _MOST_READABLE // num_answers)])


def pack_problems(
    pages: Sequence[ProblemPage],
    checkpoints: Sequence[str],
    readable: frozenset[str] | None = None,
    max_bytes: int = MAX_BLOCK_BYTES,
) -> EntryBlock:
    """Return the pages as a block of at most ``max_bytes``, shortening texts as far as needed.

    Args:
        pages: All problems in the order of the benchmark.
        checkpoints: Labels in the order in which the page shows them.
        readable: Labels whose answers are carried whole, of others the outcome; None for all.
        max_bytes: Limit of the block, besides bare outcomes; exceeded only if texts of 300
            characters do not fit either.
    """
    answered = [answer.checkpoint for page in pages for answer in page.answers]
    labels = list(dict.fromkeys([*checkpoints, *answered]))
    positions = {label: position for position, label in enumerate(labels)}
    kept = frozenset(labels) if readable is None else readable
    num_bare = sum(label not in kept for label in answered)

    def gather(store: TextStore) -> dict[str, Any]:
        problems = [
            {
                "id": page.task_id,
                "entry": page.entry_point,
                "test": store.add(page.test),
                "prompts": [[name, store.add(text)] for name, text in page.prompts.items()],
                "answers": [
                    _pack_answer(answer, positions[answer.checkpoint], store)
                    if answer.checkpoint in kept
                    else [positions[answer.checkpoint], answer.score.sample, answer.score.outcome]
                    for answer in page.answers
                ],
            }
            for page in pages
        ]
        return {"labels": labels, "entries": problems}

    return pack_entries(gather, max_bytes + _BARE_BYTES * num_bare)


def _pack_answer(answer: ProblemAnswer, position: int, store: TextStore) -> list[Any]:
    """Return the values in the order that ``scripts/problems.js`` reads."""
    score = answer.score
    return [
        position,
        score.sample,
        score.outcome,
        store.add(answer.completion),
        store.add(score.program),
        store.add(score.detail),
        score.rule,
        score.num_tokens,
        score.finish_reason,
        round(score.seconds, 3) if math.isfinite(score.seconds) else None,
    ]


def _choices(catalogue: Catalogue) -> tuple[Choice, ...]:
    _ = catalogue.gettext
    changes = {
        "gained": _("gained"),
        "lost": _("lost"),
        "both": _("both passed"),
        "neither": _("neither passed"),
        "outcome": _("other outcome"),
    }
    return (
        Choice("change", _("Change"), changes),
        Choice("outcome", _("Outcome of “To”"), {}),
    )


def _messages(catalogue: Catalogue) -> dict[str, str]:
    _ = catalogue.gettext
    return {
        **shared_messages(catalogue),
        "shown": _("{shown} of {all} problems"),
        "none": _("No problem matches."),
        "broken": _("This browser cannot unpack the problems; use one from 2023 or later."),
        "prompt": _("Prompt as sent"),
        "test": _("Test"),
        "entry": _("entry point"),
        "notHere": _("The text is not in this page; it is in the run folder."),
        "answer": _("Answer"),
        "code": _("Extracted code"),
        "noCode": _("No code was found in the answer."),
        "detail": _("Detail"),
        "rule": _("extraction"),
        "tokens": _("tokens"),
        "ended": _("ended by"),
        "seconds": _("seconds in the cage"),
        "sample": _("sample"),
    }
