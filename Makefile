# Each target does its whole job from a bare machine: Python 3.11, make and git.
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help run test test-all lint docs bench clean

help: ## Say what each target does
	@awk -F ': .*## ' '/^[a-z-]+: .*##/ {printf "make %-8s %s\n", $$1, $$2}' Makefile

run: .venv/run ## Install, start PostgreSQL, load data/ (the samples where there is none), dbt build, docs, report, page
	@test -n "$$PGHOST" || synapse up
	@test -n "$$SYNAPSE_SQLITE_DIR" || test -d data || synapse sample data
	synapse load
	dbt build
	@synapse docs > /dev/null
	@synapse report --html target/report.html
	@echo "docs: $(CURDIR)/target/static_index.html"
	@echo "page: $(CURDIR)/target/report.html"

test: .venv/dev lint ## Everything CI runs: lint, and the tests on a PostgreSQL of their own
	pytest --numprocesses auto --dist loadscope --no-loadscope-reorder -m "not long"

test-all: .venv/dev lint ## Those and the long ones: big files, other servers
	pytest --numprocesses auto --dist loadscope --no-loadscope-reorder

lint: .venv/dev ## ruff and sqlfluff
	ruff check .
	ruff format --check .
	sqlfluff lint --processes 2 --disable-progress-bar models tests

docs: .venv/run ## Write the documentation as one file, target/static_index.html
	@synapse docs

bench: .venv/run .venv-bench/bench ## Measure loading beside other ways; CASES=rows,tables,samples,mixed,reload,files,queries ROWS=100000,1000000 FILES=8 ROUNDS=5
	.venv-bench/bin/python -m benchmarks run \
		$(call each,rows,$(ROWS)) $(call each,case,$(CASES)) $(call each,files,$(FILES)) $(call each,rounds,$(ROUNDS))
each = $(addprefix --$(1)=,$(subst $(comma), ,$(2)))
comma := ,

clean: ## Stop the server and remove what is generated; data/ and .postgres/ with the warehouse stay
	-@test -x .venv/bin/synapse && synapse down
	rm -rf .venv .venv-bench .bench build target logs loaders/sqlite/*.so

.venv/bin/pip:
	$(PYTHON) -m venv .venv

# One set of pinned versions for both: what the project needs to run, and what its developers need besides.
.venv/run: .venv/bin/pip pyproject.toml constraints.txt loaders/sqlite/copy_lines.c
	pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

.venv/dev: .venv/run
	pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

.venv-bench/bench: benchmarks/requirements.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install --quiet --disable-pip-version-check --requirement $<
	.venv-bench/bin/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@
