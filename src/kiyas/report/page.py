"""Everything the report says -> one HTML file that needs no network.

The page allows itself nothing but its own inline style and script (named by hash in a strict
Content-Security-Policy), and every value is escaped by the template engine. Texts of models are
not in the page's source at all: they are in the block of ``problem_data``.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import partial
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from kiyas.records import CodeFindings
from kiyas.report.charts import Chart
from kiyas.report.languages import Catalogue, Language
from kiyas.report.problem_data import ProblemBlock
from kiyas.report.provenance import Provenance
from kiyas.report.summary import SummaryPart
from kiyas.report.tables import Table
from kiyas.report.vocabulary import describe_isolation, explain_methods, translate_severity

_STYLES = ("palette", "page", "tables", "charts", "problems", "print")
_SCRIPTS = ("theme", "data", "text", "state", "answers", "list", "main")


@dataclass(frozen=True)
class Content:
    """What both forms of the report show."""

    findings: CodeFindings
    """The numbers."""
    language: Language
    """How to say it."""
    summary: tuple[SummaryPart, ...]
    """The one-minute summary."""
    tables: dict[str, Table]
    """Tables by name."""
    charts: tuple[Chart, ...]
    """Charts in the order of the page."""
    provenance: Provenance
    """Where it comes from."""


def render_page(content: Content, block: ProblemBlock) -> str:
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
    style = "\n".join(_read(f"styles/{name}.css") for name in _STYLES)
    script = _wrap([_read(f"scripts/{name}.js") for name in _SCRIPTS])
    return environment.get_template("index.html.j2").render(
        content=content,
        findings=content.findings,
        tables=content.tables,
        charts={chart.name: chart for chart in content.charts},
        language=language,
        numbers=language.numbers,
        isolation=describe_isolation(content.findings.isolation, language.catalogue),
        methods=explain_methods(content.findings.confidence, language.catalogue),
        block=block,
        settings=_settings(content),
        style=style,
        script=script,
        policy=_policy(style, script),
    )


def read_chart_style() -> str:
    """Return the style that colours the charts."""
    return _read("styles/charts.css")


def browser_messages(catalogue: Catalogue) -> dict[str, str]:
    """Return the strings that the page's script shows."""
    _ = catalogue.gettext
    return {
        "shown": _("{shown} of {all} problems"),
        "none": _("No problem matches."),
        "prompt": _("Prompt as sent"),
        "test": _("Test"),
        "entry": _("entry point"),
        "answer": _("Answer"),
        "code": _("Extracted code"),
        "noCode": _("No code was found in the answer."),
        "empty": _("empty"),
        "detail": _("Detail"),
        "rule": _("extraction"),
        "tokens": _("tokens"),
        "ended": _("ended by"),
        "seconds": _("seconds in the cage"),
        "sample": _("sample"),
        "leftOut": _("{count} characters left out here; the whole text is in the run folder"),
        "missing": _("not answered"),
        "showAnswers": _("Answers shown"),
        "broken": _("This browser cannot unpack the problems; use one from 2023 or later."),
    }


def _settings(content: Content) -> dict[str, object]:
    findings = content.findings
    labels = [score.checkpoint.label for score in findings.checkpoints]
    bases = [score.checkpoint.label for score in findings.checkpoints if score.checkpoint.is_base]
    return {
        "messages": browser_messages(content.language.catalogue),
        "first": bases[0] if bases else (labels[0] if labels else ""),
        "second": findings.best or (labels[-1] if labels else ""),
        "dash": content.language.numbers.decimal(None),
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
