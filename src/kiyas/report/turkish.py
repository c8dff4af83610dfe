"""The report's strings in Turkish, by their English text."""

from __future__ import annotations

TURKISH: dict[str, str] = {}
