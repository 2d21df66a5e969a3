# Homeroom. `make help` lists the targets; both commands of the README start from a bare Python 3.11+.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# A worker each for the two slow things, real parts and the scenario; more only fight over the cores.
WORKERS ?= 2
# Order of the tests on real parts: shuffled once and the same every time, so that a failure can be had again.
SEED ?= 20261123

##@ Use it
.PHONY: run
run: $(VENV)/.run ## Take a release through a whole district on this machine (ARGS="--exit" | "--reset" | "--purge")
	@$(BIN)/homeroom demo $(ARGS)

.PHONY: screenshot
screenshot: $(VENV)/.run ## Take the README's picture of the status page from a running demo (needs chromium)
	@$(BIN)/python tools/screenshot.py

##@ Test it
.PHONY: test
test: check integration heavy e2e ## Everything: what `make check` does, then tests on the real parts and the whole path

.PHONY: check
check: $(VENV)/.dev lint types imports verify-generated fast ## Format, lint, types, import contracts, generated files, fast tests (offline)

.PHONY: fast
fast: $(VENV)/.dev ## Fast tests only
	@$(BIN)/pytest -q -n $(WORKERS) -m "not real and not e2e and not heavy and not browser"

.PHONY: integration
integration: $(VENV)/.dev ## Tests on the real API server, registry and MLflow
	@$(BIN)/python -m homeroom.embedded.toolchain
	@$(BIN)/pytest -q -n $(WORKERS) --dist loadfile -m "real and not e2e and not heavy and not browser" --randomly-seed=$(SEED)

.PHONY: heavy
heavy: $(VENV)/.dev ## Published numbers again from real data: minutes of arithmetic, no outside parts
	@$(BIN)/pytest -q -n $(WORKERS) -m heavy --randomly-seed=$(SEED)

.PHONY: e2e
e2e: $(VENV)/.dev ## The whole path, as `make run` goes it; alone, because it wants the whole machine
	@$(BIN)/python -m homeroom.embedded.toolchain
	@$(BIN)/pytest -q -m e2e --randomly-seed=$(SEED)

.PHONY: browser
browser: $(VENV)/.dev build/browser-venv/.ready ## Look at the pages in a real browser: axe, phone, paper, keyboard (skipped without chromium)
	@$(BIN)/python -m tests.browser.draw build/browser-pages
	@BROWSER_PAGES=build/browser-pages build/browser-venv/bin/pytest -q -c tests/browser/pytest.ini --rootdir tests/browser tests/browser

build/browser-venv/.ready: requirements/browser.txt
	@mkdir -p build
	@$(PYTHON) -m venv build/browser-venv
	@build/browser-venv/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements/browser.txt
	@touch $@

.PHONY: lint
lint: $(VENV)/.dev
	@$(BIN)/ruff format --check -q . || { echo "make format mends this"; exit 1; }
	@$(BIN)/ruff check -q .

.PHONY: types
types: $(VENV)/.dev
	@$(BIN)/mypy

.PHONY: imports
imports: $(VENV)/.dev
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

##@ Measure it
PEERS := $(patsubst bench/peers/%/requirements.txt,build/bench/peers/%/.installed,$(wildcard bench/peers/*/requirements.txt))

.PHONY: bench-gates
bench-gates: $(VENV)/.dev $(PEERS) ## Gates beside Evidently, NannyML, Fairlearn and scipy: about 20 minutes (QUICK=1: a few)
	@$(BIN)/python -m bench.gates $(if $(QUICK),--quick)

build/bench/peers/%/.installed: bench/peers/%/requirements.txt | $(VENV)/.bootstrap
	@echo "Installing $* into its own environment"
	@$(PYTHON) -m venv build/bench/peers/$*
	@$(BIN)/uv pip install -q --python build/bench/peers/$*/bin/python --require-hashes -r $<
	@touch $@

##@ Change it
.PHONY: format
format: $(VENV)/.dev ## Format and mend what ruff can mend
	@$(BIN)/ruff format -q .
	@$(BIN)/ruff check -q --fix .

.PHONY: generate
generate: $(VENV)/.dev ## Write crds/ and the reference pages from the code
	@$(BIN)/python -m homeroom.resources.generate
	@$(BIN)/python -m homeroom.cli.reference
	@$(BIN)/python -m homeroom.gates.policies.reference

.PHONY: verify-generated
verify-generated: $(VENV)/.dev ## Fail if a generated file is not what the code gives
	@$(BIN)/python -m homeroom.resources.generate --check
	@$(BIN)/python -m homeroom.cli.reference --check
	@$(BIN)/python -m homeroom.gates.policies.reference --check

.PHONY: lock
lock: $(VENV)/.bootstrap ## Resolve the requirements again
	@tools/lock.sh $(BIN)/uv

.PHONY: clean
clean: ## Remove the environment and everything built in the checkout
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache

##@ Environment
$(VENV)/.bootstrap: requirements/bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Homeroom needs Python 3.11 or newer and found $$($(PYTHON) --version); name one with make PYTHON=..."; exit 1; }
	@echo "Setting up $(VENV) (once, about a minute)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@touch $@

$(VENV)/.run: $(VENV)/.bootstrap requirements/run.txt pyproject.toml
	@if [ ! -e $(VENV)/.dev ]; then echo "Installing what the demo needs (about 30 s)"; \
	  $(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements/run.txt; fi
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.bootstrap requirements/dev.txt pyproject.toml
	@echo "Installing what the tests need (about 30 s)"
	@$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: help
help: ## Show this
	@awk 'BEGIN {FS = ":.*##"} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*##/ {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
