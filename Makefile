# Everything a developer does, in one word. Each target sets up what it needs; `make help` lists them.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory --no-builtin-rules

JOBS := .venv-jobs/bin
BENCH := .venv-bench/bin
PAGE := .venv-page/bin

# Tests start Airflow and other programs over and over: what one has compiled, the next ones find.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## list every target
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-15s %s\n", $$1, $$2 }'

.PHONY: setup
setup: ## install the tools, both Python environments, Spark's jars and the archive of its classes, where they are missing
	@python3 scripts/setup.py

.PHONY: run
run: setup ## load one simulated day with the DAGs, then show its rows and how to look at them
	@$(JOBS)/python scripts/run.py

.PHONY: test
test: setup lint types ## lint, check types, and run every test that is quick and needs neither a cluster nor a browser
	@scripts/test.sh

.PHONY: test-slow
test-slow: setup ## the tests marked slow: scheduled Airflow, Spark, documents, histories at length, seasons
	@$(JOBS)/python -m pytest -m slow -n 3 --durations 25 --dist loadscope --no-loadscope-reorder \
	    tests/bdd tests/integration tests/unit $(ARGS)

.PHONY: test-page
test-page: ## test Ballpark in a real browser, the Chromium on PATH
	@python3 scripts/setup.py .venv-page
	@$(PAGE)/python -m pytest tests/page $(ARGS)

.PHONY: screenshots
screenshots: ## take the pictures in docs/pictures anew, of Ballpark over simulated dates, with the Chromium on PATH
	@python3 scripts/setup.py .venv-page
	@$(PAGE)/python -m tests.page.pictures

.PHONY: test-kubernetes
test-kubernetes: setup ## every test on the cluster that KUBECONFIG names (docs/kubernetes.md), with services on this machine
	@test -n "$${KUBECONFIG:-}" || { echo "error: KUBECONFIG is not set: which cluster? (docs/kubernetes.md)" >&2; exit 2; }
	@$(JOBS)/python -m pytest tests/kubernetes $(ARGS)

.PHONY: lint
lint: setup ## check style, security and who imports whom: ruff, bandit, import-linter
	@$(JOBS)/ruff check .
	@$(JOBS)/ruff format --check .
	@$(JOBS)/bandit --quiet --recursive --configfile pyproject.toml include dags scripts spark_jobs
	@$(JOBS)/lint-imports --no-logo --no-cache

.PHONY: types
types: setup ## check types: mypy --strict, each part in the environment that runs it
	@scripts/types.sh

.PHONY: format
format: setup ## lay out the code as `make lint` wants it
	@$(JOBS)/ruff check --fix .
	@$(JOBS)/ruff format .

.PHONY: generate
generate: setup ## write anew what follows from YAML and code: migrations, JSON Schemas, docs/data, golden files; read the diff
	@$(JOBS)/mlb-etl schema generate
	@$(JOBS)/mlb-etl schema dictionary
	@UPDATE_GOLDEN=1 $(JOBS)/python -m pytest --quiet -m golden $$(grep -rl --include='*.py' mark.golden tests/unit)
	@UPDATE_GOLDEN=1 .venv/bin/python -m pytest --quiet -m golden $$(grep -rl --include='*.py' mark.golden tests/dags)

.PHONY: bench
bench: ## measure raw rows to tables for a season, beside a bare COPY, dlt, Spark from_json and DuckDB
	@python3 scripts/setup.py .venv-bench
	@$(BENCH)/mlb-etl services up
	@eval "$$($(BENCH)/mlb-etl services env)"; $(BENCH)/python -m tests.benchmark $(ARGS)

.PHONY: bench-follow
bench-follow: setup ## measure fifteen games that are followed: delay, bytes, requests, disk; ARGS=--kill: what is kept after faults
	@$(JOBS)/python -m tests.benchmark.follow $(ARGS)

.PHONY: bench-live
bench-live: setup ## measure fifteen games live: from the change to the rows, polling and push, in processes and by Spark
	@$(JOBS)/python -m tests.benchmark.live $(ARGS)

.PHONY: bench-rebuild
bench-rebuild: setup ## measure a season's tables derived again, from the raw tier and from the bucket alone; what its disk takes
	@$(JOBS)/python -m tests.benchmark.rebuild $(ARGS)

.PHONY: bench-page
bench-page: ## measure Ballpark in the Chromium on PATH, over a season: from a row to the screen, and to each first paint
	@python3 scripts/setup.py .venv-page
	@$(PAGE)/python -m tests.page.bench

.PHONY: bench-export
bench-export: setup ## measure a season's first exports and the next day's, beside a bare COPY … TO
	@$(JOBS)/mlb-etl services up
	@eval "$$($(JOBS)/mlb-etl services env)"; $(JOBS)/python -m tests.benchmark.export $(ARGS)

.PHONY: notebook
notebook: ## open three notebooks over a simulated month in JupyterLab; ARGS=--execute: run them all instead
	@python3 scripts/setup.py .venv-notebook
	@$(JOBS)/python scripts/notebook.py $(ARGS)

.PHONY: soak
soak: setup ## let random histories of streamed dates happen, with every fault, until one ends in wrong rows; ARGS="--minutes 10"
	@$(JOBS)/python -m tests.soak $(ARGS)

.PHONY: images
images: ## build the images of the ingest and Spark pods and of Airflow, tagged by commit and content; print what is in them
	@python3 scripts/images.py

.PHONY: deploy
deploy: setup ## put the platform on the cluster that kubectl points at: make deploy ENV=dev|prod
	@eval "$$(python3 scripts/images.py names)"; $(JOBS)/python scripts/deploy.py deploy $(ENV)

.PHONY: undeploy
undeploy: setup ## remove it from there, its data stays: make undeploy ENV=dev|prod
	@$(JOBS)/python scripts/deploy.py undeploy $(ENV)

.PHONY: up
up: setup ## start the services and Airflow with its UI, scheduled
	@$(JOBS)/python scripts/up.py

.PHONY: down
down: ## stop exactly what `make run` and `make up` started; data stays
	@test ! -x $(JOBS)/python || $(JOBS)/python scripts/down.py

.PHONY: lock
lock: setup ## compile the locks anew, with the newest versions allowed by pyproject.toml and requirements.in
	@scripts/lock.sh

.PHONY: clean
clean: down ## stop everything and remove data, environments and caches of this checkout
	@rm -rf .local .venv .venv-jobs .venv-bench .venv-notebook .venv-page .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*
