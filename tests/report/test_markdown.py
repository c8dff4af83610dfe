from dataclasses import replace

from synthetic_report import ORIGIN

from kiyas.records import Finding
from kiyas.report import write_report


def markdown(findings, pages, histories, folder):
    files = write_report(findings, pages, histories, ORIGIN, folder)
    return files.markdown.read_text(encoding="utf-8")


def test_the_first_and_the_last_line_name_the_isolation_level(findings, pages, histories, tmp_path):
    lines = markdown(findings, pages, histories, tmp_path).splitlines()
    assert "isolation level: strong" in lines[0]
    assert lines[-1] == lines[0]


def test_every_row_of_a_table_has_as_many_cells_as_its_head(findings, pages, histories, tmp_path):
    lines = markdown(findings, pages, histories, tmp_path).splitlines()
    blocks, block = [], []
    for line in [*lines, ""]:
        if line.startswith("|"):
            block.append(line.count(" | "))
        elif block:
            blocks.append(block)
            block = []
    assert len(blocks) == 6  # leaderboard, two of comparisons, checkpoints, outcomes, rules
    assert all(len(set(block)) == 1 for block in blocks)


def test_a_statement_cannot_become_markup_or_break_a_line(findings, pages, histories, tmp_path):
    text = "<img src=x>\n# head | [a](b) `c`"
    loud = replace(findings, findings=(Finding("x", "note", text),))
    told = markdown(loud, pages, histories, tmp_path)
    assert r"\<img src=x> # head \| [a\](b) \`c\`" in told


def test_figures_that_are_shown_exist(findings, pages, histories, tmp_path):
    told = markdown(findings, pages, histories, tmp_path)
    named = [line.rsplit("(", 1)[1].rstrip(")") for line in told.splitlines() if line[:2] == "!["]
    assert len(named) == 3
    assert all((tmp_path / name).exists() for name in named)
