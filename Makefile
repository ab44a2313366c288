# svarsgrad: what a person does with it. `make help` lists it.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PEERS := .venv-peers
TOOLS := $(VENV)/.complete-tools

.DEFAULT_GOAL := help
.PHONY: help setup setup-tests demo test chaos soak lint check bench alert-bench archive-bench \
	intake-bench lock sbom audit image-test release install-test clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

setup: $(VENV)/.complete ## Install what it takes to run: Python packages, system packages, the broker
	@PYTHONPATH=. $(BIN)/python -m stack.prepare

$(VENV)/.complete: requirements.txt requirements-build.txt pyproject.toml
	@$(PYTHON) -m venv $(VENV)
	@echo "Hämtar Python-paket (en halv minut) …"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.txt \
		-r requirements-build.txt
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## Show a busy morning at a switchboard, live, in this terminal
	@$(BIN)/svarsgrad demo

setup-tests: setup $(TOOLS) $(PEERS)/.complete ## Install what the tests need beside: pytest, peers, a browser, Helm
	@PYTHONPATH=. $(BIN)/python -m stack.prepare --for-tests

$(TOOLS): $(VENV)/.complete requirements-dev.txt
	@echo "Hämtar testernas Python-paket (en halv minut) …"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	@touch $@

# Other programs that svarsgrad is measured beside: what they depend on is none of its business.
$(PEERS)/.complete: benchmarks/peers/requirements.txt
	@$(PYTHON) -m venv $(PEERS)
	@echo "Hämtar Python-paket att jämföra med (en halv minut) …"
	@$(PEERS)/bin/python -m pip install --quiet --require-hashes -r $<
	@touch $@

# What is timed against a clock of its own runs alone; all else runs on both processors.
ALONE := tests/browser/ tests/chaos/ tests/stack/
UNTIMED := $(addprefix tests/stack/test_,bad_input.py benchmarks.py one_line_errors.py reading.py)
BESIDE := $(filter-out $(ALONE) tests/__pycache__/,$(wildcard tests/*/)) $(UNTIMED)
test: setup-tests ## Run all tests: a real Kafka, Prometheus, Alertmanager and browser
	@$(BIN)/pytest -n 2 --dist loadfile $(BESIDE); beside=$$?; \
	$(BIN)/pytest $(ALONE) $(UNTIMED:%=--ignore=%); exit $$((beside + $$?))

FIGURES := .stack/chaos.jsonl
# The longest by itself, and then what needs no figures, beside all the others.
CRISIS := tests/chaos/test_crisis_day.py
GUARDS := tests/chaos/test_guards.py
chaos: setup-tests ## Faults on the real stack, all of them (40 minutes); renews docs/reliability.md
	@rm -f $(FIGURES); export CHAOS_FIGURES=$(FIGURES); \
	$(BIN)/pytest $(CRISIS) $(GUARDS) -m long > .stack/crisis.log 2>&1 & crisis=$$!; \
	$(BIN)/pytest tests/chaos -m "long or not long" --ignore $(CRISIS) --ignore $(GUARDS); \
	others=$$?; \
	wait $$crisis; crisis=$$?; tail -n 12 .stack/crisis.log; \
	$(BIN)/python tests/reliability.py $(FIGURES) docs/reliability.md; \
	exit $$((others + crisis))

MINUTES ?= 240
soak: setup-tests ## A crisis day with random faults for hours: make soak MINUTES=240
	CHAOS_MINUTES=$(MINUTES) $(BIN)/pytest tests/chaos/test_crisis_day.py -m long

lint: setup $(TOOLS) ## Format, lint, types and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test ## All that CI runs

image-test: setup $(TOOLS) ## Build the image and run it, as root, with debootstrap and buildah (10 minutes)
	$(BIN)/pytest tests/container -m "long or not long"

bench: setup $(PEERS)/.complete ## Measure, beside what others would pick (10 minutes); adds to benchmarks/results
	$(BIN)/python -m benchmarks

archive-bench: setup ## Measure the archive and the report on a simulated year (5 minutes)
	$(BIN)/python -m benchmarks.archive_year

alert-bench: setup ## Measure the alerts on simulated days; renews docs/alert-quality.md
	$(BIN)/python -m benchmarks.alert_quality docs/alert-quality.md

intake-bench: setup ## Measure what the intake takes on one processor (2 minutes)
	$(BIN)/python -m benchmarks.intake

lock: ## Pin the dependencies anew, with hashes (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links -q -o requirements.txt
	uv pip compile pyproject.toml --group dev -c requirements.txt --universal \
		--python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links -q -o requirements-dev.txt
	uv pip compile benchmarks/peers/requirements.in --universal \
		--python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links -q -o benchmarks/peers/requirements.txt
	uv pip compile --group build -c requirements.txt --universal \
		--python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links -q -o requirements-build.txt
	@$(MAKE) --no-print-directory sbom

sbom: setup $(TOOLS) ## Write docs/sbom.cdx.json: what is installed, with hashes and licences (CycloneDX)
	@PYTHONPATH=. $(BIN)/python -m audit

# --strict: a package that nothing could be asked about is a failure, not a pass.
audit: sbom ## Ask whether known holes are in what is installed (needs the internet), and licences
	@for file in requirements.txt requirements-build.txt; do \
		$(BIN)/pip-audit --strict --disable-pip --require-hashes --progress-spinner off \
			--requirement $$file || { \
			echo "make audit: $$file has a known hole, or advisories could not be read: see above"; \
			exit 1; }; \
	done

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
RELEASE := svarsgrad-$(VERSION)
release: setup ## What a host is given, in dist/: the wheel, its dependencies' hashes, units
	@rm -rf dist && mkdir -p dist/$(RELEASE)
	@$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation -w dist/$(RELEASE) .
	@cp -r systemd examples docs requirements.txt README.md CHANGELOG.md LICENSE dist/$(RELEASE)
	@tar -C dist --owner=0 --group=0 --sort=name -czf dist/$(RELEASE).tar.gz $(RELEASE)
	@rm -r dist/$(RELEASE)
	@cd dist && sha256sum $(RELEASE).tar.gz

install-test: release $(TOOLS) ## Install on a clean Debian with systemd, as docs/install.md says (15 minutes, root)
	$(BIN)/pytest tests/install -m "long or not long" -s

clean: ## Remove what setup and the stack made here
	rm -rf $(VENV) $(PEERS) .stack
