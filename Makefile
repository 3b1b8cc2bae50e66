# `make run` starts a development server, `make test` runs the tests, `make help` lists the rest.

PORT ?= 8000
DATABASE_URL ?= sqlite:///db.sqlite3
export PORT DATABASE_URL

VENV := .venv
BIN := $(VENV)/bin
LOCK := requirements/dev.txt
UV := uv==0.13.9
COMPILE := --quiet --universal --generate-hashes --no-emit-index-url --no-annotate \
	--python-version 3.11 --custom-compile-command "make lock"
SDL := schema/schema.graphql
WEB := tests/clients/web
NODE := tests/clients/node
PYTHON_CLIENT := tests/clients/python
GRAPHIQL := schema/graphiql
CALENDAR := clinic/calendar_page
FUZZ := tests/security/fuzz
BENCH := tests/benchmarks
BENCH_AGAINST = tests.benchmarks.against $(AGAINST) $(if $(ROUNDS),--rounds $(ROUNDS),--write) $(ARGS)
DOCS := .docs

DEVELOPMENT := DEBUG=1
TESTING := DJANGO_SETTINGS_MODULE=tests.settings
# Starts temporary PostgreSQL and MariaDB servers for the duration of a command, unless
# POSTGRES_URL and MARIADB_URL are set.
WITH_DATABASES := $(BIN)/python -m tests.support.database_servers
WITH_POSTGRESQL := $(WITH_DATABASES) --only PostgreSQL
# These tests do not depend on DATABASE_URL, so running them once is enough.
ON_DATABASE_URL := -m "not own_database and not browser"
# Production settings with made-up keys, for `check --deploy`.
PRODUCTION := DEBUG=0 ALLOWED_HOSTS=clinic.example.org \
	SECRET_KEY=0123456789abcdef-only-for-checking-0123456789abcdef-settings \
	JWT_SECRET=fedcba9876543210-only-for-checking-fedcba9876543210-settings

# Every failure below ends in one line that says what to do; the tool's output is in a log file.
MYSQL_PACKAGES := mysqlclient needs MariaDB's headers, pkg-config and a C compiler \
	(Debian: apt install libmariadb-dev pkg-config gcc)
# $(call pip-install,virtual environment,requirements files,advice)
pip-install = $(1)/bin/python -m pip install -q --disable-pip-version-check --require-hashes \
	$(addprefix -r ,$(2)) >$(1)/pip.log 2>&1 || { \
	echo "Installing $(2) failed. $(if $(3),$(3). )Check the network connection; details: $(1)/pip.log" >&2; \
	exit 1; }
# $(call venv,directory) creates a virtual environment with $$python.
venv = $$python -m venv $(1) >/dev/null 2>&1 || { rm -rf $(1); \
	echo "Creating $(1) failed. Install Python's venv module (Debian: apt install python3-venv)." >&2; \
	exit 1; }
require-node = node -e 'var v = process.versions.node.split(".").map(Number); \
	process.exit(v[0] > 22 || v[0] == 22 && v[1] >= 12 || v[0] == 20 && v[1] >= 19 ? 0 : 1)' 2>/dev/null || { \
	echo "Node.js 20.19, 22.12 or later is needed; found: $$(node --version 2>/dev/null || echo none)." >&2; \
	exit 1; }

# Packages that conflict with ours go into directories of their own. They are installed again when
# the lock file differs from the copy that was made at the last installation:
# $(call python-tools,directory,requirements files), $(call npm-ci,directory).
python-tools = cat $(2) | cmp -s - $(1)/.venv/installed.txt || { \
	python=$(BIN)/python; $(call venv,$(1)/.venv); $(call pip-install,$(1)/.venv,$(2)); \
	cat $(2) >$(1)/.venv/installed.txt; }
npm-ci = $(require-node); cmp -s $(1)/package-lock.json $(1)/node_modules/installed.json || { \
	npm ci --prefix $(1) --loglevel=error --no-progress --no-fund >$(1)/npm.log 2>&1 || { \
		echo "npm ci failed in $(1). Check the network connection; details: $(1)/npm.log" >&2; \
		exit 1; }; \
	cp $(1)/package-lock.json $(1)/node_modules/installed.json; }

# $(call npm-run,directory,script). node_modules is removed: the reloader of `make run` would scan it
# several times a second.
npm-run = $(npm-ci); npm run $(2) --prefix $(1) --silent || exit 1; rm -rf $(1)/node_modules

