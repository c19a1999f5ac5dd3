# make: this help. Everything lives in .venv, made when it is missing or was made from another lock file.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
TORCH ?= default
CORES ?= all
CONFIG ?=
BIN := .venv/bin
# A stamp holds the lock file that was installed: contents are compared, because times move with a clone or a copy.
READY := .venv/ready-$(TORCH)
DEVELOPER := .venv/ready-developer
UV := uv==0.13.9
# A value as it was given, one word for the shell: paths hold spaces, quotes and dollar signs.
quoted = '$(subst ','\'',$(value $(1)))'
CONFIGFILE = $(if $(value CONFIG),--configfile $(call quoted,CONFIG))
SNAKEMAKE = $(BIN)/python -m snakemake --cores $(call quoted,CORES) $(CONFIGFILE)
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHONPATH := $(CURDIR)
export DO_NOT_TRACK = true

.PHONY: help demo docs prepare test test-slow test-slurm check-cluster lint ui archive verify check check-paper bundle take-in resume restore settings notices \
	benchmarks clean
# A stamp that is not what the lock file holds is made again, whatever its time.
.PHONY: $(shell cmp -s requirements.lock $(READY) 2>&1 || echo $(READY) $(DEVELOPER)) \
	$(shell cmp -s requirements-dev.lock $(DEVELOPER) 2>&1 || echo $(DEVELOPER))

help: ## this help
	@echo "Usage: make TARGET [CORES=n] [CONFIG=file.yaml] [TORCH=cpu]"
	@sed -nE 's/^([a-z-]+):.*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

# The study with the fewest jobs comes first: its report can be read while the others run.
demo: $(READY) ## run the demo on synthetic data; ends with results/index.html
	$(SNAKEMAKE) --prioritize results/colposcopy_resnet50/report.html
	@echo "Done. Open results/index.html in a browser; 'make ui' shows the runs in MLflow."

prepare: $(READY) ## download data sets that are missing and published weights, for the studies of CONFIG
	$(SNAKEMAKE) -s prepare.smk

test: $(DEVELOPER) ## all tests but the long ones
	$(BIN)/python -m pytest -q -m "not slow" -n auto --dist loadfile --no-loadscope-reorder

test-slow: $(DEVELOPER) ## the long tests but those of test-slurm; with TEST_INSTALL=1, as root on Debian, programs that some need are installed
	$(BIN)/python -m pytest -q -m slow --ignore=tests/slurm

test-slurm: $(DEVELOPER) ## the workflow on a small SLURM cluster that this makes on this machine (Debian, root: installs it)
	TEST_INSTALL=1 $(BIN)/python -m pytest -q tests/slurm

check-cluster: $(READY) ## does profiles/slurm fit the cluster at hand?
	$(BIN)/python -m workflow_scripts.commands.check_cluster

lint: $(DEVELOPER) ## format, lint and types of Python; Snakemake, settings and Dockerfile
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile prepare.smk rules
	$(BIN)/python -m snakemake --lint
	$(BIN)/python -m snakemake --lint -s prepare.smk
	$(BIN)/hadolint Dockerfile
	$(BIN)/python -m workflow_scripts.settings.schema --check
	$(BIN)/python -m workflow_scripts.commands.write_pages --check

ui: $(READY) ## take in every finished run and open the MLflow UI
	$(BIN)/python -m workflow_scripts.commands.browse $(CONFIGFILE)

archive: $(READY) ## put the results into one zip file, as a paper's supplement
	$(BIN)/python -m workflow_scripts.commands.archive $(CONFIGFILE)

verify: $(READY) ## compute every table of ARCHIVE=file.zip again from its predictions
	$(BIN)/python -m workflow_scripts.commands.verify $(if $(value ARCHIVE),$(call quoted,ARCHIVE),$(error name the zip file: make verify ARCHIVE=file.zip))

check: $(READY) ## is every file of the results what its record says? exit status 1 where one is not
	$(BIN)/python -m workflow_scripts.commands.check $(CONFIGFILE)

