# `make` lists the targets. Each installs what it needs into .venv first, with PYTHON or the newest that is supported.
export PYTHONUNBUFFERED := 1
# The packages come uncompiled: without Python's own files, every process would spend seconds on TensorFlow's modules.
unexport PYTHONDONTWRITEBYTECODE
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help runtime install demo mine compare explore repro study why results test test-slow reproduce freshness pull-request audit benchmark benchmark-training docs lint lock lock-check

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-20s %s\n", $$1, $$2}' Makefile

runtime:
	@scripts/environment requirements.lock

install: runtime ## make .venv with all packages, also those of tests and clusters; other targets take what they need
	@scripts/environment requirements.lock requirements-dev.lock

demo: runtime ## three networks on embedded images, compared and explained, in the folder demo
	@scripts/demo

mine: runtime ## your own pictures in FOLDER, one folder a class: networks compared and explained, in the folder mine; JOBS
	@python -m scripts.mine "$$FOLDER" --jobs "$$JOBS"

compare: runtime ## the workspace, the last commit and its experiments side by side; ARGS=--help says how else
	@python -m scripts.compare $(ARGS)

explore: runtime ## look through the held-out images, in the browser
	@python -m scripts.explore

repro: runtime ## the grid that params.yaml states, on CIFAR-10; JOBS: so many runs at once
	@python -m scripts.repro --jobs "$$JOBS"

study: runtime ## both optimizers x both kernel sizes x 6 seeds, as one DVC experiment, to docs/study; NAME: study, remedies or rates; JOBS
	python -m scripts.study $(if $(findstring command,$(origin NAME)),$(NAME)) --jobs "$$JOBS"

why: runtime ## why are these images misclassified, of predictions of your own models in the folder FROM; OUTPUT: why
	@python -m scripts.why "$${FROM:?make why FROM=folder}" --output "$${OUTPUT:-why}"

results: runtime ## write docs/results.md, and the answer in README.md, from docs/study
	python -m scripts.results

test: install ## the tests, some minutes; TESTS names folders or files, all if empty
	python -m pytest -q -n 2 -m "not slow" $(TESTS)

test-slow: install ## the tests that need the full data (CIFAR10_ARCHIVE) or many minutes
	python -m pytest -q -n 2 -m slow

reproduce: runtime ## the pipeline twice from clean clones on embedded images: equal to the last bit?
	python -m scripts.reproduce

freshness: runtime ## does dvc.lock belong to the code, the parameters, the metrics and the plots?
	@python -m scripts.freshness

pull-request: runtime ## what changed in metrics, parameters, verdicts and plots since AGAINST (origin/main)
	@python -m scripts.pull_request --plots "$$AGAINST"

audit: runtime ## known vulnerabilities of the locked packages, where the index can be reached
	@python -m scripts.audit

benchmark: runtime ## most tables of benchmarks/results, see its README; TORCH_PYTHON names an interpreter with PyTorch
	python -m benchmarks.speed
	python -m benchmarks.growth
	python -m benchmarks.arithmetic
	python -m benchmarks.memory
	python -m benchmarks.threads
	python -m benchmarks.cores
	python -m benchmarks.coverage
	python -m benchmarks.own_predictions

benchmark-training: runtime ## whole epochs, the whole grid, runs side by side
	python -m benchmarks.training_loop
	python -m benchmarks.grid
	python -m benchmarks.jobs

docs: install ## run the commands of docs/experiments.md and write their outputs into it
	python -m scripts.walkthrough

lint: install ## style and types
	ruff check . && ruff format --check . && mypy

lock: ## pin requirements.in and requirements-dev.in anew (needs pip-tools in PYTHON, the oldest supported)
	$(COMPILE) -o requirements.lock requirements.in
	$(COMPILE) -o requirements-dev.lock requirements-dev.in

# libclang, 60 MB, is required by TensorFlow but imported by none of its modules.
COMPILE = $(or $(PYTHON),python3.11) -m piptools compile --quiet --generate-hashes --unsafe-package libclang \
  --strip-extras --no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --upgrade

lock-check: runtime ## has every package a file with a pinned hash for each Python, system and processor that is supported?
	@python -m scripts.lock_check
