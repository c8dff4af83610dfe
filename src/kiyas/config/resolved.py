"""Checked study -> its values with every default filled in, plain or as YAML."""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML

from kiyas.config.tasks import Study


def dump_study(study: Study) -> str:
    """Return the resolved study, defaults included, as YAML that reads back as the same study."""
    text = io.StringIO()
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.dump(resolved_values(study), text)
    return text.getvalue()


def resolved_values(study: Study) -> dict[str, Any]:
    """Return the resolved study as plain values, of an arm's sections only the keys it gives."""
    plain = study.model_dump(mode="json")
    given = study.model_dump(mode="json", exclude_unset=True).get("arms", [])
    for arm, own in zip(plain["arms"], given, strict=False):
        # Every key of an arm's section replaces the study's, so defaults must not stand there.
        arm.update({key: own.get(key) for key in ("lora", "train")})
    return plain
