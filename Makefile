# Everything here needs Python 3.11 or newer with pip, and make; the rest is fetched into .tools and .venv
# (but for a redis-server on macOS, ARM and Python 3.13 and newer: the setup says so where it is missing).
# What this does, target by target: make

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
  command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)
JOBS ?= 2
PYTEST := $(BIN)/python -m pytest -n $(JOBS)
PORT ?=
MEMBERS ?= 100000

.PHONY: help setup demo test check lint format bench screenshots chaos doctor clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## only fetch what is needed, into .venv

demo: $(READY) ## the whole system with seeded groups and a browser phone (PORT=9000 moves it)
	@exec $(BIN)/pamoja demo $(if $(PORT),--port $(PORT))

test: $(READY) ## the whole test suite, browser tests too
	@.ci/browser
	@$(PYTEST)

check: lint test ## what CI runs: format, lint, types, import contracts, tests

lint: $(READY) ## format, lint, types, import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy core channels workers admin_web
	@$(BIN)/lint-imports --no-logo

format: $(READY) ## put the code in the house's format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(READY) ## the benchmarks, each with its peer or its floor in the same run
	@MEMBERS=$(MEMBERS) $(BIN)/python -m bench

screenshots: $(READY) ## the pictures of the README, from a running demo
	@.ci/browser
	@$(BIN)/python docs/screenshots.py

chaos: $(READY) ## kill processes at random for a minute under load, and see that nothing is lost
	@$(BIN)/python -m bench.chaos

doctor: $(READY) ## what works here, and what does not
	@$(BIN)/pamoja doctor

clean: ## remove what was fetched and cached; the data in .pamoja stays
	rm -rf $(VENV) .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './.pamoja/*' -prune -exec rm -rf {} +

$(READY): requirements.lock
	@$(if $(PYTHON),,echo "Python 3.11 or newer is needed, and none was found: install it, or name it (make PYTHON=/path/to/python3.11)." >&2; exit 1)
	@echo "Setting up in $(VENV) (once; $$($(PYTHON) --version)) ..."
	@.ci/setup $(PYTHON) $(VENV)
	@touch $@
