# `make` lists the targets. Each installs what it needs into .venv first.
PYTHON ?= python3
export PYTHONUNBUFFERED := 1
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help install demo compare repro study results test test-slow reproduce freshness pull-request audit benchmark benchmark-training docs lint lock

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-20s %s\n", $$1, $$2}' Makefile

install: .venv/installed ## create .venv from requirements.lock

.venv/installed: requirements.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info; \
	  sys.exit(0 if v[:2] == (3, 11) else f"Python 3.11 is needed, this is {v[0]}.{v[1]}. Name one: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv --clear .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@! git rev-parse --is-shallow-repository 2>/dev/null | grep -q true || echo "In a shallow clone, DVC loses the results" \
	  "of 'dvc exp run --temp' and of its queue without a word. Get the rest of the history: git fetch --unshallow"
	@touch $@

demo: .venv/installed ## three networks on embedded images, compared and explained, in the folder demo
	@scripts/demo

compare: .venv/installed ## the workspace, the last commit and its experiments side by side; ARGS=--help says how else
	@python -m scripts.compare $(ARGS)

repro: .venv/installed ## the grid that params.yaml states, on CIFAR-10
	dvc repro

study: .venv/installed ## both optimizers x both kernel sizes x 3 seeds, as one DVC experiment; its results go to docs/study
	python -m scripts.study

results: .venv/installed ## write the results in README.md from metrics, plots and docs/study
	python -m scripts.results

test: .venv/installed ## the tests, some minutes
	python -m pytest -q -m "not slow"

test-slow: .venv/installed ## the tests that need the full data (CIFAR10_ARCHIVE) or many minutes
	python -m pytest -q -m slow

reproduce: .venv/installed ## the pipeline twice from clean clones on embedded images: equal to the last bit?
	python -m scripts.reproduce

freshness: .venv/installed ## does dvc.lock belong to the code, the parameters, the metrics and the plots?
	@python -m scripts.freshness

pull-request: .venv/installed ## what changed in metrics, parameters, verdicts and plots since AGAINST (origin/main)
	@python -m scripts.pull_request --plots "$$AGAINST"

audit: .venv/installed ## known vulnerabilities of the packages in requirements.lock, where the index can be reached
	@python -m scripts.audit

benchmark: .venv/installed ## tables of benchmarks/results; TORCH_PYTHON names an interpreter with PyTorch
	python -m benchmarks.speed
	python -m benchmarks.growth
	python -m benchmarks.arithmetic
	python -m benchmarks.memory
	python -m benchmarks.threads

benchmark-training: .venv/installed ## a whole epoch of the train stage against the bare step
	python -m benchmarks.training_loop

docs: .venv/installed ## run the commands of docs/experiments.md and write their outputs into it
	python -m scripts.walkthrough

lint: .venv/installed ## style and types
	ruff check . && ruff format --check . && mypy

lock: ## pin requirements.in anew (needs pip-tools)
	$(PYTHON) -m piptools compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
	  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --upgrade -o requirements.lock requirements.in
