# Two commands do all the set-up: `make demo` and `make test`. See the README.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
UV_VERSION := $(shell sed -n 's/^uv==\([^ ]*\).*/\1/p' requirements.lock)
SYNC := pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
EDIT := pip install --quiet --python $(BIN)/python --no-deps --editable .
# One thread a process, since two run at a time; bytecode is kept, since many are started.
TESTING := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=
KERNEL := $(wildcard src/poner_runtime/kernel/*.[ch] src/poner_runtime/kernel/*/*.[ch])

.PHONY: help install demo test check bench fuzz coverage lock pins clean golden

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | expand -t 12

install: $(STAMP)  ## make .venv with poner in it, from the locked versions

$(STAMP): requirements.lock pyproject.toml hatch_build.py $(KERNEL)
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -c 'import importlib.metadata as m; assert m.version("uv") == "$(UV_VERSION)"' \
		2>/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check \
		"uv==$(UV_VERSION)"
	@$(BIN)/uv $(SYNC) 2>/dev/null || $(BIN)/uv --offline $(SYNC) 2>/dev/null || $(BIN)/uv $(SYNC)
	@$(BIN)/uv $(EDIT) 2>/dev/null || $(BIN)/uv --offline $(EDIT) 2>/dev/null || $(BIN)/uv $(EDIT)
	@touch $(STAMP)

demo: install  ## the main job: train, build, run and ask a model, on this machine
	@$(BIN)/poner demo

test: install  ## all tests but the slow ones
	@$(TESTING) $(BIN)/pytest -m "not slow" -n 2 --dist worksteal

check: install  ## format, lint, types, architecture
	@$(BIN)/ruff format --check .
	@$(BIN)/clang-format --dry-run --Werror $(KERNEL)
	@printf '%s\n' $(filter %.c,$(KERNEL)) | xargs -P 2 -n 4 sh -c \
		'$(BIN)/clang-tidy --quiet "$$@" -- -std=c11 2>/dev/null' tidy
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: install  ## cold start and latency, predictions beside other engines', the local Lambda
	@$(BIN)/python benchmarks/run.py
	@$(BIN)/python benchmarks/kernel.py
	@$(BIN)/python benchmarks/emulator.py

INPUTS ?= 1000000

fuzz: install  ## hold poner's reader against standard pickle on INPUTS changed model files
	@$(BIN)/python -m tests.support.differential_fuzzer $(INPUTS)

coverage: install  ## try every estimator of scikit-learn and write docs/coverage.md
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tools.make_coverage

lock: install  ## choose the newest versions anew
	@$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --python-version 3.11 \
		pyproject.toml --all-extras --group dev --output-file requirements.lock \
		--custom-compile-command "make lock"

pins: install  ## choose anew the versions of packages that poner installs, with their hashes
	@$(BIN)/python -m tools.make_pins

golden: install  ## write the golden files anew; review the diff
	@UPDATE_GOLDEN=1 $(BIN)/pytest -q tests/golden

clean:  ## remove what was made
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src -name '*.so' -delete
