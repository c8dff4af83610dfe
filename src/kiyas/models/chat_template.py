"""A base's files -> whether it can be asked as a chat; loads no tokenizer."""

from __future__ import annotations

import json

from kiyas.models.source import BaseSource


def has_chat_template(source: BaseSource) -> bool:
    """Return whether the tokenizer of a base has a chat template, in any of the forms in use."""
    if any(source.path.glob("chat_template*")):
        return True
    config = source.path / "tokenizer_config.json"
    if not config.is_file():
        return False
    return bool(json.loads(config.read_text(encoding="utf-8")).get("chat_template"))