.DEFAULT_GOAL := help
.PHONY: help run attack test test-databases test-each-database test-redis compare races drivers drills production-check debian-check serve lint format consistency check full docs docs-serve docs-tools fuzz fuzz-tools bench test-clients client-tools node-tools breaking graphiql graphiql-check calendar calendar-check schema lock setup

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup ## Start the development server on PORT (8000), with demo data
	@$(BIN)/python -c 'import socket; socket.create_server(("127.0.0.1", $(PORT)))' 2>/dev/null || { \
		echo "Port $(PORT) is in use or invalid. Choose another port: make run PORT=8001" >&2; \
		exit 1; }
	@$(DEVELOPMENT) $(BIN)/python manage.py migrate --verbosity 0
	@$(DEVELOPMENT) $(BIN)/python manage.py seed_demo --if-empty --patients 150 --appointments 800
	@echo "GraphiQL and API: http://127.0.0.1:$(PORT)/graphql/"
	@echo "Admin:            http://127.0.0.1:$(PORT)/admin/"
	@exec env $(DEVELOPMENT) $(BIN)/python -W "ignore:StreamingHttpResponse must consume" \
		-m config.asgi_server --host 127.0.0.1 --reload $(addprefix --reload-dir ,config schema clinic users)

test: setup ## Run the tests on DATABASE_URL (SQLite); ARGS are passed to pytest
	@$(BIN)/python -m pytest -n auto $(ARGS)

test-databases: export REQUIRE_ALL = 1
test-databases: setup drivers ## Run the tests on SQLite, PostgreSQL and MariaDB, with more races and crashes
	@$(WITH_DATABASES) $(MAKE) --no-print-directory test-each-database

test-each-database:
	@PROOF=$${PROOF:-reduced} $(MAKE) --no-print-directory test
	@PROOF=quick $(MAKE) --no-print-directory test DATABASE_URL="$$POSTGRES_URL" ARGS='$(ON_DATABASE_URL)'
	@PROOF=quick $(MAKE) --no-print-directory test DATABASE_URL="$${MARIADB_URL}cybermed" ARGS='$(ON_DATABASE_URL)'

# COMPARE=tests compares the requests of all tests.
COMPARE := tests/security/test_audit.py tests/schema/appointments/test_appointment_changes.py
compare: setup ## Execute the requests of API tests by plans and by graphql-core, and compare them
	@DATABASE_URL=sqlite:///:memory: COMPARE_EXECUTION=1 $(BIN)/python -m pytest -n auto $(COMPARE) $(ON_DATABASE_URL)

