"""The study's server -> its address with the key, and the name of the base among what it serves.

Asks for no completion and loads no adapter.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from kiyas.config.prediction import ServerSettings
from kiyas.errors import ModelError, PredictionError
from kiyas.prediction.completion_server import Address, CompletionServer, RefusalError

Served = dict[str, dict[str, Any]]
"""What a server says of each model that it serves, by name."""


def find_address(server: ServerSettings) -> Address:
    """Return where a study's server is, with the key that its variable holds.

    Raises:
        PredictionError: The variable that should hold the key is empty, or holds no key.
    """
    key = None
    if server.api_key_env is not None:
        key = os.environ.get(server.api_key_env, "").strip()
        if not key:
            raise PredictionError(
                "the variable that should hold the server's key is empty",
                where="predict.server.api_key_env",
                received=server.api_key_env,
                expected="the name of a variable that holds the key",
                next_step=f"export {server.api_key_env}=...",
            )
        if not (key.isascii() and key.isprintable()):
            raise PredictionError(
                "the variable that should hold the server's key holds what is no key",
                where="predict.server.api_key_env",
                received=server.api_key_env,
                expected="printable characters of ASCII on one line",
            )
    return Address(server.url, key, server.timeout_s)


def list_served(server: CompletionServer) -> Served:
    """Ask a server what it serves.

    Raises:
        PredictionError: It is away, refuses, or answers otherwise than OpenAI's interface.
    """
    try:
        listed = server.get("models")
        return {str(model["id"]): model for model in listed["data"]}
    except RefusalError as error:
        raise server.refused(error) from error
    except (KeyError, TypeError) as error:
        raise server.unreadable("a list of models") from error


def base_name(served: Mapping[str, Mapping[str, Any]], wanted: str | None, host: str) -> str:
    """Return the name of the base at a server.

    Args:
        served: What the server serves.
        wanted: The name that the study gives; None if it leaves it to there being one base.
        host: Where the server is, for messages.

    Raises:
        ModelError: The server does not serve it, or it is one of several.
    """
    bases = [name for name, model in served.items() if model.get("parent") is None]
    if wanted is not None and wanted in served:
        return wanted
    if wanted is None and len(bases) == 1:
        return bases[0]
    raise ModelError(
        "the server does not serve the base" if wanted else "the server serves several models",
        where=f"predict.server.model, {host}",
        received=", ".join(sorted(served)) or "no model at all",
        expected=wanted or "the name of the base among them",
        next_step="give `predict.server.model` the name that the server uses",
    )
