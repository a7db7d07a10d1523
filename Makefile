# hkguide: make demo (set up and serve with demo data), make test (set up and run the whole suite). See README.md.
SHELL := /bin/bash
VAR ?= $(or $(HKGUIDE_VAR),var)
VENV := .venv
PORT ?= 8000
# Every interpreter on the path, newest first; the first that is 3.12 or later and can make environments is taken.
PYTHON := $(shell for p in $$(compgen -c python3 | grep -E '^python3(\.1[2-9])?$$' | sort -rVu | xargs -n1 which -a 2>/dev/null) /usr/bin/python3; do \
	"$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && echo "$$p" && break; done)
RUN := HKGUIDE_VAR="$(VAR)" HKGUIDE_SECRET_KEY="$$(cat "$(VAR)/secret-key")" HKGUIDE_PUBLIC_URL="$(or $(HKGUIDE_PUBLIC_URL),http://localhost:$(PORT))"

# Documents, emails and what the day asks (missed conditions, reminders), beside the site; started again when it dies.
SWEEP := $(RUN) bash deploy/keep-running $(VENV)/bin/python manage.py sweep --every 60 & sweeper=$$!; trap 'kill $$sweeper 2>/dev/null; wait $$sweeper' EXIT

# One login of the demo signs without a second factor; the start refuses it where others reach the site.
IMPATIENT := $(if $(filter undefined,$(origin HKGUIDE_SECOND_FACTOR_EXEMPT)),helen.kwan@demo.example,$(HKGUIDE_SECOND_FACTOR_EXEMPT))

# The tags of our own that hold other lines: assessments/templatetags.
INDENT := --tabwidth 2 --extra-block keep,endkeep --extra-block slot,endslot --extra-block partialdef,endpartialdef

.PHONY: demo demo-passwords run test test-long test-guards lint format bench lock clean system

# --- for people ------------------------------------------------------------------------------------------------------
demo: export HKGUIDE_SECOND_FACTOR_EXEMPT := $(IMPATIENT)
demo: $(VENV)/run.stamp $(VAR)/secret-key system-pdf port-is-free  ## set up, load the demo data, serve it, print the logins
	@$(RUN) $(VENV)/bin/python manage.py migrate --verbosity 0
	@$(RUN) $(VENV)/bin/python manage.py createcachetable
	@$(RUN) $(VENV)/bin/python manage.py log_key make
	@$(RUN) $(VENV)/bin/python manage.py load_demo
	@echo "Serving http://localhost:$(PORT) (stop with Ctrl+C)"
	@$(SWEEP); $(RUN) $(VENV)/bin/gunicorn --bind 127.0.0.1:$(PORT) --workers 2 --worker-class gthread --threads 4 --log-level warning hkguide.wsgi

demo-passwords: export HKGUIDE_SECOND_FACTOR_EXEMPT := $(IMPATIENT)
demo-passwords: $(VENV)/run.stamp $(VAR)/secret-key  ## give every login of the demo a new password, and print it
	@$(RUN) $(VENV)/bin/python manage.py load_demo --reset-passwords

run: $(VENV)/run.stamp $(VAR)/secret-key system-pdf port-is-free  ## serve what is there, with a fresh database when there is none
	@$(RUN) $(VENV)/bin/python manage.py migrate --verbosity 0
	@$(RUN) $(VENV)/bin/python manage.py createcachetable
	@$(RUN) $(VENV)/bin/python manage.py load_guideline
	@$(RUN) $(VENV)/bin/python manage.py log_key make
	@$(SWEEP); $(RUN) $(VENV)/bin/gunicorn --bind 127.0.0.1:$(PORT) --workers 2 --worker-class gthread --threads 4 --log-level warning hkguide.wsgi

# --- for builders ----------------------------------------------------------------------------------------------------
test: ready-to-test  ## set up and run everything but the long tests, on SQLite and PostgreSQL
	@$(VENV)/bin/python -m tests.run

test-long: ready-to-test  ## the same and the long tests
	@$(VENV)/bin/python -m tests.run --long

test-guards: $(VENV)/dev.stamp  ## take out each guard of a review and see the model of it fail; about half an hour
	@$(VENV)/bin/python -m tests.run --guards

lint: $(VENV)/dev.stamp  ## style, types, templates, migrations, retired phrases
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	find templates -name '*.html' -print0 | xargs -0 $(VENV)/bin/djade --target-version 6.1 --check
	$(VENV)/bin/djhtml $(INDENT) templates --check
	HKGUIDE_DEBUG=1 $(VENV)/bin/mypy hkguide assessments
	HKGUIDE_DEBUG=1 $(VENV)/bin/python manage.py makemigrations --check --dry-run
	$(VENV)/bin/python -m tests.phrases

format: $(VENV)/dev.stamp
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .
	-find templates -name '*.html' -print0 | xargs -0 $(VENV)/bin/djade --target-version 6.1
	-$(VENV)/bin/djhtml $(INDENT) templates

bench: $(VENV)/dev.stamp  ## measure tiering, scoring and the pages beside their goals; prints figures, asserts nothing
	@$(VENV)/bin/python -m tests.bench.core
	@$(VENV)/bin/python -m tests.bench.web
	@$(VENV)/bin/python -m tests.bench.memory

lock:  ## write both locks anew from pyproject.toml (needs uv); hashes only, no index
	uv pip compile pyproject.toml --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.12 -q -o requirements.txt
	uv pip compile pyproject.toml --group dev --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.12 -q -o requirements-dev.txt

clean:
	rm -rf $(VENV)

# --- set-up ----------------------------------------------------------------------------------------------------------
$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "hkguide needs Python 3.12 or later with venv: apt-get install python3-venv"; exit 1; }
	"$(PYTHON)" -m venv $(VENV)

$(VENV)/run.stamp: requirements.txt | $(VENV)/bin/python
	@$(call install,requirements.txt)
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt | $(VENV)/bin/python
	@$(call install,requirements-dev.txt)
	@touch $@ $(VENV)/run.stamp

define install
	if command -v uv >/dev/null; then uv pip install -q --python $(VENV)/bin/python --require-hashes -r $(1); \
	else $(VENV)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $(1); fi
endef

$(VAR)/secret-key: | $(VENV)/bin/python
	@mkdir -p "$(VAR)" && umask 077 && $(VENV)/bin/python -c 'import secrets; print(secrets.token_urlsafe(50))' > "$@"

.PHONY: system-pdf port-is-free ready-to-test
ready-to-test: | $(VENV)/bin/python  # system packages and Python's side by side: a new machine waits for the network most of the time
	@bash deploy/system-packages test & packages=$$!; $(MAKE) -s $(VENV)/dev.stamp; made=$$?; wait $$packages; exit $$made

system-pdf:
	@bash deploy/system-packages run

port-is-free: | $(VENV)/bin/python
	@$(VENV)/bin/python -c 'import socket, sys; s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); sys.exit(s.bind(("127.0.0.1", $(PORT))))' 2>/dev/null \
		|| { echo "Port $(PORT) is in use: choose another one, for example make $(firstword $(MAKECMDGOALS)) PORT=8001"; exit 1; }
