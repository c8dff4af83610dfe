"""Texts -> groups of near-duplicates, so that no two of a group stand in different splits.

Two texts are near-duplicates if the Jaccard similarity of their sets of 5-character shingles
reaches a threshold, after case, white space and punctuation are taken off; a group is a connected
component of that relation. It sees copies, typing errors and changed notation. It does not see
paraphrases, translations, or a problem whose story has been changed.

MinHash (64 permutations) with banding (16 bands of 4 rows) finds the candidates, of which a pair
with similarity s is one with probability 1 - (1 - s^4)^16: 0.9998 at s = 0.8. Each candidate is
then decided by its exact similarity. Within a crowded bucket, texts are compared with up to eight
leaders and not all with all.

Sources: Broder 1997, "On the resemblance and containment of documents"; Leskovec, Rajaraman &
Ullman, "Mining of Massive Datasets", section 3.4.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHINGLE_CHARACTERS = 5
"""Length of a shingle; 5 is the usual choice for short texts (Leskovec et al., section 3.2.2)."""

NUM_BANDS, ROWS_PER_BAND = 16, 4
NUM_LEADERS = 8
DEFAULT_THRESHOLD = 0.8

_CHUNK_SHINGLES = 1 << 20
_SEED = 20_011
_MARKS_TO_DROP = re.compile(r"[^\w+\-*/=<>^|!]+")

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint32]


@dataclass(frozen=True)
class _Shingles:
    """The hashed shingles of all texts, one text after the other."""

    hashes: Hashes
    """Shape (sum of shingles,)."""
    starts: Ints
    """Shape (N + 1,): text i has ``hashes[starts[i]:starts[i + 1]]``."""

    def of(self, text: int) -> Hashes:
        """Return the distinct shingles of a text, sorted."""
        return np.unique(self.hashes[self.starts[text] : self.starts[text + 1]])


def group_near_duplicates(texts: Sequence[str], threshold: float = DEFAULT_THRESHOLD) -> Ints:
    """Return the group of each text, shape (N,): the 0-based position of the group's first text.

    Texts without a letter or digit are alone in their groups.

    Args:
        texts: N texts.
        threshold: Jaccard similarity, in (0, 1], from which two texts are near-duplicates.

    Raises:
        ValueError: The threshold is outside (0, 1].
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold must be in (0, 1], received {threshold}")
    folded = [fold_text(text) for text in texts]
    first_of: dict[str, int] = {}
    first = np.array(
        [first_of.setdefault(text, i) if text else i for i, text in enumerate(folded)],
        dtype=np.int64,
    )
    distinct = np.array(list(first_of.values()), dtype=np.int64)
    distinct = distinct[[bool(folded[i]) for i in distinct]] if len(distinct) else distinct
    if len(distinct) < 2:
        return first
    shingles = _hash_shingles([folded[i] for i in distinct])
    component = _join_similar(shingles, _sign(shingles), threshold)
    group_of_distinct = np.arange(len(texts), dtype=np.int64)
    group_of_distinct[distinct] = distinct[component]
    return group_of_distinct[first]


def similarity(first: str, second: str) -> float:
    """Return the Jaccard similarity of two texts' shingles; 0.0 if one has no letter or digit."""
    folded = [fold_text(first), fold_text(second)]
    if not all(folded):
        return 0.0
    shingles = _hash_shingles(folded)
    return _jaccard(shingles.of(0), shingles.of(1))


def fold_text(text: str) -> str:
    """Return what is compared of a text: its letters, digits and operators in lower case."""
    return _MARKS_TO_DROP.sub("", unicodedata.normalize("NFKC", text).casefold())


def _hash_shingles(folded: Sequence[str]) -> _Shingles:
    """Hash every window of each text; a text shorter than a shingle is one shingle."""
    padded = [text.ljust(SHINGLE_CHARACTERS, "\0") for text in folded]
    lengths = np.array([len(text) for text in padded], dtype=np.int64)
    codes = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    num_windows = len(codes) - SHINGLE_CHARACTERS + 1
    hashes = np.zeros(num_windows, dtype=np.uint32)
    multipliers = np.random.default_rng(_SEED).integers(
        1 << 31, 1 << 32, size=SHINGLE_CHARACTERS, dtype=np.uint32
    )
    for offset, multiplier in enumerate(multipliers | np.uint32(1)):
        hashes *= np.uint32(31)
        hashes += (codes[offset : offset + num_windows] + np.uint32(offset)) * multiplier
        hashes ^= hashes >> np.uint32(15)
    hashes *= np.uint32(0x85EBCA6B)
    hashes ^= hashes >> np.uint32(13)
    ends = np.cumsum(lengths)
    crosses = np.zeros(num_windows + SHINGLE_CHARACTERS, dtype=bool)
    for offset in range(1, SHINGLE_CHARACTERS):
        crosses[ends - offset] = True
    starts = np.concatenate(([0], np.cumsum(lengths - SHINGLE_CHARACTERS + 1)))
    return _Shingles(hashes[~crosses[:num_windows]], starts.astype(np.int64))


