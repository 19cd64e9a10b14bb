# Each target makes its own environment in .venv; a second run finds it there.
# `test-pandas` changes what is installed, so it has another.
PYTHON ?= python3
BIN := .venv/bin
PANDAS := .venv-pandas/bin
UNITS := -n 2 --dist worksteal -m "not kernel and not browser and not slow"
COUNTING := tests/test_frames.py tests/test_client.py tests/test_spending.py $(wildcard tests/test_history*.py tests/test_credits*.py)

.PHONY: demo lab test units test-pandas lint bench examples media clean

demo: .venv/lab  ## see it work: the quickstart against a sandbox, as a page
	@cd examples && ../$(BIN)/mh-notebook demo --output output/quickstart.html

lab: .venv/lab  ## the examples in JupyterLab
	@cd examples && ../$(BIN)/mh-notebook lab

test: .venv/test  ## all tests: units, real kernels, and a browser where there is one
	$(BIN)/pytest $(PYTEST_OPTIONS)

units: .venv/test  ## the tests that take no kernel, no browser and no seconds: under a minute
	$(BIN)/pytest $(UNITS) $(PYTEST_OPTIONS)

test-pandas: | .venv-pandas/bin/python  ## frames, history and credits on pandas 2.2 and on pandas 3, also without pyarrow
	$(PANDAS)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]' 'pandas<2.3'
	$(PANDAS)/pytest $(UNITS) $(COUNTING)
	$(PANDAS)/python -m pip uninstall --quiet --yes pyarrow
	$(PANDAS)/pytest $(UNITS) $(COUNTING)
	$(PANDAS)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pandas>=3'
	$(PANDAS)/pytest $(UNITS) $(COUNTING)

lint: .venv/test  ## ruff and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/test  ## speed beside the vendor's SDK, a bare loop and curl: BENCH_OPTIONS='--quick --json FILE'
	@$(BIN)/python -m benchmarks $(BENCH_OPTIONS)

examples: .venv/test  ## run the examples and keep their outputs in the repository
	@cd examples && for name in 0*.ipynb; do \
		../$(BIN)/mh-notebook demo --notebook $$name --output output/$${name%.ipynb}.html --keep $$name || exit 1; done

media: .venv/test  ## make the sandbox's stored films and sounds again (needs ffmpeg)
	$(BIN)/python -m mh_notebook.sandbox.make_media

clean:
	rm -rf .venv .venv-pandas examples/output tests/screenshots

# Debian's python3 may come without ensurepip; then pip installs itself into the environment.
%/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mh_notebook needs Python 3.11 or newer")'
	@$(PYTHON) -m venv $* 2>/dev/null || { $(PYTHON) -m venv --clear --without-pip $* && $(PYTHON) -m pip --python $@ install --quiet pip; }

.venv/lab .venv/test: .venv/%: pyproject.toml | .venv/bin/python
	@echo "Installing into .venv (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@
