# CyberMed: `make run` to see it, `make test` to trust it, `make help` for the rest.

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
FUZZ := tests/security/fuzz
BENCH := tests/benchmarks

# Development's settings for what is run here; tests and checks bring their own.
DEVELOPMENT := DEBUG=1
TESTING := DJANGO_SETTINGS_MODULE=tests.settings
# Servers for the length of a command, unless POSTGRES_URL and MARIADB_URL name some.
WITH_DATABASES := $(BIN)/python -m tests.support.database_servers
# What the others show on one kind of database they need not show on each.
ON_DATABASE_URL := -m "not own_database and not browser"
# For `check --deploy`: production's settings with made-up keys.
PRODUCTION := DEBUG=0 ALLOWED_HOSTS=clinic.example.org \
	SECRET_KEY=0123456789abcdef-only-for-checking-0123456789abcdef-settings \
	JWT_SECRET=fedcba9876543210-only-for-checking-fedcba9876543210-settings

# Tools of their own for what must not share ours, made again when their lock is not the
# one they were made from: $(call python-tools,folder,locks), $(call npm-ci,folder).
python-tools = cat $(2) | cmp -s - $(1)/.venv/installed.txt || { \
	$(BIN)/python -m venv $(1)/.venv && \
	$(1)/.venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes \
		$(addprefix -r ,$(2)) && cat $(2) > $(1)/.venv/installed.txt; }
npm-ci = cmp -s $(1)/package-lock.json $(1)/node_modules/installed.json || { \
	npm ci --prefix $(1) --silent --no-progress && \
	cp $(1)/package-lock.json $(1)/node_modules/installed.json; }

.DEFAULT_GOAL := help
.PHONY: help run test test-databases test-each-database races drivers lint format consistency check full fuzz fuzz-tools bench test-clients client-tools node-tools breaking graphiql graphiql-check schema lock setup

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup ## Serve for development on PORT (8000), with demo data
	@$(DEVELOPMENT) $(BIN)/python manage.py migrate --verbosity 0
	@$(DEVELOPMENT) $(BIN)/python manage.py seed_demo --if-empty
	@echo "GraphiQL and API: http://127.0.0.1:$(PORT)/graphql/"
	@echo "Admin:            http://127.0.0.1:$(PORT)/admin/"
	@exec env $(DEVELOPMENT) $(BIN)/python -W "ignore:StreamingHttpResponse must consume" \
		-m uvicorn config.asgi:application --port "$(PORT)" --reload --lifespan off \
		--no-proxy-headers

test: setup ## Run the tests, on DATABASE_URL's kind of database
	@$(BIN)/python -m pytest -n auto $(ARGS)

test-databases: setup drivers ## Run them with every proof on SQLite, PostgreSQL and MariaDB
	@$(WITH_DATABASES) $(MAKE) --no-print-directory test-each-database

test-each-database:
	@PROOF=$${PROOF:-reduced} $(MAKE) --no-print-directory test
	@PROOF=quick $(MAKE) --no-print-directory test DATABASE_URL="$$POSTGRES_URL" ARGS='$(ON_DATABASE_URL)'
	@PROOF=quick $(MAKE) --no-print-directory test DATABASE_URL="$${MARIADB_URL}cybermed" ARGS='$(ON_DATABASE_URL)'

races: setup drivers ## Race real processes on the three databases; prints the README's table
	@$(TESTING) $(WITH_DATABASES) $(BIN)/python -m tests.races

drivers: setup
	@$(BIN)/python -c 'import psycopg, MySQLdb' 2>/dev/null || $(BIN)/python -m pip install -q \
		--disable-pip-version-check --require-hashes \
		-r requirements/postgresql.txt -r requirements/mysql.txt

lint: setup ## Style, types, and which room may import which
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy .
	@$(BIN)/lint-imports

format: setup ## Put the code into its one style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

consistency: setup ## Are migrations and SDL complete, and production's settings safe?
	@$(TESTING) $(BIN)/python manage.py makemigrations --check --dry-run
	@$(TESTING) $(BIN)/python manage.py export_schema schema.schema:schema \
		| diff $(SDL) - || { echo 'The SDL is stale: run `make schema`.' >&2; exit 1; }
	@$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING

check: lint consistency test ## All of the above that must pass before a commit

full: export PROOF = full
full: lint consistency test-databases fuzz ## The same with every count that was promised, which takes long

fuzz: fuzz-tools ## Throw generated documents at a live server, as everybody
	@$(BIN)/python -m tests.security.fuzz.run

