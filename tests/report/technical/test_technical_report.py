import io
import struct
from dataclasses import replace

import docx
import pytest
from page_outline import HOSTILE
from synthetic_report import ORIGIN, SETUP

from kiyas.records import Finding
from kiyas.report import Origin, write_report

ORDER = [  # the order of reference study 2's written report, and how the numbers were made
    "Summary",
    "Architecture",
    "Data and method",
    "Results",
    "Interpretation",
    "Recommendations",
    "How the numbers were made",
]


@pytest.fixture(scope="module")
def files(tmp_path_factory, findings, pages, histories):
    return write_report(findings, pages, histories, ORIGIN, tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def document(files):
    return docx.Document(io.BytesIO(files.technical[1].read_bytes()))


def heads(document, level):
    return [p.text for p in document.paragraphs if p.style.name == f"Heading {level}"]


def test_word_and_markdown_have_the_chapters_of_the_reference_in_its_order(files, document):
    numbered = [f"{number}. {title}" for number, title in enumerate(ORDER, 1)]
    text = files.technical[0].read_text(encoding="utf-8")
    assert heads(document, 1) == numbered
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == numbered


def test_it_opens_with_the_question_of_the_study(files, document):
    assert SETUP.question in files.technical[0].read_text(encoding="utf-8")
    assert any(SETUP.question in paragraph.text for paragraph in document.paragraphs)


def test_the_architecture_gives_the_adapter_as_a_share_of_the_base(document):
    rows = [[cell.text for cell in row.cells] for table in document.tables for row in table.rows]
    deep = next(row for row in rows if row[0] == "deep" and "embedded:deep" in row)
    assert deep[-1] == "3.6 %"  # 4,884,480 / 134,515,008
    untrained = next(row for row in rows if row[0] == "untrained")
    assert untrained[-2:] == ["–", "–"]


def test_every_chart_is_a_picture_with_words_for_who_cannot_see_it(files, document):
    pictures = document.inline_shapes
    described = [shape._inline.docPr.get("descr") for shape in pictures]
    assert len(described) == len(files.figures)
    assert all(described)


def test_a_picture_is_twice_as_wide_as_its_drawing_and_not_blank(files):
    for figure in files.figures:
        png = figure.with_suffix(".png").read_bytes()
        width, _ = struct.unpack(">II", png[16:24])  # the header chunk of a PNG
        view = figure.read_text(encoding="utf-8").split('viewBox="0 0 ')[1].split(" ")[0]
        assert width == round(2 * float(view))
        assert len(png) > 5_000


def test_recommendations_follow_the_verdicts(files, findings, pages, tmp_path):
    worse = [replace(c, verdict="no difference detected") for c in findings.comparisons]
    unsure = replace(findings, comparisons=tuple(worse))
    text = write_report(unsure, pages, {}, ORIGIN, tmp_path).technical[0].read_text("utf-8")
    assert "Keep the untrained base until a checkpoint is shown to be better." in text
    better = [replace(c, verdict="better") for c in findings.comparisons]
    sure = replace(findings, comparisons=tuple(better))
    text = write_report(sure, pages, {}, ORIGIN, tmp_path).technical[0].read_text("utf-8")
    assert "Keep the untrained base" not in text


def test_hostile_text_is_only_text_in_a_document(findings, pages, tmp_path):
    said = tuple(Finding("x", "alarm", f"{text}\x00\x1b[31m\ud83d", {}) for text in HOSTILE)
    loud = replace(findings, study=HOSTILE[1], findings=said)
    origin = Origin({}, replace(SETUP, question=f"{HOSTILE[0]}\x00"))
    files = write_report(loud, pages, {}, origin, tmp_path)
    document = docx.Document(io.BytesIO(files.technical[1].read_bytes()))
    assert any("�" in paragraph.text for paragraph in document.paragraphs)
    assert any(HOSTILE[0] in paragraph.text for paragraph in document.paragraphs)


def test_a_long_table_is_cut_on_paper_and_says_so(tmp_path):
    from synthetic_report import make_checkpoints, make_findings, make_pages

    points = make_checkpoints(steps=tuple(range(10, 400, 10)))
    pages = make_pages(points, 4)
    files = write_report(make_findings(points, pages), pages, {}, ORIGIN, tmp_path)
    document = docx.Document(io.BytesIO(files.technical[1].read_bytes()))
    assert max(len(table.rows) for table in document.tables) == 1 + 30
    assert any("The first 30 of" in paragraph.text for paragraph in document.paragraphs)


def test_without_a_setup_there_is_no_technical_report(findings, pages, tmp_path):
    assert write_report(findings, pages, {}, Origin({}), tmp_path).technical == ()
