# Two commands do all the set-up: `make demo` and `make test`. CI calls these targets and nothing else.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
YINXIN_DEMO_ARGS ?=
MINUTES ?= 60

.PHONY: demo test check lint unit run dev bench fuzz docs parts clean

$(VENV)/.runtime: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && apt-get install -y -qq python3-venv && $(PYTHON) -m venv --clear $(VENV); \
	  else echo "Python lacks the venv module: install the package python3-venv, then try again." >&2; exit 1; fi; }
	@echo "installing Yinxin into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	@echo "installing the tools of the test suite …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(VENV)/.runtime  ## the main job, end to end, on embedded defaults
	@$(BIN)/yinxin demo $(YINXIN_DEMO_ARGS)

run: $(VENV)/.runtime  ## serve the demo home
	@$(BIN)/yinxin serve

dev: $(VENV)/.dev  ## everything a developer needs

parts: $(VENV)/.dev  ## servers and judges: installed as root, otherwise named
	@$(BIN)/python -m tests.parts --install

test: $(VENV)/.dev parts  ## the whole suite; a file's tests stay on one worker, which makes their world once
	@$(BIN)/python -m pytest -n $${YINXIN_TEST_WORKERS:-auto} --dist loadfile --durations=60 --durations-min=3

check: $(VENV)/.dev  ## lint, types, import contracts and unit tests
	@$(BIN)/python -m pytest -q -n $${YINXIN_TEST_WORKERS:-auto} tests/architecture tests/unit

lint: $(VENV)/.dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

unit: $(VENV)/.dev
	@$(BIN)/python -m pytest -q tests/unit

bench: $(VENV)/.dev  ## ratios against named peers, in one run
	@$(BIN)/python -m benchmarks all

fuzz: $(VENV)/.dev  ## coverage-guided fuzzing of every parser of foreign bytes: make fuzz MINUTES=60
	@$(BIN)/python -m tests.fuzz.guided --minutes $(MINUTES)

docs: $(VENV)/.dev  ## draw again what is drawn from the code
	@$(BIN)/python -m tests.architecture.drawings --write

clean:
	rm -rf $(VENV) dist build
