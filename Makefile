# Needs only Python >= 3.11 and make; everything else goes into .venv. Plain pip and pytest lines
# for machines without make stand in README.md.
PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11 python,$(shell $(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name))))
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEV := $(VENV)/.dev
MUTANTS := $(VENV)/.mutants
CLIENTS := .venv-clients
CI := .venv-ci
NODE := reports/allure/node
NODE_READY := $(if $(shell command -v npm 2>/dev/null),$(NODE)/node_modules/.ready)
COHORT ?= fixtures/cohorts/demo.csv
REPORTS ?= reports/out
OURS := tests/runs tests/browser tests/tenant tests/services tests/unit
# The longest files are started first, so that all workers end together. One more than two
# processors, because a third of the time of whole runs is waiting.
WORKERS := -n 3 --dist loadfile --no-loadscope-reorder
# Tests start hundreds of processes, and each would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: learner-wheel docs help grade report model-answer test test-all quick lint lint-ci live-check tenant bench bench-all bench-quick mutants clients golden screenshots lock clean

help: ## list what there is to make
	@grep -E '^[a-z-]+:.*##' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:[^#]*## /\t/' | sort | awk -F '\t' '{printf "%-13s %s\n", $$1, $$2}'

grade: $(READY) $(NODE_READY) ## grade the demo cohort on the simulated tenant
	@echo "Grading $(COHORT) on the simulated tenant; this takes less than a minute."
	@$(BIN)/pytest --learners $(COHORT) --tenant simulated --fail-on never --reports $(REPORTS)
	@echo "Building the Allure report; this takes less than a minute."
	@$(BIN)/python -m reports report $(REPORTS) || echo "Everything else was written."
	@echo "Done: the class is graded. Open $(REPORTS)/index.html"

report: $(READY) $(NODE_READY) ## build the Allure report of the last run (needs Node)
	$(BIN)/python -m reports report $(REPORTS)

test: $(DEV) $(NODE_READY) ## the suite's own tests, and the model answer graded on the simulated tenant
	@$(MAKE) --no-print-directory -j 2 lint model-answer
	$(BIN)/pytest $(OURS) $(WORKERS) --cov --cov-report= --durations=20
	$(BIN)/python -m tests.support.branches

model-answer: $(DEV)
	$(BIN)/pytest tests/lab --reports reports/out/model-answer

test-all: lint $(NODE_READY) ## the same with whole matrices: every fault on every question
	$(BIN)/pytest $(OURS) $(WORKERS) --whole

quick: lint ## lint, and the tests of functions and services
	$(BIN)/pytest tests/unit tests/services -n 2 -q

lint: $(DEV) ## ruff, mypy, import-linter
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lint-ci: $(CI)/.ready ## check the pipelines in docs/ci: actionlint, zizmor, each service's schema
	$(CI)/bin/actionlint docs/ci/github-*.yml
	$(CI)/bin/zizmor --offline --no-progress --quiet docs/ci/github-*.yml
	$(CI)/bin/check-jsonschema --builtin-schema vendor.github-workflows docs/ci/github-*.yml
	$(CI)/bin/check-jsonschema --builtin-schema vendor.azure-pipelines --data-transform azure-pipelines --regex-variant nonunicode docs/ci/azure-pipelines.yml
	$(CI)/bin/check-jsonschema --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci docs/ci/gitlab-ci.yml
	$(CI)/bin/kubernetes-validate --strict --quiet docs/ci/kubernetes.yml

$(CI)/.ready: requirements-ci.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; install it, or name it: make PYTHON=/path/to/python"; exit 1; }
	@echo "Installing what checks the pipelines into $(CI): about 120 MB; this takes a minute, once."
	@$(PYTHON) -m venv $(CI)
	@$(CI)/bin/python -m pip install --quiet --require-hashes -r requirements-ci.lock
	@touch $@

learner-wheel: $(READY) ## build what learners install into build/learner (docs/learner.md)
	$(BIN)/python fixtures/learner/wheel/build.py build/learner

live-check: ## the ten-minute list for the first person with a real tenant
	@cat docs/live-check.md

tenant: $(READY) ## serve the simulated tenant for the demo cohort until Ctrl-C
	$(BIN)/python -m fixtures.simulator --learners $(COHORT)

bench: $(DEV) ## measure the goals; what was measured goes to benchmarks/results.json
	$(BIN)/python benchmarks/table.py

bench-all: bench $(NODE_READY) ## the same, and every other benchmark
	$(BIN)/python benchmarks/forecast.py
	$(BIN)/python benchmarks/tenant.py --learners 10000
	$(BIN)/python benchmarks/page.py
	$(BIN)/python benchmarks/allure_report.py --learners 200
	$(BIN)/python benchmarks/compare.py
	$(BIN)/python benchmarks/nightly.py
	$(BIN)/python benchmarks/governor.py
	$(BIN)/python benchmarks/hostile_class.py

bench-quick: $(DEV) ## measure the goals on small classes
	$(BIN)/python benchmarks/table.py --quick

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; install it, or name it: make PYTHON=/path/to/python"; exit 1; }
	@echo "Installing the grader into $(VENV): about 220 MB; this takes some minutes, once."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(READY)

$(DEV): requirements-dev.lock $(READY)
	@echo "Installing what the suite's own tests need: about 280 MB; this takes some minutes, once."
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $(DEV)

# Only where there is npm: without it everything but the Allure report works.
$(NODE)/node_modules/.ready: $(NODE)/package-lock.json
	@echo "Installing what the Allure report needs: about 60 MB; this takes less than a minute, once."
	@npm ci --prefix $(NODE) --no-fund --no-audit --silent && touch $@ \
		|| echo "npm could not install what the Allure report needs; everything else works"

$(MUTANTS): requirements-mutants.lock $(DEV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-mutants.lock
	@touch $(MUTANTS)

mutants: $(MUTANTS) ## break checks and rules one at a time: do the catalogue and the tests notice?
	$(BIN)/python -m tests.support.mutants

clients: $(CLIENTS)/.ready $(CLIENTS)/.node $(CLIENTS)/.gh $(CLIENTS)/.az ## clients of several makers on the simulated tenant: docs/clients.md
	@$(CLIENTS)/bin/pytest tests/clients; status=$$?; $(CLIENTS)/bin/python -m tests.clients.table; exit $$status

$(CLIENTS)/.ready: requirements-clients.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; install it, or name it: make PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv $(CLIENTS)
	$(CLIENTS)/bin/python -m pip install --quiet --require-hashes -r requirements-clients.lock
	$(CLIENTS)/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# Without npm or Debian's packages, their clients are skipped.
$(CLIENTS)/.node: tests/clients/node/package-lock.json | $(CLIENTS)/.ready
	@npm ci --prefix tests/clients/node --no-fund --no-audit --silent \
		|| echo "npm could not install the clients for Node; they are skipped"
	@touch $@

$(CLIENTS)/.az: requirements-az.lock | $(CLIENTS)/.ready
	$(PYTHON) -m venv $(CLIENTS)/az
	@$(CLIENTS)/az/bin/python -m pip install --quiet --require-hashes -r requirements-az.lock \
		|| { rm -rf $(CLIENTS)/az; echo "azure-cli could not be installed; it is skipped"; }
	@touch $@

$(CLIENTS)/.gh: | $(CLIENTS)/.ready
	@cd $(CLIENTS) && { command -v gh >/dev/null || { apt-get download -qq gh && dpkg -x gh_*.deb gh; }; } \
		|| echo "Debian's gh is not available here; it is skipped"
	@touch $@

golden: $(DEV) ## renew what is expected of the catalogue and the demo cohort: read the differences
	$(BIN)/python -m tests.support.make_golden $(GOLDEN)

docs: $(DEV) ## renew the pages, counts and lines that documents take from the code
	$(BIN)/python -m tests.support.make_docs

screenshots: $(DEV) ## renew the pictures in docs/screenshots (needs chromium)
	$(BIN)/python -m tests.support.screenshots $(REPORTS)

lock: ## renew the six lock files (needs a package index)
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet uv
	build/lock/bin/uv pip compile --universal --python-version 3.11 --generate-hashes \
		--no-strip-extras --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" \
		--group build --upgrade pyproject.toml --output-file requirements.lock --quiet
	build/lock/bin/uv pip compile --universal --python-version 3.11 --generate-hashes \
		--no-strip-extras --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" \
		--group dev --upgrade --constraint requirements.lock pyproject.toml \
		--output-file requirements-dev.lock --quiet
	build/lock/bin/uv pip compile --universal --python-version 3.11 --generate-hashes \
		--no-strip-extras --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" \
		--group mutants --upgrade --constraint requirements-dev.lock \
		--output-file requirements-mutants.lock --quiet
	build/lock/bin/uv pip compile --universal --python-version 3.11 --generate-hashes \
		--no-strip-extras --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" \
		--extra clients --upgrade pyproject.toml --output-file requirements-clients.lock --quiet
	build/lock/bin/uv pip compile --universal --python-version 3.11 --generate-hashes \
		--no-strip-extras --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" \
		--group az --upgrade --output-file requirements-az.lock --quiet
	build/lock/bin/uv pip compile --universal --python-version 3.11 --generate-hashes \
		--no-strip-extras --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" \
		--group ci --upgrade --output-file requirements-ci.lock --quiet

clean: ## remove the environment and all results
	rm -rf $(VENV) $(CLIENTS) $(CI) $(NODE)/node_modules tests/clients/node/node_modules reports/out
