"""What has been said about a prompt -> guesses of an answer's next tokens.

A small change of weights leaves most of an answer as it was, and code repeats its prompt and
itself. So the tokens that followed the same few tokens before, in the row itself or in the answer
of another checkpoint or sample, are given to the model along with the row's newest: those it
chooses too cost one step instead of one each, and the first it does not is dropped with all behind
it. Which tokens it chooses does not change.

Source: prompt lookup decoding (Saxena 2023), a form of speculative decoding (Leviathan, Kalman and
Matias 2023, arXiv:2211.17192); that answers of other checkpoints are looked up as well is kiyas's.
"""

from __future__ import annotations

import threading
from array import array
from collections import OrderedDict, deque
from collections.abc import Sequence

NUM_GUESSES = 3
"""Guesses behind a token: in each row attention costs that much more, whether they come or not."""
_NUM_SAME = 6
"""Tokens that must be the same before a guess; eight in nine guesses of code are right then."""
_NUM_ANSWERS = 8
"""Answers to a prompt that are looked up, the newest."""
_NUM_PROMPTS = 1024
"""Prompts whose answers are remembered, the last used."""
_TOKEN = array("i").itemsize


class Said:
    """The tokens of a row so far, prompt and answer, in a form that is searched quickly.

    Args:
        token_ids: The prompt.
    """

    def __init__(self, token_ids: Sequence[int]) -> None:
        self._bytes = bytearray(array("i", token_ids).tobytes())
        self._num_prompt = len(token_ids)

    @property
    def num_answered(self) -> int:
        """Return the tokens of the answer."""
        return len(self._bytes) // _TOKEN - self._num_prompt

    def append(self, token: int) -> None:
        """Add the token that was chosen."""
        self._bytes += array("i", [token]).tobytes()

    def guess(self, others: Sequence[Said], number: int) -> list[int]:
        """Return guesses of the next tokens, at most so many; none if nothing was said before.

        Args:
            others: Looked up in this order, after the row itself.
            number: At most so many.
        """
        same = bytes(self._bytes[-_NUM_SAME * _TOKEN :])
        if number <= 0 or len(same) < _NUM_SAME * _TOKEN:
            return []
        for said in (self, *others):
            end = said._end_of_last(same)
            if end is not None:
                found = array("i")
                found.frombytes(bytes(said._bytes[end : end + number * _TOKEN]))
                return found.tolist()
        return []

    def _end_of_last(self, same: bytes) -> int | None:
        """Return where the last occurrence ends that has a token behind it."""
        end = len(self._bytes) - _TOKEN
        while (start := self._bytes.rfind(same, 0, end)) >= 0:
            if start % _TOKEN == 0:
                return start + len(same)
            end = start + len(same) - 1
        return None


class Drafts:
    """The answers to each prompt, of all rows of an engine; safe for threads."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[int, ...], deque[Said]] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, prompt_ids: tuple[int, ...]) -> tuple[Said, Sequence[Said]]:
        """Begin an answer.

        Returns:
            What is to be told its tokens, and what was said about the prompt before it, newest
            first; others of these may still grow.
        """
        said = Said(prompt_ids)
        with self._lock:
            answers = self._answers.setdefault(prompt_ids, deque(maxlen=_NUM_ANSWERS))
            self._answers.move_to_end(prompt_ids)
            others = tuple(answers)
            answers.appendleft(said)
            while len(self._answers) > _NUM_PROMPTS:
                self._answers.popitem(last=False)
        return said, others

    def longest(self, prompt_ids: tuple[int, ...]) -> int:
        """Return the tokens of the longest answer to a prompt so far; 0 if there is none."""
        with self._lock:
            answers = tuple(self._answers.get(prompt_ids, ()))
        return max((said.num_answered for said in answers), default=0)
