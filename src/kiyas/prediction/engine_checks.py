"""Decoding settings -> what would keep their engine from starting here, said before it is wanted.

Opens no engine and loads no model and no torch: ``engine: auto`` always finds one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kiyas.config.prediction import PredictSettings
from kiyas.errors import KiyasError
from kiyas.languages import gettext as _
from kiyas.prediction.cache_store import find_limit_bytes
from kiyas.prediction.completion_server import CompletionServer
from kiyas.prediction.engine_choice import choose_engine
from kiyas.prediction.served_models import base_name, find_address, list_served

_LOOK_S = 10.0
"""Seconds that a server may take to say what it serves, while it is not needed yet."""


def find_engine_faults(predict: PredictSettings) -> list[KiyasError]:
    """Return everything that this machine lacks for decoding; no server is asked."""
    faults = []
    for check in (_check_packages, _check_key, _check_cache):
        try:
            check(predict)
        except KiyasError as error:
            faults.append(error)
    return faults


def look_at_server(predict: PredictSettings, say: Callable[[str], None]) -> None:
    """Ask a study's server once what it serves, if it has one.

    One that does not answer is only named: training may need its memory, so that it is started
    later, and adapters that it is started with do not exist yet.

    Args:
        predict: How completions are decoded.
        say: Is told of a server that does not answer.

    Raises:
        PredictionError: The server refuses, or has another interface.
        ModelError: It does not serve the base.
    """
    if predict.server is None:
        return
    address = find_address(predict.server)
    short = replace(address, timeout_s=min(address.timeout_s, _LOOK_S))
    server = CompletionServer(short, waits_s=())
    reason = server.away_reason()
    if reason is None:
        base_name(list_served(server), predict.server.model, server.host)
        return
    text = _("the server at {host} does not answer ({reason}); start it before training ends")
    say(text.format(host=server.host, reason=reason))


def _check_packages(predict: PredictSettings) -> None:
    if predict.engine != "auto":
        choose_engine(predict)


def _check_key(predict: PredictSettings) -> None:
    if predict.server is not None:
        find_address(predict.server)


def _check_cache(predict: PredictSettings) -> None:
    if predict.cache:
        find_limit_bytes()
