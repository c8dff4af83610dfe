"""docs/examples/reference-*.csv -> docs/audit-of-the-references.md.

Run it after changing what the audit says; a test compares what it would write.
"""

from __future__ import annotations

from pathlib import Path

from kiyas.cli.audit_text import audit_text
from kiyas.steps.file_audit import audit_files

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "audit-of-the-references.md"
EXAMPLES = ("reference-1.csv", "reference-2.csv")

_HEAD = """# What two published tables support

Two studies reported their results as bare tables. `kiyas audit` needs no model, no completions and
no GPU to say what such a table can carry: which figures are a k of n, how wide their intervals are,
which differences are beyond noise whatever the problems were that two rows disagree on, and what no
table can tell. This page is generated from the program's own output.

The columns of such a file are listed by `kiyas audit --help`; only `name` and `score` are needed.
"""


def page() -> str:
    """Return docs/audit-of-the-references.md."""
    parts = [_HEAD]
    for name in EXAMPLES:
        text = audit_text(audit_files([ROOT / "docs" / "examples" / name]))
        command = f"$ kiyas audit docs/examples/{name}"
        parts.append(f"## {name}\n\n```text\n{command}\n{text}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
