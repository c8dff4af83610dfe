# Four targets for developer, hook and CI alike, and the demo for everybody.
# PYTHON chooses the interpreter for a new environment; VENV where it lives.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help setup check format test docs demo study-small clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

setup: $(READY)  ## make the environment

$(READY): pyproject.toml requirements.lock scripts/setup.sh
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh scripts/setup.sh
	@touch $(READY)

check: $(READY)  ## format, lint, types, floors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)  ## put the code into form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: $(READY)  ## every test
	$(BIN)/pytest -n logical --maxprocesses 8 --dist loadfile

docs: $(READY)  ## the site, warnings as errors
	$(BIN)/mkdocs build --strict --quiet
	@echo "docs: site/index.html"

demo: $(READY)  ## fine-tune two arms, test every checkpoint, write the report
	$(BIN)/kiyas run studies/demo.yaml

study-small: $(READY)  ## the whole small study, under an hour
	$(BIN)/kiyas run studies/codegen-cot-small.yaml

clean:  ## remove what the targets made, runs not included
	rm -rf $(VENV) build dist site .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
