# On a fresh machine `make demo` and `make test` are all one types. Both set up .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test check lint docs clean

demo: $(STAMP)
	$(BIN)/lca demo

# On all cores; -ra in pyproject.toml ends with what was skipped and why. PYTEST_ARGS="-n 2 tests/x.py" overrides.
test: $(STAMP)
	$(BIN)/python -m pytest -n auto --dist worksteal $(PYTEST_ARGS)

lint: $(STAMP)
	$(BIN)/ruff check lca tests docs/site docs/notebooks
	$(BIN)/ruff format --check lca tests docs/site docs/notebooks
	$(BIN)/mypy
	$(BIN)/lint-imports

check: $(STAMP)
	$(BIN)/lca check

# The site, in build/site: strict, the notebooks run; nothing is fetched, then or when it is read.
docs: $(STAMP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --config-file docs/site/mkdocs.yml
	@echo build/site/index.html

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --constraint constraints.txt --editable '.[all,dev,docs]'
	$(BIN)/python -m compileall -q lca
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
