# Two commands matter: `make app` opens the dashboard, `make test` passes the tests. Both set themselves up.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: app demo test test-slow lint setup setup-test chromium clean

app: setup
	$(BIN)/streamlit run app.py

demo: setup
	$(BIN)/fairal demo

test: setup-test chromium
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow and not browser"
	$(BIN)/python -m pytest -m "browser and not slow"

# The long series: thousands of mutated files, many sessions at once. An hour or more.
test-slow: setup-test chromium
	$(BIN)/python -m pytest tests/slow -m slow

lint: setup-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

setup: $(VENV)/.installed

setup-test: $(VENV)/.installed-test

$(VENV)/.installed: requirements.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "fairal needs Python 3.11 or newer: install it, or name one: make PYTHON=/path/to/python"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "fairal needs Python 3.11 or newer, $(PYTHON) is older: name another: make PYTHON=/path/to/python"; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) lacks its venv module: install it (Debian and Ubuntu: apt install python3-venv)"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed requirements-test.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements-test.txt
	@touch $@

# The browser tests drive Chromium; where there is none and none can be installed they are left out, and say so.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } || \
	echo "No Chromium: the browser tests will be left out; install it to run them (Debian and Ubuntu: sudo apt install chromium)."

clean:
	rm -rf $(VENV)
