# Everything that a fresh machine needs, from nothing but Python >= 3.11, make and the package indexes.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
RUN := $(BIN)/python
READY := $(VENV)/.ready
TESTED := $(VENV)/.test-packages
SERVERS := $(VENV)/.servers

# Each test starts processes of its own: what one of them has compiled is not compiled again.
test test-long coverage: export PYTHONDONTWRITEBYTECODE :=

.PHONY: setup oauth demo try test test-long simulate coverage check forms programs pictures bench lock locks wheel-check clean

setup: $(READY)
	@echo 'Type $(BIN)/pipeline, or once ". $(BIN)/activate" and from then on: pipeline'

$(READY): requirements.lock pyproject.toml tools/make-environment tools/system-packages
	tools/system-packages pango
	tools/make-environment "$(PYTHON)" "$(VENV)" requirements.lock
	touch $@

# What logging in by OAuth 2 at Microsoft and Google, and an own check of DKIM need beside (msal,
# google-auth, dkimpy).
oauth: $(READY)
	tools/make-environment "$(PYTHON)" "$(VENV)" requirements-oauth.lock

$(TESTED): $(READY) requirements-test.lock
	tools/make-environment "$(PYTHON)" "$(VENV)" requirements-test.lock
	touch $@

$(SERVERS): $(TESTED) tools/system-packages tools/node-packages tests/programs/package.json
	tools/system-packages servers
	tools/node-packages tests/programs/package.json $(VENV)/node
	touch $@

demo: $(READY)
	$(BIN)/pipeline demo --dir demo

# The same, and then the staff console on it, until Ctrl-C.
try: $(READY)
	$(BIN)/pipeline demo --dir demo --serve

check: $(TESTED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: $(SERVERS) check
	$(RUN) -m compileall -q pipeline
	$(RUN) -m pytest -n 3 --dist worksteal -m "not long and not benchmark" --durations=10 -rs

# The tests of `make test` again, with the branches counted that they run: twice the time.
coverage: $(SERVERS)
	rm -f .coverage .coverage.*
	$(RUN) -m pytest -n 3 --dist worksteal --cov --cov-report= -m "not long and not benchmark"
	$(BIN)/coverage report

test-long: $(SERVERS)
	$(RUN) -m pytest -m long -x

# Years of the mailbox with everything that can go wrong, two at once: make simulate YEARS=200
YEARS ?= 2
SEED ?= 1
simulate: $(TESTED)
	$(RUN) -m tests.simulation $(YEARS) $(SEED)

# Resolve all locks anew (uv); what is locked stays unless pyproject.toml asks for more.
lock:
	tools/lock

# Ask pip itself, in an environment with nothing in it, whether the locks are whole. Installs nothing.
locks:
	tools/try-locks "$(PYTHON)"

# Build the wheel and use it on every Python of this machine, installed by the lock.
wheel-check:
	tools/try-wheel

forms: $(READY)
	$(BIN)/pipeline form site --out forms

programs: $(SERVERS)
	$(RUN) -m tests.programs.report
	$(RUN) -m tests.programs.pictures

# The pictures of the console, from the story of the demo.
pictures: $(SERVERS)
	$(RUN) -m tests.browser.pictures

bench: $(SERVERS)
	BENCH_WRITE=1 $(RUN) -m pytest -m benchmark -s

clean:
	rm -rf $(VENV) demo .mypy_cache .ruff_cache
