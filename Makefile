# make: this help. Everything lives in .venv, made when it is missing or older than the lock file.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
TORCH ?= default
CORES ?= all
CONFIG ?=
BIN := .venv/bin
READY := .venv/ready-$(TORCH)
SNAKEMAKE = $(BIN)/snakemake --cores $(CORES) $(if $(CONFIG),--configfile $(CONFIG))
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHONPATH := $(CURDIR)
export DO_NOT_TRACK = true

.PHONY: help demo prepare test test-slow test-slurm check-cluster lint ui archive verify check resume restore settings benchmarks clean

help: ## this help
	@echo "Usage: make TARGET [CORES=n] [CONFIG=file.yaml] [TORCH=cpu]"
	@sed -nE 's/^([a-z-]+):.*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

demo: $(READY) ## run the demo on made data; ends with results/index.html
	$(SNAKEMAKE)
	@echo "Done. Open results/index.html in a browser; 'make ui' shows the runs in MLflow."

prepare: $(READY) ## download data sets that are missing and published weights, for the studies of CONFIG
	$(SNAKEMAKE) -s prepare.smk

test: $(READY) ## all tests but the long ones
	$(BIN)/python -m pytest -q -m "not slow" -n auto --dist loadfile --no-loadscope-reorder

test-slow: $(READY) ## the long tests but those of test-slurm; with TEST_INSTALL=1, as root on Debian, programs that some need are installed
	$(BIN)/python -m pytest -q -m slow --ignore=tests/slurm

test-slurm: $(READY) ## the workflow on a small SLURM cluster that this makes on this machine (Debian, root: installs it)
	TEST_INSTALL=1 $(BIN)/python -m pytest -q tests/slurm

check-cluster: $(READY) ## does profiles/slurm fit the cluster at hand?
	$(BIN)/python -m workflow_scripts.check_cluster

lint: $(READY) ## format and lint of Python, Snakemake, settings and Dockerfile
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile prepare.smk rules
	$(BIN)/snakemake --lint
	$(BIN)/snakemake --lint -s prepare.smk
	$(BIN)/hadolint Dockerfile
	$(BIN)/python -m workflow_scripts.settings.schema --check

ui: $(READY) ## take in every finished run and open the MLflow UI
	$(BIN)/python -m workflow_scripts.browse

archive: $(READY) ## put the results into one zip file, as a paper's supplement
	$(BIN)/python -m workflow_scripts.archive $(if $(CONFIG),--configfile $(CONFIG))

verify: $(READY) ## compute every table of ARCHIVE=file.zip again from its predictions
	$(BIN)/python -m workflow_scripts.verify $(or $(ARCHIVE),$(error name the zip file: make verify ARCHIVE=file.zip))

check: $(READY) ## is every file of the results what its record says? exit status 1 where one is not
	$(BIN)/python -m workflow_scripts.check $(if $(CONFIG),--configfile $(CONFIG))

resume: $(READY) ## after a killed run: unlock, then continue
	$(SNAKEMAKE) --unlock
	$(SNAKEMAKE)

restore: $(READY) ## fetch results with DVC and let the workflow believe them
	$(BIN)/python -m workflow_scripts.restore

settings: $(READY) ## rewrite the settings schema and docs/settings.md from the typed settings
	$(BIN)/python -m workflow_scripts.settings.schema

benchmarks: $(READY) ## speed of preprocessing, training, planning and tracking on this machine
	$(BIN)/python tests/benchmarks/preprocessing.py
	$(BIN)/python tests/benchmarks/training.py
	$(BIN)/python tests/benchmarks/planning.py
	$(BIN)/python tests/benchmarks/tracking.py

clean: ## remove made data, results of the demo, logs and work files; keeps .venv
	rm -rf data/*/made-* results logs .work .snakemake .pytest_cache .ruff_cache

$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: Python 3.11 or newer is needed, $$($(PYTHON) --version 2>&1) was found; try make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "error: this Python lacks venv; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	rm -f .venv/ready-*
	$(PYTHON) -m venv .venv
	if [ "$(TORCH)" = cpu ]; then $(BIN)/python -m pip install -q uv && $(BIN)/uv pip install -q --python $(BIN)/python --torch-backend cpu -r requirements.lock; \
	elif command -v uv >/dev/null; then uv pip install --python $(BIN)/python -r requirements.lock; \
	else $(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.lock; fi
	touch $@
