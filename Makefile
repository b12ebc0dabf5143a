# `make demo` and `make test` need Python 3.11 or newer, and pip or uv; everything goes into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# One more than there are cores: many tests wait for the programs that they start.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

.DEFAULT_GOAL := check
.PHONY: setup demo test drill lint fix docs docs-check bench bench-api bench-archives bench-encryption bench-exports bench-fetch bench-memory bench-page bench-start bench-storage bench-parse bench-azure bench-catalog-size bench-validate bench-accuracy bench-hamming bench-hashing bench-keywords bench-labels bench-streams azurite axe build constraints check clean drill-deploy drill-faults bench-workers bench-catalog-rows bench-dispatch

setup: $(STAMP)  ## install PixCrawler and its tools into .venv

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "PixCrawler needs Python 3.11 or newer; name one with make PYTHON=python3.12" >&2; exit 1; }
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) \
	  && uv pip install --quiet --python $(BIN)/python --editable . --group dev; \
	else \
	  $(PYTHON) -m venv $(VENV) \
	  && $(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1' \
	  && $(BIN)/python -m pip install --quiet --editable . --group dev; \
	fi
	@touch $@

demo: setup  ## crawl real photographs from a simulated web into ./demo-data
	$(BIN)/pixcrawler demo --workspace demo-data

test: setup  ## run all tests but the drills
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

drill: setup azurite axe  ## run the tests that take long: kills at many moments, other servers
	FRESH=1 $(BIN)/pytest -n $(WORKERS) --dist worksteal -m drill

SCHEDULES ?= 200
drill-faults: setup  ## survive SCHEDULES random schedules of faults (200), on SQLite and on PostgreSQL each
	PIXCRAWLER_SCHEDULES=$(SCHEDULES) $(BIN)/pytest -n $(WORKERS) --dist worksteal -m drill tests/server/test_fault_schedules.py

drill-deploy: setup  ## start deploy/compose.yaml with the docker of this machine, and kill and stop what runs there
	$(BIN)/pytest -m drill -rs tests/deploy/test_started.py

lint: setup  ## check style, types and architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --config setup.cfg

fix: setup  ## mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: setup  ## write the generated parts of the documentation
	$(BIN)/python -m tests.docs.generate

docs-check: setup  ## check that the documentation is complete, current and runs
	$(BIN)/pytest tests/docs

bench: bench-start bench-parse bench-memory bench-fetch bench-validate bench-accuracy bench-hamming bench-hashing bench-labels bench-archives bench-encryption bench-exports bench-storage bench-azure bench-catalog-size bench-api bench-streams bench-workers bench-catalog-rows bench-dispatch  ## all benchmarks

bench-archives: setup  ## how fast datasets are archived, beside copying the same files
	$(BIN)/python benchmarks/archiving.py

bench-encryption: setup  ## what encryption of stores costs, beside the same stores without
	$(BIN)/python benchmarks/encrypting.py

bench-exports: setup  ## how fast datasets are exported, beside copying and the writer of img2dataset
	$(BIN)/python benchmarks/exporting.py

bench-api: setup  ## how many requests the API answers, beside a bare Falcon hello
	$(BIN)/python benchmarks/api.py

bench-page: setup  ## how soon a gallery of 100,000 images is there, how it scrolls, and what open pages cost
	$(BIN)/python benchmarks/page.py

bench-streams: setup  ## what 5,000 streams of events cost a process of the server
	$(BIN)/python benchmarks/streams.py

bench-workers: setup  ## how much sooner two workers have done a job than one
	$(BIN)/python benchmarks/workers.py

bench-azure: setup azurite  ## how fast the store azure uploads and downloads, beside its library alone
	$(BIN)/python benchmarks/storing_azure.py

bench-catalog-size: setup  ## bytes of the catalog for each image and each URL seen
	$(BIN)/python benchmarks/catalog_size.py

bench-catalog-rows: setup  ## the API's lists over ten million images on PostgreSQL, plain and partitioned
	$(BIN)/python benchmarks/catalog_rows.py

bench-dispatch: setup  ## how soon jobs begin, how fair users are served, where the dispatcher saturates
	$(BIN)/python benchmarks/dispatch.py

bench-fetch: setup  ## images per second and CPU per image, beside img2dataset
	$(BIN)/python benchmarks/fetch.py

bench-memory: setup  ## memory and pace over a job of many images
	$(BIN)/python benchmarks/memory.py

bench-storage: setup  ## how fast the store in a folder takes, gives, lists and moves objects, beside copying
	$(BIN)/python benchmarks/storing.py

bench-start: setup  ## how long importing and --help take
	$(BIN)/python benchmarks/start.py

bench-parse: setup  ## how long the parsers of the sources take for a page
	$(BIN)/python benchmarks/parsing.py

bench-validate bench-accuracy bench-keywords bench-labels: export PIXCRAWLER_MODELS ?= $(CURDIR)/.cache/models

bench-validate: setup  ## what the checks take per image, beside cleanvision
	$(BIN)/pixcrawler models pull --quiet
	$(BIN)/python benchmarks/validate.py

bench-accuracy bench-keywords: export PYTHONPATH := benchmarks
bench-accuracy: setup  ## how right the checks are, on malformed files, degraded photographs and labelled pictures
	$(BIN)/pixcrawler models pull --quiet
	$(BIN)/python -m accuracy.corruption
	$(BIN)/python -m accuracy.cuts
	$(BIN)/python -m accuracy.auc
	$(BIN)/python -m accuracy.labels
	$(BIN)/python -m accuracy.labelers
	$(BIN)/python -m accuracy.duplicates
	$(BIN)/python -m accuracy.keywords

bench-hamming: setup  ## near pairs of a million hashes, beside faiss and imagededup; the index on disk
	$(BIN)/python benchmarks/hamming.py

bench-hashing: setup  ## how fast pictures are hashed, beside imagededup
	$(BIN)/python benchmarks/hashing.py

bench-keywords: setup  ## how right the queries are that keywords are widened to, and the time
	$(BIN)/pixcrawler models pull --quiet
	$(BIN)/python -m accuracy.keywords --expanders wordnet
	$(BIN)/python -m accuracy.keywords

bench-labels: setup  ## how many images labelers label in a second
	$(BIN)/pixcrawler models pull --quiet
	$(BIN)/python benchmarks/labelling.py

AZURITE := .cache/azurite/node_modules/.bin/azurite-blob

azurite: $(AZURITE)  ## install the emulator of Azure Storage that tests use, into .cache (needs Node 20 and npm)

$(AZURITE):
	npm install --silent --no-audit --no-fund --prefix .cache/azurite azurite@3.35.0

AXE := .cache/axe/node_modules/axe-core/axe.min.js

axe: $(AXE)  ## install axe-core, with which tests check that the web page is accessible, into .cache (needs npm)

$(AXE):
	npm install --silent --no-audit --no-fund --prefix .cache/axe axe-core@4.14.1

build: setup  ## build the wheel and the source archive into dist/
	$(BIN)/python -m build --quiet

EXTRAS := ai azure dbos gcs otel postgres redis s3 server stripe

constraints:  ## choose the versions that images are built with anew, into deploy/constraints.txt (needs uv)
	uv pip compile --quiet --universal --upgrade --python-version 3.11 --no-header --no-annotate --no-emit-index-url \
	  $(addprefix --extra ,$(EXTRAS)) --output-file deploy/constraints.txt pyproject.toml

check: lint test  ## what CI does

clean:  ## remove the virtual environment and what the demo wrote
	rm -rf $(VENV) demo-data dist build
