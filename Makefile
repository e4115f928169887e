# make demo   the sample patient, from files to demo/report.html
# make test   lint, then the tests that are not marked slow
# make test-slow     the tests that are
# make lint   ruff, codespell, mypy, import-linter
# make clean  remove what these have made
# make pictures      take the README's pictures anew, from the panel as it is
# make translations  add the panel's new texts to Resources/Translations
#
# PYTHON=...  the interpreter to use        (default: the first of python3.12, python3.11, python3 that runs)
# TORCH=      do without torch; the tests that need it are skipped and say so
# WORKERS=2   how many tests run side by side, each with some 2 GB of memory  (default: one on each core)

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?=
TORCH ?= torch==2.13.0
WORKERS ?= auto
# Tests start many processes, and each would compile the library anew.
unexport PYTHONDONTWRITEBYTECODE
# A worker that has run out of tests takes some of another's.
PYTEST := $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check
SAMPLE := Resources/SamplePatient

.PHONY: demo test test-slow lint clean pictures translations system-libraries

demo: $(VENV)/demo.stamp
	@$(BIN)/python -m SynthTrustLib assess --case $(SAMPLE) --reference $(SAMPLE)/truth.nii.gz \
	    --label "Synthetic sample patient" --out demo

test: lint system-libraries
	$(PYTEST) -m "not slow"

test-slow: $(VENV)/test.stamp system-libraries
	$(PYTEST) -m slow

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/mypy
	$(BIN)/lint-imports

pictures: $(VENV)/test.stamp system-libraries
	$(BIN)/python Testing/Pictures/take_pictures.py
	$(BIN)/python Testing/list_files.py --write

translations: $(VENV)/test.stamp
	$(BIN)/python Testing/translations.py

clean:
	rm -rf $(VENV) demo build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find SynthTrustLib Testing -name __pycache__ -type d -prune -exec rm -rf {} +

system-libraries:
	@.ci/system-libraries

# A shim of a version manager may stand for a Python that is not there: only running it tells.
$(BIN)/python:
	@for python in $(or $(PYTHON),python3.12 python3.11 python3); do \
	    if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' \
	        2>/dev/null; then \
	        echo "Making $(VENV) with $$python"; \
	        exec $$python -m venv $(VENV); \
	    fi; \
	done; \
	echo "SynthTrust needs Python 3.11 or 3.12 with its venv module; name one with: make PYTHON=/path/to/python" >&2; \
	exit 1

$(VENV)/demo.stamp: pyproject.toml | $(BIN)/python
	@echo "Installing what the demo needs (once)"
	@$(PIP) install --editable '.[cpu,scene]'
	@touch $@

$(VENV)/test.stamp: pyproject.toml | $(BIN)/python
	@echo "Installing what the tests need (once)"
	@$(if $(TORCH),$(PIP) install '$(TORCH)' 'monai>=1.5' 'resector>=0.2.10')
	@$(PIP) install --editable '.[cpu,scene,dicom,test]'
	@touch $@ $(VENV)/demo.stamp
