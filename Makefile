# Every target does its own set-up: a machine with Python >= 3.11 and make is enough.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help setup demo test soak mutate bench bench-quick check fmt lint lock

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make .venv from the pinned requirements
	@scripts/setup.sh $(PYTHON)

demo: setup ## Run the main job on this machine's loopback: services, agents, a crash, a scan
	@$(BIN)/python -m demo

test: setup ## Run all tests
	@scripts/test-tools.sh
	@$(BIN)/python -m pytest

soak: setup ## Run the store beside its model for 20,000 lives (about 20 minutes on 2 cores)
	@$(BIN)/python scripts/soak.py

mutate: setup ## Break each script in one place, in a copy, and see that the tests notice
	@$(BIN)/python scripts/mutate.py

lint: setup ## Format check, ruff, mypy, import-linter
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

check: lint test ## What CI runs

bench: setup ## Measure all that is to be reached, and write docs/performance.md (about half an hour)
	@scripts/test-tools.sh
	@scripts/bench-tools.sh $(PYTHON)
	@$(BIN)/python -m benchmarks

bench-quick: setup ## Measure the ratios in less than three minutes; fail below nine tenths of the reach
	@scripts/bench-tools.sh $(PYTHON)
	@$(BIN)/python -m benchmarks --quick

fmt: setup ## Format the code and mend what ruff can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: setup ## Compile requirements.txt and requirements-dev.txt from their .in files
	@for f in requirements requirements-dev; do $(BIN)/uv pip compile --quiet --universal \
	  --python-version 3.11 --generate-hashes --upgrade $$f.in -o $$f.txt; done
