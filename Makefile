# make demo    learn a game, export it, play it: everything is set up first, by itself
# make test    run the tests
# make check   check formatting, lint, types, import contracts
# make bench   print the speed figures, as ratios measured in one run
# make setup   only the virtual environment
# make clean   remove what the above made

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NATIVE := $(wildcard sdk/cpp/* sdk/cpp/*/*) $(wildcard bindings/python/*)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: demo test check bench setup clean
.DELETE_ON_ERROR:

demo: setup
	$(BIN)/python demos/first_agent.py

test: setup
	$(BIN)/python -m pytest

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup
	$(BIN)/python -m tests.bench

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml constraints.txt $(NATIVE)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "myoshu needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Name another: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Setting up $(VENV) (once; a few minutes, most of it downloading)"
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV) || \
	  { echo "No virtual environment could be made; on Debian: apt install python3-venv" >&2; exit 1; }
	$(PIP) install torch==2.13.0
	$(PIP) install cmake nanobind ninja scikit-build-core
	$(PIP) install --no-build-isolation --config-settings=build-dir=build/editable -e '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) $(VENV)-* build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
