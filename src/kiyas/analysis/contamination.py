"""Training sets and a benchmark -> which problems stand in which set, and scores without them.

Two searches: sequences of 13 words (letters and digits, in lower case) that a row shares with a
problem's prompt, solution or test; and functions that are the solution but for names and layout.
Finds copies. Rewordings and translations pass unseen (Yang et al. 2023, arXiv:2311.04850, find
8 to 18 % of HumanEval in public corpora so), hence "not found" and never "clean". Reads no files.

Sources: 13 words as in Brown et al. 2020 (arXiv:2005.14165, appendix C), which also leaves out
sequences that more than 10 documents share.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kiyas.analysis.scored import ScoredCheckpoint, pass_share
from kiyas.records import Finding, Problem
from kiyas.records.contamination import (
    ContaminationFindings,
    Overlap,
    ScoreWithout,
    TrainingSetOverlap,
)

WORDS_A_SEQUENCE = 13
MAX_PROBLEMS_OF_A_SEQUENCE = 10
"""A sequence in more problems than this is the benchmark's own frame and evidence for none."""
MIN_DISTINCT_WORDS = 6
"""Different words with a letter that a sequence needs: ``0 1 2 3 ...`` is evidence for nothing."""

SAME_CODE = "same code"
_WORD = re.compile(r"\w+")
_CHUNK_WORDS = 1 << 20
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)

Ids = NDArray[np.int64]
Hashes = NDArray[np.uint64]


@dataclass(frozen=True)
class TrainingRow:
    """One training item as it is compared."""

    row: int
    """1-based row in the source."""
    text: str
    """Everything in it: what is asked and what is answered."""
    fingerprints: frozenset[str] = frozenset()
    """Fingerprints of the functions in it."""


@dataclass(frozen=True)
class SharedProblem:
    """A problem as it is compared."""

    problem: Problem
    """The problem."""
    fingerprints: frozenset[str] = frozenset()
    """Fingerprints of its reference solution; empty if that is too short to be evidence."""


@dataclass
class _Found:
    kinds: set[str] = field(default_factory=set)
    rows: set[int] = field(default_factory=set)
    excerpt: str = ""


