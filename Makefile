# Every target does all of its own set-up. It needs make, git, Python >= 3.11 and, the first time, the network.
#
#   make example   run the main job: a real machine-learning flow on the embedded defaults
#   make test      the whole test suite, its last stage against the installed wheel
#   make lint      format check, linter, import contracts, types
#   make format    rewrite the files into the house's format
#   make bench     compare with Metaflow; writes benchmarks/RESULTS.md
#   make docs      build the documentation into site/
#
# PYTHON=python3.12 picks another interpreter; `make clean` first when .venv was made with a different one.

PYTHON ?= python3
WORKERS ?= 2
BIN := .venv/bin
READY := .venv/.ready

# Compiled files make every later start several times faster, so a shell that forbids them is overruled here.
unexport PYTHONDONTWRITEBYTECODE
export UV_COMPILE_BYTECODE := 1

.DEFAULT_GOAL := help
.PHONY: help setup example test test-source test-wheel test-python lint format bench docs pins clean

help:
	@sed -n 's/^#   //p' Makefile

setup: $(READY)

$(READY): requirements/dev.txt pyproject.toml scripts/make-venv
	scripts/make-venv $(PYTHON) .venv requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

# One BLAS thread a task: tasks run side by side already, and more threads than cores are several times slower.
example: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python examples/digits/train.py run
	@cat examples/digits/after-the-run.txt

test: test-source test-wheel

test-source: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal tests $(PYTEST_ARGS)

test-wheel: $(READY)
	OMP_NUM_THREADS=1 scripts/test-wheel $(BIN)/python

# The installed wheel under another interpreter: `make test-python PY=3.13`.
test-python:
	OMP_NUM_THREADS=1 scripts/test-python $(PY)

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix-only --exit-zero .
	$(BIN)/ruff format .

bench: $(READY)
	$(BIN)/python benchmarks/run.py $(BENCH_ARGS)

docs: .venv/.docs-ready
	$(BIN)/zensical build --clean

.venv/.docs-ready: $(READY) requirements/docs.txt
	$(BIN)/python -m pip install --quiet --requirement requirements/docs.txt
	@touch $@

# Write the pinned versions anew: the newest that pyproject.toml allows, for every supported Python, without addresses.
pins: $(READY)
	scripts/write-pins $(BIN)/python

clean:
	rm -rf .venv .bench build dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