test-redis: setup redis-driver ## Run the tests of several processes on the Redis server of REDIS_URL (database 9 of this machine's)
	@REDIS_URL=$${REDIS_URL:-redis://127.0.0.1:6379/9} $(BIN)/python -m pytest -n auto \
		tests/schema/subscriptions/test_redis.py tests/security/test_password_guessing_races.py

races: setup drivers ## Book from many processes at once on each database; prints a table
	@$(TESTING) $(WITH_DATABASES) $(BIN)/python -m tests.races

# DRILLS="server_kills row_lock" runs these only, SECONDS=8 is how long each takes (30). With TIMES=0
# seconds are printed and not judged, for machines that do other things meanwhile.
drills: setup drivers redis-driver ## Kill, stop, lock and fill what the clinic needs while patients book; prints a table
	@$(TESTING) DRILL_SECONDS=$(or $(SECONDS),30) DRILL_TIMES=$(or $(TIMES),1) \
		$(WITH_POSTGRESQL) $(BIN)/python -m tests.drills $(DRILLS)

production-check: setup redis-driver ## Run the set-up of docs/operations/production.md on loopback; needs nginx, PostgreSQL, Redis
	@$(TESTING) $(BIN)/python -m tests.production check

debian-check: setup ## Run the commands of docs/operations/production.md on an empty Debian; needs root, debootstrap, systemd-nspawn
	@$(BIN)/python -m tests.production.debian --database $(or $(DATABASE),PostgreSQL)

serve: setup redis-driver ## Run a clinic as in production on loopback, with demo data; needs nginx, PostgreSQL, Redis
	@exec env $(TESTING) $(BIN)/python -m tests.production serve

redis-driver: setup
	@$(BIN)/python -c 'import channels_redis' 2>/dev/null || { \
		$(call pip-install,$(VENV),requirements/redis.txt); }

# REQUIRE_ALL=1 makes a missing database an error instead of a line.
drivers: setup ## Install the drivers of PostgreSQL and of MariaDB, if MARIADB_URL is set or its headers exist
	@$(BIN)/python -c 'import psycopg' 2>/dev/null || { \
		$(call pip-install,$(VENV),requirements/postgresql.txt); }
	@$(BIN)/python -c 'import MySQLdb' 2>/dev/null || \
	if test -n "$$MARIADB_URL$$REQUIRE_ALL" || pkg-config --exists libmariadb 2>/dev/null; then \
		$(call pip-install,$(VENV),requirements/mysql.txt,$(MYSQL_PACKAGES)); \
	else \
		echo "MariaDB is left out: MARIADB_URL is not set and MariaDB's headers are not installed."; \
	fi

attack: setup drivers ## Measure attacks on live servers; prints the table of SECURITY.md
	@$(TESTING) $(WITH_POSTGRESQL) $(BIN)/python -m tests.security.attacks $(ARGS)

lint: setup ## Check style, types and import layering
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy .
	@$(BIN)/lint-imports

format: setup ## Format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

consistency: setup ## Check that migrations and SDL are complete and production settings are safe
	@$(TESTING) $(BIN)/python manage.py makemigrations --check --dry-run
	@$(TESTING) $(BIN)/python manage.py export_schema schema.schema:schema \
		| diff $(SDL) - || { echo 'schema/schema.graphql is out of date. Run `make schema`.' >&2; exit 1; }
	@$(PRODUCTION) $(BIN)/python manage.py collectstatic --no-input --verbosity 0
	@$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING

check: lint consistency test ## Run lint, consistency and test, as before a commit

full: export PROOF = full
full: lint consistency test-databases compare drills fuzz ## Run the full test matrix (slow)

fuzz: fuzz-tools ## Send generated documents to a live server as each kind of user
	@$(BIN)/python -m tests.security.fuzz.run

docs: docs-tools ## Build the documentation into .docs/site; a broken link fails
	@$(DOCS)/.venv/bin/zensical build --strict --clean

docs-serve: docs-tools ## Show the documentation on port 8001, rebuilt at each change
	@$(DOCS)/.venv/bin/zensical serve --dev-addr 127.0.0.1:8001

docs-tools: setup
	@$(call python-tools,$(DOCS),requirements/docs.txt)

# QUICK=1 takes less than three minutes and does not write RESULTS.md. GROWTH=1 measures one page
# with 20 thousand and with 2 million appointments. A server named by POSTGRES_URL keeps the data for
# the next run. AGAINST=<commit> measures CPU time beside an earlier commit instead, without wrk;
# ROUNDS=10 takes less than four minutes (the first run of a day longer) and does not write RESULTS.md.
bench: setup ## Compare the server's speed with its peers; needs PostgreSQL and wrk, uses Node.js
	@test -n "$(AGAINST)" || command -v wrk >/dev/null || { \
		echo "wrk is needed to measure. Install it (Debian: apt install wrk)." >&2; exit 1; }
	@$(call python-tools,$(BENCH),requirements/base.txt requirements/postgresql.txt requirements/bench.txt)
	@test -n "$(AGAINST)" || ! command -v npm >/dev/null || { $(call npm-ci,$(BENCH)/peers/postgraphile); }
	@$(WITH_POSTGRESQL) $(BENCH)/.venv/bin/python -m $(if $(AGAINST),$(BENCH_AGAINST), \
		$(if $(GROWTH),tests.benchmarks.growth,tests.benchmarks $(if $(QUICK),--runs 1 --seconds 2,--write) $(ARGS)))

test-clients: client-tools ## Run the example front end and other clients against live servers; needs Node.js and Chromium
	@MIGRATED_DATABASE=$$(mktemp) && export MIGRATED_DATABASE \
		&& trap 'rm -f "$$MIGRATED_DATABASE"' EXIT \
		&& $(TESTING) DATABASE_URL="sqlite:///$$MIGRATED_DATABASE" $(BIN)/python manage.py migrate -v0 \
		&& npm test --prefix $(NODE) --silent \
		&& $(PYTHON_CLIENT)/.venv/bin/python -m pytest -q -c /dev/null --noconftest $(PYTHON_CLIENT)/gql_client.py \
		&& npm test --prefix $(WEB) --silent

breaking: node-tools ## Check the SDL for breaking changes that CHANGELOG.md does not list; needs Node.js
	@node $(NODE)/breaking-changes.mjs

fuzz-tools: setup
	@$(call python-tools,$(FUZZ),$(FUZZ)/requirements.txt)

client-tools: setup node-tools
	@$(call python-tools,$(PYTHON_CLIENT),$(PYTHON_CLIENT)/requirements.txt)
	@$(call npm-ci,$(WEB))

node-tools:
	@$(call npm-ci,$(NODE))

graphiql: ## Build the GraphiQL page from its lock file; needs Node
	@$(call npm-run,$(GRAPHIQL),build)

graphiql-check:
	@$(call npm-run,$(GRAPHIQL),check)

calendar: ## Build the calendar of the admin from its lock file; needs Node
	@$(call npm-run,$(CALENDAR),build)

calendar-check:
	@$(call npm-run,$(CALENDAR),check)

schema: setup ## Write the SDL to schema/schema.graphql
	@$(TESTING) $(BIN)/python manage.py export_schema schema.schema:schema > $(SDL)

# pip takes seconds to find out that nothing changed, so the lock file is compared first.
setup: ## Create .venv and install the packages of requirements/dev.txt
	@cmp -s $(LOCK) $(VENV)/installed.txt || $(MAKE) --no-print-directory $(VENV)/installed.txt
	@case "$$DATABASE_URL" in \
		postgres*) $(BIN)/python -c 'import psycopg' 2>/dev/null || { \
			$(call pip-install,$(VENV),requirements/postgresql.txt); } ;; \
		mysql*|mariadb*) $(BIN)/python -c 'import MySQLdb' 2>/dev/null || { \
			$(call pip-install,$(VENV),requirements/mysql.txt,$(MYSQL_PACKAGES)); } ;; \
	esac