# QUICK=1: within three minutes, and RESULTS.md stays as it is. GROWTH=1: one page, in
# clinics of 20 thousand and of 2 million visits. POSTGRES_URL names a
# server that keeps the clinic for the next time; else there is one for the length of the run.
bench: setup drivers ## Measure the server beside its peers; needs PostgreSQL and wrk, uses Node
	@$(call python-tools,$(BENCH),requirements/base.txt requirements/postgresql.txt requirements/bench.txt)
	@! command -v npm >/dev/null || { $(call npm-ci,$(BENCH)/peers/postgraphile); }
	@$(WITH_DATABASES) $(BENCH)/.venv/bin/python -m \
		$(if $(GROWTH),tests.benchmarks.growth,tests.benchmarks $(if $(QUICK),--runs 1 --seconds 2,--write) $(ARGS))

test-clients: client-tools ## Try a front end and other clients against live servers; needs Node and Chromium
	@npm test --prefix $(NODE) --silent
	@$(PYTHON_CLIENT)/.venv/bin/python -m pytest -q -c /dev/null --noconftest $(PYTHON_CLIENT)/gql_client.py
	@npm test --prefix $(WEB) --silent

breaking: node-tools ## Does the SDL break clients in a way that CHANGELOG does not name? Needs Node
	@node $(NODE)/breaking-changes.mjs

fuzz-tools: setup
	@$(call python-tools,$(FUZZ),$(FUZZ)/requirements.txt)

client-tools: setup node-tools
	@$(call python-tools,$(PYTHON_CLIENT),$(PYTHON_CLIENT)/requirements.txt)
	@$(call npm-ci,$(WEB))

node-tools:
	@$(call npm-ci,$(NODE))

# node_modules is removed: the reloader of `make run` would scan it several times a second.
graphiql: ## Build the GraphiQL page from its lock file; needs Node
	@$(call npm-ci,$(GRAPHIQL))
	@npm run build --prefix $(GRAPHIQL) --silent
	@rm -rf $(GRAPHIQL)/node_modules

graphiql-check:
	@$(call npm-ci,$(GRAPHIQL))
	@npm run check --prefix $(GRAPHIQL) --silent
	@rm -rf $(GRAPHIQL)/node_modules

schema: setup ## Print the SDL anew
	@$(TESTING) $(BIN)/python manage.py export_schema schema.schema:schema > $(SDL)

# pip compares hashes only; the lock is installed again only when it differs
# from the copy of what was installed last.
setup: ## Make .venv from the lock, if it is not yet
	@cmp -s $(LOCK) $(VENV)/installed.txt || $(MAKE) --no-print-directory $(VENV)/installed.txt
	@case "$$DATABASE_URL" in \
		postgres*) $(BIN)/python -c 'import psycopg' 2>/dev/null || \
			$(BIN)/python -m pip install -q --require-hashes -r requirements/postgresql.txt ;; \
		mysql*|mariadb*) $(BIN)/python -c 'import MySQLdb' 2>/dev/null || \
			$(BIN)/python -m pip install -q --require-hashes -r requirements/mysql.txt ;; \
	esac

.PHONY: $(VENV)/installed.txt
$(VENV)/installed.txt:
	@python=$$(for python in python3 python3.13 python3.12 python3.11; do \
		$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
			&& echo $$python && break; done); \
	test -n "$$python" || { echo "CyberMed needs Python 3.11 or later." >&2; exit 1; }; \
	echo "Installing what $(LOCK) lists into $(VENV) ..."; \
	test -x $(BIN)/python || $$python -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $(LOCK)
	@cp $(LOCK) $@

lock: ## Settle the versions anew, within pyproject.toml's ranges
	@rm -rf $(VENV)-lock && python3 -m venv $(VENV)-lock && $(VENV)-lock/bin/pip install -q $(UV)
	@$(VENV)-lock/bin/uv pip compile $(COMPILE) pyproject.toml -o requirements/base.txt
	@$(VENV)-lock/bin/uv pip compile $(COMPILE) -c requirements/base.txt pyproject.toml --group dev -o $(LOCK)
	@$(VENV)-lock/bin/uv pip compile $(COMPILE) -c requirements/base.txt --group postgresql -o requirements/postgresql.txt
	@$(VENV)-lock/bin/uv pip compile $(COMPILE) -c requirements/base.txt --group mysql -o requirements/mysql.txt
	@$(VENV)-lock/bin/uv pip compile $(COMPILE) -c requirements/base.txt --group redis -o requirements/redis.txt
	@$(VENV)-lock/bin/uv pip compile $(COMPILE) -c $(LOCK) --group bench -o requirements/bench.txt
	@$(VENV)-lock/bin/uv pip compile $(COMPILE) $(PYTHON_CLIENT)/requirements.in -o $(PYTHON_CLIENT)/requirements.txt
	@$(VENV)-lock/bin/uv pip compile $(COMPILE) $(FUZZ)/requirements.in -o $(FUZZ)/requirements.txt
	@rm -rf $(VENV)-lock
