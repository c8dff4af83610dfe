import pytest
from synthetic_report import ORIGIN, make_checkpoints, make_findings, make_histories, make_pages

from kiyas.errors import KiyasError
from kiyas.report import Origin, write_report


@pytest.fixture(scope="module")
def report(tmp_path_factory, findings, pages, histories):
    return write_report(findings, pages, histories, ORIGIN, tmp_path_factory.mktemp("report"))


def test_the_report_of_a_full_study_stays_below_three_megabytes(tmp_path):
    points = make_checkpoints()  # 11 checkpoints
    pages = make_pages(points, 164, length=200)  # about 4 000 characters a completion
    findings = make_findings(points, pages)
    files = write_report(findings, pages, make_histories(points), ORIGIN, tmp_path)
    assert files.index.stat().st_size <= 3_000_000


def test_the_same_study_gives_the_same_bytes(report, findings, pages, histories, tmp_path):
    again = write_report(findings, pages, histories, ORIGIN, tmp_path)
    for before, after in zip(report.figures, again.figures, strict=True):
        assert before.read_bytes() == after.read_bytes()
    assert report.index.read_bytes() == again.index.read_bytes()


def test_every_file_that_is_named_was_written(report):
    pictures = [path.with_suffix(".png") for path in report.figures]
    named = [report.index, report.markdown, *report.tables, *report.figures, *report.technical]
    assert len(named) == 2 + 6 + 3 + 2
    named += pictures
    assert all(path.stat().st_size for path in named)


def test_an_unknown_language_is_refused_before_anything_is_written(findings, pages, tmp_path):
    with pytest.raises(KiyasError):
        write_report(findings, pages, {}, ORIGIN, tmp_path, language="xx")
    assert list(tmp_path.iterdir()) == []


def test_a_study_with_no_problems_still_has_a_report(tmp_path):
    points = make_checkpoints(steps=(10,))
    files = write_report(make_findings(points, []), [], {}, Origin({}), tmp_path)
    assert "–" in files.index.read_text(encoding="utf-8")
