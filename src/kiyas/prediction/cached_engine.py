"""An engine -> the same engine, which does not decode again what this machine has decoded before.

What is kept under one key, and given again only for an equal one:

- where the engine keeps each row apart from its neighbours, one row: base, adapter, prompt, seed,
  settings, and where its text is complete if it ends there;
- otherwise a whole call: the same for all of its rows, in order. A row's tokens then depend on the
  batch that it is decoded in, and a row taken from another batch would be one that this study would
  not have decoded.

So benchmarks that share problems share completions, and a study gets exactly what it would have
decoded itself. The key holds also what decodes: engine, precision, batch size, versions and
processor. Rows that ended in an error are not kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kiyas.prediction.adapter_files import read_adapter
from kiyas.prediction.cache_store import CompletionStore
from kiyas.prediction.engines import Capacity, DecodedRow, DecodingSettings, Engine, Row
from kiyas.prediction.shared_rows import SharedRows


@dataclass(frozen=True)
class CacheIdentity:
    """Everything but prompts, adapters and settings that an answer depends on."""

    base_name: str
    """Name of the base, for messages."""
    decoder: Mapping[str, Any]
    """Fingerprint of the base; engine, its versions, precision, batch size, processor, threads."""


class CachedEngine:
    """Decodes with another engine what is not in the store.

    Args:
        engine: Decodes; closed with this one.
        store: What was decoded before.
        identity: What the answers depend on besides the rows.
    """

    def __init__(self, engine: Engine, store: CompletionStore, identity: CacheIdentity) -> None:
        self._engine, self._store, self._identity = engine, store, identity

    @property
    def name(self) -> str:
        """Return the name of the engine that decodes."""
        return self._engine.name

    @property
    def capacity(self) -> Capacity:
        """Return how work is best handed to the engine that decodes."""
        return self._engine.capacity

    @property
    def context_tokens(self) -> int | None:
        """Return the limit of the engine that decodes."""
        return self._engine.context_tokens

    def decode(self, rows: Sequence[Row], settings: DecodingSettings) -> Iterator[DecodedRow]:
        """Give what is in the store first, then what is decoded; see ``Engine.decode``."""
        if self.capacity.is_row_exact:
            yield from self._decode_rows(rows, settings)
        else:
            yield from self._decode_call(rows, settings)

    @property
    def uncached(self) -> Engine:
        """Return the engine that decodes; what comes from a store cannot be compared with it."""
        return self._engine

    def close(self) -> None:
        """Close the engine that decodes, and keep the store within its limit."""
        self._engine.close()
        self._store.prune()

    def _decode_rows(self, rows: Sequence[Row], settings: DecodingSettings) -> Iterator[DecodedRow]:
        shared = rows if isinstance(rows, SharedRows) else None
        missing: dict[int, Row] = {}
        for row in rows:
            found = self._store.read(self._key([row], settings), 1)
            if found is None:
                missing[row.index] = row
            elif shared is None or shared.take(row):
                yield replace(found[0], index=row.index, is_reused=True)
        if missing:
            lacking = list(missing.values())
            left = lacking if shared is None else shared.among(lacking)
            for decoded in self._engine.decode(left, settings):
                if decoded.finish_reason != "error":
                    self._store.write(self._key([missing[decoded.index]], settings), [decoded])
                yield decoded

    def _decode_call(self, rows: Sequence[Row], settings: DecodingSettings) -> Iterator[DecodedRow]:
        key = self._key(rows, settings)
        found = self._store.read(key, len(rows))
        if found is not None:
            for row, decoded in zip(rows, found, strict=True):
                yield replace(decoded, index=row.index, is_reused=True)
            return
        decoded_rows: dict[int, DecodedRow] = {}
        for decoded in self._engine.decode(rows, settings):
            decoded_rows[decoded.index] = decoded
            yield decoded
        is_whole = len(decoded_rows) == len(rows)  # an engine that is closed ends early
        if is_whole and all(row.finish_reason != "error" for row in decoded_rows.values()):
            self._store.write(key, [decoded_rows[row.index] for row in rows])

    def _key(self, rows: Sequence[Row], settings: DecodingSettings) -> Any:
        """Return what the answers of a call depend on, in plain values; numbers of rows do not."""
        greedy = settings.temperature == 0
        return {
            "decoder": dict(self._identity.decoder),
            "settings": {
                "max_new_tokens": settings.max_new_tokens,
                "end_token_ids": sorted(settings.end_token_ids),
                "stop_strings": list(settings.stop_strings),
                "temperature": settings.temperature,
                "top_p": settings.top_p,
            },
            "rows": [
                [
                    list(row.prompt_ids),
                    self._hash(row.adapter),
                    None if greedy else row.seed,
                    *(() if row.end is None else row.end.key),
                ]
                for row in rows
            ],
        }

    def _hash(self, adapter: Path | None) -> str | None:
        return None if adapter is None else read_adapter(adapter, self._identity.base_name).sha256