def _sign(shingles: _Shingles) -> Hashes:
    """Return the MinHash signatures, shape (N, bands x rows); chunked to stay in the cache."""
    random = np.random.default_rng(_SEED + 1)
    num_permutations = NUM_BANDS * ROWS_PER_BAND
    multipliers = random.integers(0, 1 << 32, size=num_permutations, dtype=np.uint32) | np.uint32(1)
    offsets = random.integers(0, 1 << 32, size=num_permutations, dtype=np.uint32)
    num_texts = len(shingles.starts) - 1
    signatures = np.empty((num_texts, num_permutations), dtype=np.uint32)

    def sign(begin: int, end: int) -> None:
        low, high = shingles.starts[begin], shingles.starts[end]
        chunk = shingles.hashes[low:high]
        local_starts = shingles.starts[begin:end] - low
        for j in range(num_permutations):
            permuted = (chunk ^ offsets[j]) * multipliers[j]
            permuted ^= permuted >> np.uint32(16)
            signatures[begin:end, j] = np.minimum.reduceat(permuted, local_starts)

    begins = [0]
    while begins[-1] < num_texts:
        target = shingles.starts[begins[-1]] + _CHUNK_SHINGLES
        end = int(np.searchsorted(shingles.starts, target, side="right")) - 1
        begins.append(min(num_texts, max(begins[-1] + 1, end)))
    with ThreadPoolExecutor() as threads:  # NumPy lets them work side by side
        list(threads.map(sign, begins[:-1], begins[1:]))
    return signatures


def _join_similar(shingles: _Shingles, signatures: Hashes, threshold: float) -> Ints:
    """Return for each text the smallest position in its connected component."""
    num_texts = len(signatures)
    component = np.arange(num_texts, dtype=np.int64)
    edges: list[Ints] = []
    for band in range(NUM_BANDS):
        block = signatures[:, band * ROWS_PER_BAND : (band + 1) * ROWS_PER_BAND]
        _, bucket = np.unique(_combine(block), return_inverse=True)
        members = np.argsort(bucket, kind="stable")
        for _ in range(NUM_LEADERS):
            members = members[_is_shared(bucket[members])]
            if len(members) == 0:
                break
            is_leader = np.concatenate(([True], np.diff(bucket[members]) != 0))
            leaders = members[is_leader][np.cumsum(is_leader) - 1]
            pairs = np.stack([leaders[~is_leader], members[~is_leader]], axis=1)
            joined = component[pairs[:, 0]] == component[pairs[:, 1]]
            joined[~joined] = _are_similar(shingles, signatures, pairs[~joined], threshold)
            edges.append(pairs[joined])
            members = pairs[~joined][:, 1]
        component = _components(np.concatenate(edges), num_texts) if edges else component
    return component


def _combine(block: Hashes) -> NDArray[np.uint64]:
    combined = np.zeros(len(block), dtype=np.uint64)
    for column in block.T:
        combined = (combined ^ column.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
    return combined


def _is_shared(sorted_buckets: Ints) -> NDArray[np.bool_]:
    counts = np.bincount(sorted_buckets)
    return counts[sorted_buckets] > 1


def _are_similar(
    shingles: _Shingles, signatures: Hashes, pairs: Ints, threshold: float
) -> NDArray[np.bool_]:
    # The share of equal signature entries has a standard error of at most 0.0625 (64 entries);
    # 0.2 is more than three of them, so that the cheap estimate alone refuses no true pair.
    estimate = (signatures[pairs[:, 0]] == signatures[pairs[:, 1]]).mean(axis=1)
    similar: NDArray[np.bool_] = estimate >= threshold - 0.2
    for i in np.flatnonzero(similar):
        first, second = pairs[i]
        similar[i] = _jaccard(shingles.of(first), shingles.of(second)) >= threshold
    return similar


def _jaccard(first: Hashes, second: Hashes) -> float:
    shared = len(np.intersect1d(first, second, assume_unique=True))
    return shared / (len(first) + len(second) - shared)


def _components(edges: Ints, num_texts: int) -> Ints:
    from scipy.sparse import coo_array  # an eighth of the start of every verb
    from scipy.sparse.csgraph import connected_components

    graph = coo_array(
        (np.ones(len(edges), dtype=np.int8), (edges[:, 0], edges[:, 1])),
        shape=(num_texts, num_texts),
    )
    _, label = connected_components(graph, directed=False)
    _, first = np.unique(label, return_index=True)
    return first[label].astype(np.int64)
