# make demo   set up, run the demo species, and leave results/demo/report.zip
# make test   set up, and run the tests
# make bench  set up, and print the speed ratios of docs/performance.md
# make lint   set up, and check style, types, workflow and environments

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= python3
# Processes that share the test files; the demo and SLURM wait for each other more than they work.
WORKERS ?= 2
CORES ?= $(shell nproc)
CONFIG ?= config/demo.yaml
RUN = $(shell $(BIN)/python -c "import yaml; print(yaml.safe_load(open('$(CONFIG)'))['name'])")
SETUP := .venv/.complete
BIN := .venv/bin
SNAKEMAKE = $(BIN)/snakemake --cores $(CORES) --configfile $(CONFIG)

.PHONY: demo run test bench lint lock clean

demo: run

run: $(SETUP)
	$(SNAKEMAKE)
	@report=results/$(RUN)/report.zip; \
	if [ ! -e $$report ] || [ -n "$$(find results/$(RUN)/landing.rst workflow/report -newer $$report)" ]; then \
	  $(SNAKEMAKE) --report $$report --report-stylesheet workflow/report/report.css; \
	  rm -rf results/$(RUN)/report; \
	  $(BIN)/python -m zipfile -e $$report results/$(RUN); \
	  mv results/$(RUN)/report/report.html results/$(RUN)/report/index.html; \
	fi; \
	echo "Report: $$report (unpacked: results/$(RUN)/report/index.html)"

test: $(SETUP)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(TESTS)

bench: $(SETUP)
	@for script in docs/benchmarks/bench_*.py; do $(BIN)/python $$script; done

lint: $(SETUP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow
	for config in config/*.yaml; do $(BIN)/snakemake --lint --configfile $$config; done

# All packages come from the hashed list; the project itself is linked, without its dependencies.
$(SETUP): requirements.txt pyproject.toml tools/setup.sh xpresso_core/igv.py
	PYTHON=$(PYTHON) tools/setup.sh
	touch $@

lock:
	uv pip compile pyproject.toml --extra cpu --extra workflow --extra dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --upgrade -o requirements.txt

clean:
	rm -rf .venv .snakemake results logs benchmarks
