# `make` lists the targets. Everything is installed below this folder, in .tools and .venv, from hash-locked requirements.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

export SAM_CLI_TELEMETRY := 0
export UV_NO_PROGRESS := 1
# Containers like to set it: each process of the tests would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE

BOOTSTRAP_PYTHON ?= python3
UV := .tools/uv/bin/uv
BIN := .venv/bin
SYNC := $(UV) pip sync --quiet --require-hashes
INSTALL := $(SYNC) --compile-bytecode
# PYTHON=/path/to/python3.13 names one. Else uv finds one on the PATH, pyenv's are tried, and uv fetches one if it can.
PYENV_PYTHONS = $(wildcard $(or $(PYENV_ROOT),$(HOME)/.pyenv)/versions/3.13*/bin/python3.13)
VENV := $(UV) venv --quiet --allow-existing
MAKE_VENV = $(foreach each,$(or $(PYTHON),3.13 $(PYENV_PYTHONS)),$(VENV) --no-python-downloads --python $(each) .venv 2>/dev/null ||) \
	$(VENV) --python $(or $(PYTHON),3.13) .venv || { echo "Python 3.13 is needed, and uv could neither find nor fetch it:" \
	"install it so that python3.13 is on the PATH, or name it with PYTHON=/path/to/python3.13." >&2; exit 1; }
# The template needs SAM CLI 1.145 or newer.
SAM_ON_PATH = $(shell sam --version 2>/dev/null | awk -F '[ .]' '$$4 > 1 || ($$4 == 1 && $$5 >= 145) { print "yes" }')
LOCK := $(UV) pip compile --quiet --universal --python-version 3.13 --generate-hashes --no-emit-index-url --no-annotate \
	--custom-compile-command 'make lock' $(LOCK_OPTIONS)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# What `make setup` has installed holds all of it. Small: without bytecode, which a first run writes of what it needs, and
# without a cache in the home folder.
.PHONY: install
install: $(or $(wildcard .venv/.ready),.venv/.installed) $(if $(SAM_ON_PATH),,$(or $(wildcard .tools/sam/.ready),.tools/sam/.installed)) ## install what an operator needs: the command, and what `sam build` needs
	@echo 'Installed. Next:  export PATH="$(CURDIR)/.venv/bin$(if $(SAM_ON_PATH),,:$(CURDIR)/.tools/sam/bin):$$PATH"  and  sam build && sam deploy --guided'

.PHONY: setup
setup: .venv/.ready .tools/sam/.ready .tools/ministack/.ready ## prepare the environments

.PHONY: demo
demo: setup ## play two months of a small MSP on this machine, and check every Addition
	@$(BIN)/python -m local.demo

.PHONY: up
up: setup ## start the demo's stack and leave it running
	@$(BIN)/python -m local.up

.PHONY: down
down: ## end the stack that `make up` started
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m local.up down; fi

.PHONY: sam-local
sam-local: setup ## run every event of events/ through `sam local invoke`, and check what comes of it; needs a Docker engine
	@$(BIN)/python -m local.sam_local

.PHONY: sam-local-up
sam-local-up: setup ## start the stack for `sam local invoke` by hand, and leave it running
	@$(BIN)/python -m local.sam_local up

.PHONY: sam-local-down
sam-local-down: ## end the stack that `make sam-local-up` started
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m local.sam_local down; fi

.PHONY: check
check: setup ## the inner loop: format, lint, types, and the unit and functional tests that are not marked slow
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/pytest -n 2 --dist worksteal -m 'not slow' tests/unit tests/functional

.PHONY: test
test: setup ## all tests, with the coverage of the product's branches
	$(BIN)/python -m local.build
	$(BIN)/coverage erase
	@$(MAKE) --no-print-directory --jobs=2 test-in-process test-deployed
	$(BIN)/coverage report
	$(BIN)/python tests/branches.py
	$(BIN)/python -m verification.simulation --seconds 60
	@tail -n 1 $(DEPLOYED_LOG)

# Side by side: those of the deployed stack wait most of their time.
DEPLOYED_LOG := .local/test-deployed.log
.PHONY: test-in-process test-deployed
test-in-process:
	$(BIN)/pytest -n 2 --dist worksteal --cov --cov-report= tests/unit tests/functional tests/contract tests/simulators tests/simulation tests/cli
test-deployed:
	$(BIN)/pytest tests/e2e >$(DEPLOYED_LOG) 2>&1 || { cat $(DEPLOYED_LOG); exit 1; }

