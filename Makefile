# Everything a developer does, in one word. Each target sets up what it needs; `make help` lists them.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory --no-builtin-rules

JOBS := .venv-jobs/bin

# Recorded responses of the Stats API, until there is a simulator; a relative path starts here.
export MLB_RECORDINGS ?= ../shared/statsapi

.PHONY: help
help: ## list every target
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-8s %s\n", $$1, $$2 }'

.PHONY: setup
setup: ## install the tools, both Python environments and Spark's jars, where they are missing
	@python3 scripts/setup.py

.PHONY: recordings
recordings:  # asked for before the set-up, which may take minutes
	@test -f "$(MLB_RECORDINGS)/manifest.json" || { echo "error: no recordings in $(MLB_RECORDINGS):" \
		"set MLB_RECORDINGS to a folder that has a manifest.json" >&2; exit 1; }

.PHONY: run
run: recordings setup ## load one recorded day with the DAGs, then show its rows and how to look at them
	@$(JOBS)/python scripts/run.py

.PHONY: test
test: setup lint types ## lint, check types, and run every test that needs no cluster
	@scripts/test.sh

.PHONY: lint
lint: setup ## check style and security: ruff, bandit
	@$(JOBS)/ruff check .
	@$(JOBS)/ruff format --check .
	@$(JOBS)/bandit --quiet --recursive --configfile pyproject.toml include dags scripts spark_jobs

.PHONY: types
types: setup ## check types: mypy --strict, each part in the environment that runs it
	@scripts/types.sh

.PHONY: format
format: setup ## lay out the code as `make lint` wants it
	@$(JOBS)/ruff check --fix .
	@$(JOBS)/ruff format .

.PHONY: bench
bench: setup ## measure raw rows to tables, beside a bare COPY of the same rows
	@$(JOBS)/mlb-etl services up
	@eval "$$($(JOBS)/mlb-etl services env)"; $(JOBS)/python -m tests.benchmark.transform_bench $(ARGS)

.PHONY: up
up: recordings setup ## start the services and Airflow with its UI, scheduled
	@$(JOBS)/python scripts/up.py

.PHONY: down
down: ## stop exactly what `make run` and `make up` started; data stays
	@test ! -x $(JOBS)/python || $(JOBS)/python scripts/down.py

.PHONY: lock
lock: setup ## compile the locks anew, with the newest versions allowed by pyproject.toml and requirements.in
	@scripts/lock.sh

.PHONY: clean
clean: down ## stop everything and remove data, environments and caches of this checkout
	@rm -rf .local .venv .venv-jobs .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*
