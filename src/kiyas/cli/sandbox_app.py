"""``kiyas sandbox``: what holds generated code on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from kiyas.cli.options import AsJson
from kiyas.cli.output import emit
from kiyas.errors import ScoringError
from kiyas.languages import gettext as _

if TYPE_CHECKING:
    from kiyas.sandbox import Act, Isolation

sandbox_app = typer.Typer(help="The cage in which generated code runs.", no_args_is_help=True)


@sandbox_app.callback()
def sandbox() -> None:
    """Look at the cage in which generated code runs."""


@sandbox_app.command()
def check(as_json: AsJson = False) -> None:
    """Probe the cage by acting, print its level, what holds, and what would raise it."""
    from kiyas.sandbox import SandboxError, probe_isolation, self_test, what_would_raise

    try:
        isolation = probe_isolation()
        acts = self_test(isolation.name)
    except SandboxError as error:
        raise ScoringError(error.what, where="sandbox", next_step=error.next_step) from error
    raising = what_would_raise(isolation)
    result = {
        "isolation": isolation.to_dict(),
        "self_test": [act.to_dict() for act in acts],
        "would_raise": raising,
    }
    emit(result, _text(isolation, acts, raising), as_json=as_json)
    if not all(act.ok or act.residual for act in acts):
        raise typer.Exit(1)


def _text(isolation: Isolation, acts: list[Act], raising: dict[str, str]) -> str:
    lines = [
        _("level {level} ({name}): {layers}").format(
            level=isolation.level, name=isolation.name, layers=", ".join(isolation.layers)
        ),
        *(f"  {_mark(act)} {act.name}: {act.received}" for act in acts),
    ]
    above = _("above it, {name}: {reason}")
    lines += [f"  {above.format(name=name, reason=why)}" for name, why in raising.items()]
    return "\n".join(lines)


def _mark(act: Act) -> str:
    if act.ok:
        return _("holds")
    return _("known gap") if act.residual else _("FAILS")
