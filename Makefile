# `make run` and `make test` do everything on a fresh machine; docs/run.md tells the rest.
.DEFAULT_GOAL := help
.PHONY: help run dev test check checks bench format lock images manage routes
.SUFFIXES:

PY := .venv/bin/python
# Processes that share the test suite, each with a database of its own.
JOBS ?= 2
# Throw-away PostgreSQL and Redis, and an environment that names nothing real.
THROW_AWAY := $(PY) -m clinic.runtime exec --
PRODUCTION := DEBUG=0 CLINIC_DEMO=0 PUBLIC_URL=https://clinic.example ALLOWED_HOSTS=clinic.example
PIP_INSTALL := PIP_USER=0 $(PY) -m pip install -qq --disable-pip-version-check

help:
	@echo 'make run      the whole clinic on http://127.0.0.1:8000 (PORT=, HOST=, CLINIC_DATA_DIR= change that)'
	@echo 'make test     the whole test suite (ARGS="-k booking" passes arguments to pytest, JOBS=1 runs one at a time)'
	@echo 'make check    format, lint, types, templates, floors, migrations, deployment settings'
	@echo 'make bench    how fast the product is, against yardsticks of the same run (ARGS="--quick" for a glance)'
	@echo 'make dev      like run, with DEBUG, reloading when the source changes'
	@echo 'make manage   manage.py on the data folder (ARGS="createsuperuser")'
	@echo 'make format   put Python and templates in shape'
	@echo 'make lock     resolve pyproject.toml into the pinned requirements'
	@echo 'make routes   write the table of routes in docs/reference/routes.md again'
	@echo 'make images   take the pictures in docs/images again'

# The last line of a recipe is exec, so that a signal to make reaches the product itself.
run: .venv/installed-run
	@$(PY) -m clinic.runtime system run
	@exec $(PY) -m clinic.runtime up

dev: .venv/installed-run
	@$(PY) -m clinic.runtime system run
	@exec $(PY) -m clinic.runtime dev

manage: .venv/installed-run
	@exec $(PY) -m clinic.runtime manage $(ARGS)

test: .venv/installed-test
	@$(PY) -m clinic.runtime system test
	@exec $(THROW_AWAY) $(PY) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: .venv/installed-test
	@$(PY) -m clinic.runtime system run
	@$(THROW_AWAY) $(MAKE) --no-print-directory --keep-going checks

# Durable: a booking waits for the disk here as it does in the product.
bench: .venv/installed-run
	@$(PY) -m clinic.runtime system run
	@exec $(PY) -m clinic.runtime exec --durable -- $(PY) -m bench $(ARGS)

CHECKS := check-format check-lint check-types check-templates check-floors check-migrations check-deploy
.PHONY: $(CHECKS)
checks: $(CHECKS)
check-format:
	$(PY) -m ruff format --check .
check-lint:
	$(PY) -m ruff check .
check-types:
	$(PY) -m mypy
check-templates:
	$(PY) -m djlint --quiet --lint --check templates
check-floors:
	.venv/bin/lint-imports --no-logo
check-migrations:
	$(PY) manage.py makemigrations --check --dry-run
check-deploy:
	$(PRODUCTION) $(PY) manage.py check --deploy --fail-level WARNING

format: .venv/installed-test
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .
	-$(PY) -m djlint --quiet --reformat templates

lock: .venv/installed-test
	$(PIP_INSTALL) uv
	$(PY) -m uv pip compile pyproject.toml --universal --python-version 3.11 --no-emit-index-url \
		--no-emit-find-links --no-header --quiet -o requirements.txt
	$(PY) -m uv pip compile --group dev -c requirements.txt --universal --python-version 3.11 \
		--no-emit-index-url --no-emit-find-links --no-header --quiet -o tests/requirements.txt

# Written by asking the product; tests/clinic/test_route_table.py compares.
routes: .venv/installed-test
	@WRITE_ROUTES=1 exec $(THROW_AWAY) $(PY) -m pytest -q tests/clinic/test_route_table.py

images: .venv/installed-test
	@$(PY) -m clinic.runtime system test
	@exec $(PY) docs/make_images.py

.venv/bin/python:
	@sh clinic/runtime/make_venv.sh

.venv/installed-run: .venv/bin/python requirements.txt
	@echo 'Installing packages ...'
	@$(PIP_INSTALL) -r requirements.txt
	@touch $@

.venv/installed-test: .venv/installed-run tests/requirements.txt
	@echo 'Installing what tests and checks need ...'
	@$(PIP_INSTALL) -r requirements.txt -r tests/requirements.txt
	@touch $@
