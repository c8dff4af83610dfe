"""docs/examples/reference-*.csv -> docs/audit-of-the-references.md.

Run it after changing what the audit says; a test compares what it would write.
"""

from __future__ import annotations

from pathlib import Path

from kiyas.cli.audit_text import audit_text
from kiyas.data import reported_tables
from kiyas.steps.file_audit import audit_files

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "audit-of-the-references.md"
EXAMPLES = ("reference-1.csv", "reference-2.csv")

_HEAD = """# What two published tables support

Two studies reported their results as bare tables. `kiyas audit` needs no model, no completions and
no GPU to say what such a table can carry: which figures are a k of n, how wide their intervals are,
which differences are beyond noise whatever the problems were that two rows disagree on, and what no
table can tell. This page is generated from the program's own output.

The columns of such a file:

{columns}
"""


def page() -> str:
    """Return docs/audit-of-the-references.md."""
    parts = [_HEAD.format(columns=_columns())]
    for name in EXAMPLES:
        text = audit_text(audit_files([ROOT / "docs" / "examples" / name]))
        command = f"$ kiyas audit docs/examples/{name}"
        parts.append(f"## {name}\n\n```text\n{command}\n{text}\n```\n")
    return "\n".join(parts)


def _columns() -> str:
    """Return the table of columns in the docstring of the reader as Markdown."""
    text = reported_tables.__doc__
    assert text is not None
    rule, head, _, *rows = text.partition("\n\n")[2].rstrip().splitlines()[:-1]
    width = len(rule.split()[0]) + 1
    cells = [(line[:width].strip(), line[width:].strip()) for line in (head, *rows)]
    lines = [f"| {name} | {meaning.replace('``', '`')} |" for name, meaning in cells]
    return "\n".join([lines[0], "| --- | --- |", *lines[1:]])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