.PHONY: $(VENV)/installed.txt
$(VENV)/installed.txt:
	@python=$$(for python in python3 python3.14 python3.13 python3.12 python3.11; do \
		$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
			&& echo $$python && break; done); \
	test -n "$$python" || { echo "Python 3.11 or later is needed. Install it and run make again." >&2; exit 1; }; \
	echo "Installing $(LOCK) into $(VENV) ..."; \
	test -x $(BIN)/python || { $(call venv,$(VENV)); }
	@$(call pip-install,$(VENV),$(LOCK))
	@cp $(LOCK) $@

lock: ## Update the lock files within the ranges of pyproject.toml
	@rm -rf $(VENV)-lock && python3 -m venv $(VENV)-lock && $(VENV)-lock/bin/pip install -q $(UV)
	@$(VENV)-lock/bin/uv pip compile $(COMPILE) pyproject.toml -o requirements/base.txt
	@$(VENV)-lock/bin/uv pip compile $(COMPILE) -c requirements/base.txt pyproject.toml --group dev -o $(LOCK)
	@$(VENV)-lock/bin/uv pip compile $(COMPILE) -c requirements/base.txt --group postgresql -o requirements/postgresql.txt
	@$(VENV)-lock/bin/uv pip compile $(COMPILE) -c requirements/base.txt --group mysql -o requirements/mysql.txt
	@$(VENV)-lock/bin/uv pip compile $(COMPILE) -c requirements/base.txt --group redis -o requirements/redis.txt
	@$(VENV)-lock/bin/uv pip compile $(COMPILE) -c requirements/base.txt --group s3 -o requirements/s3.txt
	@$(VENV)-lock/bin/uv pip compile $(COMPILE) -c $(LOCK) --group bench -o requirements/bench.txt
	@$(VENV)-lock/bin/uv pip compile $(COMPILE) -c $(LOCK) --group docs -o requirements/docs.txt
	@$(VENV)-lock/bin/uv pip compile $(COMPILE) $(PYTHON_CLIENT)/requirements.in -o $(PYTHON_CLIENT)/requirements.txt
	@$(VENV)-lock/bin/uv pip compile $(COMPILE) $(FUZZ)/requirements.in -o $(FUZZ)/requirements.txt
	@rm -rf $(VENV)-lock