# Exit status 1 is an answer: the numbers contradict each other.
check-paper: $(READY) ## do the numbers of a paper's tables fit each other? FILE=table.txt [HTML=page.html] [JSON=answer.json]
	$(BIN)/python -m workflow_scripts.check_paper $(if $(value FILE),$(call quoted,FILE),$(error name the file of tables: make check-paper FILE=table.txt)) $(if $(value HTML),--html $(call quoted,HTML)) $(if $(value JSON),--json $(call quoted,JSON))

bundle: $(READY) ## put the trainings of RUNS="study/protocol/run …" into trainings.zip, to be run elsewhere
	$(BIN)/python -m workflow_scripts.commands.bundle $(if $(value RUNS),$(foreach run,$(value RUNS),'$(subst ','\'',$(run))'),$(error name the runs: make bundle RUNS=study/protocol/run)) $(CONFIGFILE)

take-in: $(READY) ## take in trainings that ran elsewhere: ARCHIVE=answer.zip
	$(BIN)/python -m workflow_scripts.commands.take_in $(if $(value ARCHIVE),$(call quoted,ARCHIVE),$(error name the answer: make take-in ARCHIVE=answer.zip)) $(CONFIGFILE)

resume: $(READY) ## after a killed run: unlock, then continue, with TARGET=study what was asked for
	$(SNAKEMAKE) --unlock
	$(SNAKEMAKE) $(if $(value TARGET),$(call quoted,TARGET))

restore: $(READY) ## fetch results with DVC and let the workflow believe them
	$(BIN)/python -m workflow_scripts.commands.restore

notices: $(READY) ## write NOTICES.txt: name, version and licence of every installed package, for images that are passed on
	$(BIN)/python -m workflow_scripts.commands.notices --out NOTICES.txt

settings: $(READY) ## rewrite the settings schema and all that is made and not typed in docs/ and README.md
	$(BIN)/python -m workflow_scripts.settings.schema
	$(BIN)/python -m workflow_scripts.commands.write_pages

docs: $(DEVELOPER) ## the documentation as a site that works offline: site/index.html
	$(BIN)/python -m workflow_scripts.commands.build_site

benchmarks: $(DEVELOPER) ## speed of preprocessing, training, planning, tracking and DICOM on this machine
	$(BIN)/python tests/benchmarks/preprocessing.py
	$(BIN)/python tests/benchmarks/training.py
	$(BIN)/python tests/benchmarks/recurrent.py
	$(BIN)/python tests/benchmarks/planning.py
	$(BIN)/python tests/benchmarks/tracking.py
	$(BIN)/python tests/benchmarks/dicom.py

clean: ## remove the demo: synthetic data, its results and their logs; keeps .venv and every other result
	PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m workflow_scripts.commands.clean

$(READY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: Python 3.11 or newer is needed, $$($(PYTHON) --version 2>&1) was found; try make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "error: this Python lacks venv; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@[ ! -L .venv ] || { echo "error: .venv is a link to $$(readlink .venv), which holds other versions than requirements.lock names; remove the link, then make installs a .venv of its own" >&2; exit 1; }
	@echo "Installing the packages of requirements.lock into .venv: some minutes and $(if $(filter cpu,$(TORCH)),2 to 3,several) GB; nothing outside this folder is changed."
	rm -f .venv/ready-*
	$(PYTHON) -m venv .venv
	if [ "$(TORCH)" = cpu ]; then $(BIN)/python -m pip install -q --disable-pip-version-check $(UV) && $(BIN)/uv pip install -q --python $(BIN)/python --torch-backend cpu -r requirements.lock; \
	elif command -v uv >/dev/null; then uv pip install --python $(BIN)/python -r requirements.lock; \
	else $(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.lock; fi
	@# The project itself, as it lies here: Snakemake finds its console, and `cervix` is a command.
	[ ! -f pyproject.toml ] || $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	[ ! -f .dvc/config ] || $(BIN)/python -m workflow_scripts.commands.write_plots_page
	cp requirements.lock $@
	@echo "Installed."

# What only developers need: tests and linters.
$(DEVELOPER): $(READY)
	if command -v uv >/dev/null; then uv pip install --python $(BIN)/python -r requirements-dev.lock; \
	else $(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.lock; fi
	cp requirements-dev.lock $@