# One seed alone, with its story: make simulation SEED=17. As many as an hour allows: make simulation SECONDS=3600
SEEDS ?= $(if $(SECONDS),,400)
FIRST_SEED ?= 0
.PHONY: simulation
simulation: setup ## play SEEDS seeds from FIRST_SEED on, or as many as SECONDS allow, or SEED alone with its story
	@$(BIN)/python -m verification.simulation $(if $(SEED),--seed $(SEED),--first-seed $(FIRST_SEED) \
		$(if $(SEEDS),--seeds $(SEEDS)) $(if $(SECONDS),--seconds $(SECONDS)))

# Some of them: make mutations ONLY=READ-7
.PHONY: mutations
mutations: setup ## plant plausible bugs one at a time, and see that each is noticed; a few minutes
	@$(BIN)/python -m verification.mutations $(if $(ONLY),--only '$(ONLY)')

# Some of it: make bench ONLY="calls sweep"
.PHONY: bench
bench: setup ## measure calls, time, memory and money against their bounds; docs/performance.md
	@$(BIN)/python -m verification.bench $(if $(ONLY),--only $(ONLY))

.PHONY: least-privilege
least-privilege: setup ## take each permission of our functions away in turn, and see that something fails; a few minutes
	@$(BIN)/python -m tests.e2e.least_privilege

.PHONY: lint
lint: setup .tools/checkov/.ready ## ruff, mypy and the template's linters
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	AWS_DEFAULT_REGION=us-east-1 .tools/sam/bin/sam validate --lint
	.tools/checkov/bin/checkov --config-file .checkov.yaml

# `sam validate --lint` alone needs these, half of the SAM CLI's size; to build and deploy needs none of them.
OF_SAM_LINT := cfn-lint networkx sympy mpmath
.PHONY: lock
lock: .tools/uv/.ready ## resolve the requirements anew; LOCK_OPTIONS=--upgrade for newer versions
	$(LOCK) requirements/bootstrap.in -o requirements/bootstrap.txt
	$(LOCK) pyproject.toml --extra command --group dev -o requirements/dev.txt
	$(LOCK) layers/dependencies/requirements.in -c requirements/dev.txt -o layers/dependencies/requirements.txt
	$(LOCK) layers/pdf/requirements.in -c requirements/dev.txt --no-emit-package charset-normalizer -o layers/pdf/requirements.txt
	$(LOCK) pyproject.toml --extra command --group operator -c requirements/dev.txt -o requirements/operator.txt
	$(LOCK) requirements/sam.in -o requirements/sam.txt
	$(LOCK) requirements/sam.in -c requirements/sam.txt $(addprefix --no-emit-package ,$(OF_SAM_LINT)) -o requirements/sam-deploy.txt
	$(LOCK) requirements/ministack.in -o requirements/ministack.txt
	$(LOCK) requirements/checkov.in -o requirements/checkov.txt

.PHONY: clean
clean: down sam-local-down ## remove all that was installed or built
	rm -rf .venv .tools .local .aws-sam .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.*

# `sam deploy --guided` writes its answers to samconfig.toml. Only a missing file is made: the answers stay.
setup install: samconfig.toml
samconfig.toml:
	@cp samconfig.example.toml $@

# Debian's python3 comes without ensurepip, so `-m venv` may fail there. Once uv is there, nothing needs pip beside it.
.tools/uv/.ready: requirements/bootstrap.txt
	@"$(BOOTSTRAP_PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 9))' \
		|| { echo "Python 3.9 or newer is needed to begin with: make setup BOOTSTRAP_PYTHON=python3.x" >&2; exit 1; }
	@"$(BOOTSTRAP_PYTHON)" -m venv --clear .tools/uv \
		|| { echo "No virtual environment could be made. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@.tools/uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@$(UV) pip uninstall --quiet --python .tools/uv pip
	@touch $@

.venv/.installed: requirements/operator.txt pyproject.toml .tools/uv/.ready
	@$(MAKE_VENV)
	@$(SYNC) --no-cache --python .venv requirements/operator.txt
	@$(UV) pip install --quiet --no-cache --python .venv --no-build-isolation --no-deps --editable .
	@touch $@

.tools/sam/.installed: requirements/sam-deploy.txt .venv/.installed
	@$(VENV) --python .venv/bin/python .tools/sam
	@$(SYNC) --no-cache --python .tools/sam requirements/sam-deploy.txt
	@touch $@

.venv/.ready: requirements/dev.txt pyproject.toml .tools/uv/.ready
	@$(MAKE_VENV)
	@$(INSTALL) --python .venv requirements/dev.txt
	@$(UV) pip install --quiet --python .venv --no-build-isolation --no-deps --editable .
	@touch $@

.tools/sam/.ready .tools/ministack/.ready .tools/checkov/.ready: .tools/%/.ready: requirements/%.txt .venv/.ready
	@$(VENV) --python .venv/bin/python .tools/$*
	@$(INSTALL) --python .tools/$* requirements/$*.txt
	@touch $@