class BenchmarkIndex:
    """The sequences and fingerprints of a benchmark, to look for them in many training sets.

    Args:
        problems: All N problems.
    """

    def __init__(self, problems: Sequence[SharedProblem]) -> None:
        self._tasks = [item.problem.task_id for item in problems]
        self._ids: dict[str, int] = {}
        self._sequences: dict[tuple[str, ...], set[tuple[int, str]]] = defaultdict(set)
        for number, item in enumerate(problems):
            for part, text in _parts(item.problem):
                words = _words(text)
                for start in range(len(words) - WORDS_A_SEQUENCE + 1):
                    sequence = tuple(words[start : start + WORDS_A_SEQUENCE])
                    if _is_evidence(sequence):
                        self._sequences[sequence].add((number, part))
        self._drop_frames()
        self._by_hash: dict[int, list[tuple[str, ...]]] = defaultdict(list)
        for sequence in self._sequences:
            ids = [self._ids.setdefault(word, len(self._ids) + 1) for word in sequence]
            self._by_hash[int(_hash(np.array(ids))[0])].append(sequence)
        self._hashes = np.array(sorted(self._by_hash), dtype=np.uint64)
        self._by_fingerprint: dict[str, set[int]] = defaultdict(set)
        for number, item in enumerate(problems):
            for fingerprint in item.fingerprints:
                self._by_fingerprint[fingerprint].add(number)

    def find(self, rows: Iterable[TrainingRow]) -> tuple[Overlap, ...]:
        """Return the problems of which something stands in the rows, in the benchmark's order."""
        found: dict[int, _Found] = defaultdict(_Found)
        for row, sequence in self._shared_sequences(rows, found):
            for number, part in self._sequences[sequence]:
                _note(found[number], part, row, " ".join(sequence))
        return tuple(
            Overlap(
                task_id=self._tasks[number],
                kinds=tuple(sorted(item.kinds)),
                num_rows=len(item.rows),
                first_row=min(item.rows),
                excerpt=item.excerpt,
            )
            for number, item in sorted(found.items())
        )

    def _drop_frames(self) -> None:
        for sequence, places in list(self._sequences.items()):
            if len({number for number, _ in places}) > MAX_PROBLEMS_OF_A_SEQUENCE:
                del self._sequences[sequence]

    def _shared_sequences(
        self, rows: Iterable[TrainingRow], found: dict[int, _Found]
    ) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Yield (row, sequence) for every shared sequence; note shared code along the way."""
        words: list[str] = []
        starts: list[int] = []
        numbers: list[int] = []
        for row in rows:
            for fingerprint in row.fingerprints & self._by_fingerprint.keys():
                for number in self._by_fingerprint[fingerprint]:
                    _note(found[number], SAME_CODE, row.row, "")
            starts.append(len(words))
            numbers.append(row.row)
            words += _words(row.text)
            words.append("")  # no sequence reaches from one row into the next
            if len(words) >= _CHUNK_WORDS:
                yield from self._search(words, starts, numbers)
                words, starts, numbers = [], [], []
        yield from self._search(words, starts, numbers)

    def _search(
        self, words: list[str], starts: list[int], numbers: list[int]
    ) -> Iterator[tuple[int, tuple[str, ...]]]:
        ids = np.array([self._ids.get(word, 0) for word in words], dtype=np.int64)
        if len(ids) < WORDS_A_SEQUENCE or not self._hashes.size:
            return
        hashes = _hash(ids)
        unknown = np.concatenate([[0], np.cumsum(ids == 0)])
        is_known = unknown[WORDS_A_SEQUENCE:] == unknown[:-WORDS_A_SEQUENCE]
        nearest = np.searchsorted(self._hashes, hashes).clip(max=self._hashes.size - 1)
        hits = np.flatnonzero(is_known & (self._hashes[nearest] == hashes))
        rows = np.searchsorted(starts, hits, side="right") - 1
        for hit, row in zip(hits.tolist(), rows.tolist(), strict=True):
            sequence = tuple(words[hit : hit + WORDS_A_SEQUENCE])
            if sequence in self._sequences:
                yield numbers[row], sequence


def report_contamination(
    problems: Sequence[SharedProblem],
    sets: Sequence[TrainingSetOverlap],
    scored: Sequence[ScoredCheckpoint],
    confidence: float = 0.95,
) -> ContaminationFindings:
    """Return what all sets share with the benchmark, and every score with and without it.

    The problems flagged in any set are left out for all checkpoints, so that their scores stay
    comparable.

    Args:
        problems: All N problems.
        sets: What each training set shares.
        scored: Every checkpoint with its verdicts.
        confidence: Level of every interval.
    """
    found = {overlap.task_id for item in sets for overlap in item.overlaps}
    scores = []
    for item in scored if found else ():
        flagged = [score for score in item.scores if score.task_id in found]
        unflagged = [score for score in item.scores if score.task_id not in found]
        shares = [pass_share(part, confidence) for part in (item.scores, unflagged, flagged)]
        scores.append(ScoreWithout(item.checkpoint.label, *shares))
    return ContaminationFindings(
        num_problems=len(problems),
        num_without_code=sum(not item.fingerprints for item in problems),
        words_a_sequence=WORDS_A_SEQUENCE,
        sets=tuple(sets),
        flagged=tuple(p.problem.task_id for p in problems if p.problem.task_id in found),
        scores=tuple(scores),
    )


def state_contamination(found: ContaminationFindings) -> Iterator[Finding]:
    """Yield what was found as statements; silence about a set is never a clean bill."""
    flagged = [item for item in found.sets if item.status == "found"]
    for item in flagged:
        tasks = [overlap.task_id for overlap in item.overlaps]
        named = ", ".join(tasks[:10]) + (", …" if len(tasks) > 10 else "")
        yield Finding(
            "contamination",
            "alarm",
            f"{len(tasks)} of {found.num_problems} problems of the benchmark were found in the "
            f"training set of {item.arm} ({named}): its score may be partly one of memory. Scores "
            "without the flagged problems stand beside it.",
            {"num_flagged": len(tasks), "num_problems": found.num_problems, "arm": item.arm},
        )
    silent = [item.arm for item in found.sets if item.status == "not found"]
    if silent:
        yield Finding(
            "contamination",
            "note",
            f"No problem of the benchmark was found in the training set of {', '.join(silent)} "
            f"(sequences of {found.words_a_sequence} words, and functions alike but for names). "
            "Rewordings and translations are not seen this way, nor is what the base was "
            "pretrained on.",
            {"num_sets": len(silent)},
        )
    unchecked = [item for item in found.sets if item.status == "not checked"]
    if unchecked:
        yield Finding(
            "contamination",
            "warning",
            "Whether the benchmark stands in the training set was not checked for "
            f"{', '.join(item.arm for item in unchecked)}: {unchecked[0].reason}.",
            {"num_sets": len(unchecked)},
        )


def _note(found: _Found, kind: str, row: int, excerpt: str) -> None:
    found.kinds.add(kind)
    found.rows.add(row)
    found.excerpt = found.excerpt or excerpt


def _parts(problem: Problem) -> Iterator[tuple[str, str]]:
    yield "prompt", problem.prompt
    yield "solution", problem.canonical_solution
    yield "test", problem.test


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _is_evidence(sequence: tuple[str, ...]) -> bool:
    with_letter = {word for word in sequence if not word.isdigit()}
    return len(with_letter) >= MIN_DISTINCT_WORDS


def _hash(ids: Ids) -> Hashes:
    """Return a polynomial hash of each sequence of 13 ids, modulo 2^64."""
    length = len(ids) - WORDS_A_SEQUENCE + 1
    words = ids.astype(np.uint64)
    total = np.zeros(length, dtype=np.uint64)
    for offset in range(WORDS_A_SEQUENCE):
        total = total * _MULTIPLIER + words[offset : offset + length]
    return total
