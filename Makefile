# Two commands do everything from a bare clone: `make report` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: report test long check bench data docs office screenshot page-test clean

report: $(READY)
	$(BIN)/demografi report Lakseregionen --out lakseregionen

# A process for every core; tests of one file stay together, because they share what is slow to make.
test: $(READY) check
	$(BIN)/python -m pytest -n auto --dist loadfile

# What `make test` leaves out because it takes long: processes and clusters, launches with draws, every notebook and page.
long: $(READY)
	$(BIN)/python -m pytest -m long

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/build_data.py verify

bench: $(READY)
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/kernel.py
	$(BIN)/python benchmarks/draws.py
	$(BIN)/python benchmarks/workforce.py

# From the folder DEMOGRAFI_REFERENCE (default ../shared/reference); only for those who renew the shipped figures.
data: $(READY)
	$(BIN)/python scripts/build_data.py write

# The site, in docs/_build/html; runs every notebook. A warning, such as a link that leads nowhere, stops it.
docs: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock "sphinx>=8" "myst-nb>=1.2" \
		"pydata-sphinx-theme>=0.16" "sphinx-design>=0.6"
	$(BIN)/python scripts/build_docs.py
	$(BIN)/python -m sphinx -q -W -b html docs docs/_build/html

# Tests that open the Word document and the workbook need Debian's LibreOffice, and say so where it is not.
office:
	command -v soffice >/dev/null || (apt-get update -qq && \
		apt-get install -y -qq --no-install-recommends libreoffice-writer libreoffice-calc)

# Needs Debian's chromium, and installs it.
screenshot: report
	command -v chromium >/dev/null || (apt-get update -qq && apt-get install -y -qq chromium)
	sh scripts/screenshot.sh lakseregionen/chapter.html

# The interactive page in a real browser. Needs Debian's chromium, node 20 and the npm registry.
page-test: $(READY)
	mkdir -p build/page-test
	cp tests/browser/package.json tests/browser/page.mjs build/page-test
	npm install --prefix build/page-test --no-audit --no-fund --no-package-lock --loglevel=error
	$(BIN)/python tests/browser/pages.py build/page-test
	node build/page-test/page.mjs build/page-test

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
		|| (echo "demografi needs Python 3.11, 3.12 or 3.13. Type: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
