"""Everything the report says -> one HTML file that needs no network.

The page allows itself nothing but its own inline style and script (named by hash in a strict
Content-Security-Policy), and every value is escaped by the template engine. Texts of models and
data are not in the page's source at all: they are in the block of ``entry_block``.
"""

from __future__ import annotations

import base64
import hashlib
from functools import partial
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from kiyas.report.parts import Chart, Content, Gap, Table
from kiyas.report.vocabulary import translate_severity

_STYLES = ("palette", "page", "tables", "charts", "drawer", "print")
_SCRIPTS_BEFORE = ("theme", "paper", "data", "text", "state")
_SCRIPTS_AFTER = ("answers", "list", "keys", "main")


def render_page(content: Content) -> str:
    """Return the whole HTML file."""
    language = content.language
    environment = Environment(
        loader=PackageLoader("kiyas.report"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "ensure_ascii": True}
    environment.globals.update(_=language.catalogue.gettext, ngettext=language.catalogue.ngettext)
    environment.filters["severity"] = partial(translate_severity, catalogue=language.catalogue)
    environment.tests["table"] = lambda block: isinstance(block, Table)
    environment.tests["chart"] = lambda block: isinstance(block, Chart)
    environment.tests["gap"] = lambda block: isinstance(block, Gap)
    style = "\n".join(_read(f"styles/{name}.css") for name in _STYLES)
    names = (*_SCRIPTS_BEFORE, content.drawer.script, *_SCRIPTS_AFTER)
    script = _wrap([_read(f"scripts/{name}.js") for name in names])
    return environment.get_template("index.html.j2").render(
        content=content,
        language=language,
        numbers=language.numbers,
        drawer=content.drawer,
        settings=_settings(content),
        style=style,
        script=script,
        policy=_policy(style, script),
    )


def read_chart_style() -> str:
    """Return the style that colours the charts."""
    return _read("styles/charts.css")


def _settings(content: Content) -> dict[str, object]:
    drawer = content.drawer
    return {
        "messages": dict(drawer.messages),
        "first": drawer.first,
        "second": drawer.second,
        "dash": content.language.numbers.decimal(None),
        "decimalMark": content.language.numbers.decimal_mark,
    }


def _read(name: str) -> str:
    return (files("kiyas.report") / "templates" / name).read_text(encoding="utf-8")


def _wrap(scripts: list[str]) -> str:
    return "(() => {\n'use strict';\n" + "\n".join(scripts) + "\n})();\n"


def _policy(style: str, script: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src {_digest(style)}",
            f"script-src {_digest(script)}",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
        )
    )


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
