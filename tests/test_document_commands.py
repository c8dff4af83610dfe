"""Command lines in the documents are lines that the program takes."""

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from kiyas.cli.app import app
from kiyas.cli.language import take_language

ROOT = Path(__file__).parents[1]
GENERATED = ("command-line.md", "study-file.md")
GROUP = typer.main.get_command(app)


def command_lines():
    for path in sorted((ROOT / "docs").glob("*.md")):
        if path.name in GENERATED:
            continue
        for block in re.findall(r"```sh\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL):
            for line in block.replace("\\\n", " ").splitlines():
                if line.startswith("kiyas "):
                    yield path.name, line.partition(" #")[0].strip()


LINES = list(command_lines())


def test_lines_are_found():
    assert len(LINES) > 25
    assert ("tutorial.md", "kiyas doctor") in LINES


@pytest.mark.parametrize(("page", "line"), LINES)
def test_a_line_of_the_documents_is_taken_by_its_verb(page, line):
    _, words = take_language(shlex.split(line)[1:])
    command, path = GROUP, ["kiyas"]
    while getattr(command, "commands", None):
        path.append(words.pop(0))
        command = command.commands[path[-1]]
    command.make_context(" ".join(path), words)


STUDIES = sorted({name for _, line in LINES for name in re.findall(r"studies/[\w.-]+\.yaml", line)})


@pytest.mark.parametrize("study", STUDIES)
def test_a_study_that_a_document_names_is_there(study):
    assert (ROOT / study).is_file()
