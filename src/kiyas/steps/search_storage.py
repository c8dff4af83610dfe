"""``search.storage`` -> the storage in which Optuna keeps a search, or what is wrong with it."""

from __future__ import annotations

import os
import re
from typing import Any

from kiyas.config import ClassificationStudy, Study
from kiyas.errors import ExecutionError, KiyasError, MissingExtraError

_JOURNAL = "journal:///"


def check_search(study: Study) -> None:
    """Refuse a search that could not begin, before anything is trained.

    Raises:
        MissingExtraError: Optuna is asked for and not installed.
        ExecutionError: The storage cannot be opened.
    """
    search = study.search if isinstance(study, ClassificationStudy) else None
    if search is not None and search.method == "optuna":
        load_optuna()
        open_storage(search.storage)


def load_optuna() -> Any:
    """Return Optuna, made quiet.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise MissingExtraError("a search by Optuna", "search") from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def open_storage(address: str | None) -> Any:
    """Open a storage of Optuna, made if it is new; None, which is memory, for no address.

    Raises:
        ExecutionError: There is none at this address, or it cannot be reached from here.
    """
    if address is None:
        return None
    filled = os.path.expandvars(address)
    unset = re.search(r"\$\{?\w+\}?", filled)
    if unset:
        raise _fault(address, f"{unset[0]} is not set", "set the environment variable")
    try:
        return _open(filled)
    except ImportError as error:
        package = f"what reads it is not installed ({getattr(error, 'name', None) or error})"
        raise _fault(
            address, package, "pip install the database's driver, on every node"
        ) from error
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        raise _fault(address, reason, "correct the address, or start the database") from error


def _open(address: str) -> Any:
    from optuna.storages import JournalStorage, RDBStorage
    from optuna.storages.journal import JournalFileBackend, JournalRedisBackend

    if address.startswith(_JOURNAL):
        return JournalStorage(JournalFileBackend(address.removeprefix(_JOURNAL)))
    if address.startswith("redis"):
        return JournalStorage(JournalRedisBackend(address))
    return RDBStorage(address)


def _fault(address: str, reason: str, next_step: str) -> KiyasError:
    shown = re.sub(r"(://[^:/@]*:)[^@]*@", r"\1***@", address)
    return ExecutionError(
        "the search's storage cannot be opened",
        where="search.storage",
        received=f"{shown}: {reason}",
        expected="an address that Optuna opens, such as journal:///shared/search.log",
        next_step=f"{next_step}, or leave search.storage out",
    )
