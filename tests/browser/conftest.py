import shutil
import sys
from pathlib import Path

import pytest

REPORT_TESTS = Path(__file__).parents[1] / "report"
sys.path[:0] = [
    str(Path(__file__).parent),
    str(REPORT_TESTS),
]  # support modules: tests are no package


@pytest.fixture(scope="session")
def chromium():
    """Return a headless Chromium of this machine, without any network."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no chromium on this machine")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, chromium_sandbox=False)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium):
    """Return a function that opens a file as a reader does, and watches what the page does."""
    from opened_page import OpenedPage

    contexts = []

    def open_file(path, fragment="", **options):
        context = chromium.new_context(offline=True, **options)
        contexts.append(context)
        return OpenedPage.open(context, path.as_uri() + fragment)

    yield open_file
    for context in contexts:
        context.close()


@pytest.fixture(scope="session", params=["code-en", "code-tr", "topics-en", "topics-tr"])
def report(request, tmp_path_factory):
    """Return a whole report of either task in either language."""
    from written_reports import write_whole_report

    task, language = request.param.split("-")
    return write_whole_report(task, language, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="session", params=["en", "tr"])
def code_report(request, tmp_path_factory):
    """Return a whole report of the code task in either language."""
    from written_reports import write_whole_report

    return write_whole_report("code", request.param, tmp_path_factory.mktemp("code"))


@pytest.fixture(scope="session")
def topics_report(tmp_path_factory):
    """Return a whole report of the classification task."""
    from written_reports import write_whole_report

    return write_whole_report("topics", "en", tmp_path_factory.mktemp("topics"))
