# `make` lists what there is. Everything lands in .venv and var/; delete them to start anew.

PYTHON ?= python3
ARGS ?= -n auto
HUNTED := tests/message/test_hostile.py tests/web_public/test_attacks.py tests/web_public/test_strangers.py \
	tests/test_web_fuzz.py tests/test_officials_fuzz.py tests/test_campaigns_fuzz.py tests/bounces/test_robust.py
EXTRAS := age,dkim,pdf,postgres,proof,webhooks,xlsx
VENV := .venv
BIN := $(VENV)/bin
MAKEFLAGS += --no-print-directory
# A package index that cannot be reached is to be said soon, not after a minute of attempts.
PIP := $(BIN)/python -m pip --disable-pip-version-check install --retries 2

.PHONY: help run test check storm hunt scan lock lock-check licences sbom bench lighthouse \
	screenshots clean

help: ## list the targets
	@echo "make TARGET, where TARGET is one of:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' Makefile | while IFS='|' read -r name what; do \
		printf '%-14s %s\n' "$$name" "$$what"; done

run: $(VENV)/.run ## start the site and the worker on http://127.0.0.1:8000 (PORT=8001 make run for another)
	@exec $(BIN)/mailer up

test: $(VENV)/.test ## install what the tests need, then run them all (ARGS="tests/test_cli.py" for some)
	@sh tests/install.sh
	@exec $(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.test ## lint, format, types, and bandit over the code
	@status=0; \
	$(BIN)/ruff check . || status=1; \
	$(BIN)/ruff format --check . || status=1; \
	$(BIN)/mypy --strict || status=1; \
	$(BIN)/python -m tools.code || status=1; \
	exit $$status

storm: $(VENV)/.test ## ten long storms on each database, at most 15 minutes (SEED=7 for one, STORM_SEEDS=3 for some)
	@sh tests/install.sh
	@exec $(BIN)/python -m tests.storms $(if $(SEED),--seed $(SEED)) $(if $(STORM_SEEDS),--seeds $(STORM_SEEDS))

hunt: $(VENV)/.test $(VENV)/.hunt ## attacks and fuzzing at full length, and what grows with its input: about half an hour
	@sh tests/install.sh
	@status=0; \
	HUNT=1 $(BIN)/python -m pytest -q -n auto --dist worksteal $(HUNTED) || status=1; \
	$(BIN)/python -m benchmarks.growth || status=1; \
	$(BIN)/python -m tests.guided || status=1; \
	exit $$status

scan: $(VENV)/.test $(VENV)/.scan ## bandit, ruff, wapiti and sqlmap over the running product: about a quarter of an hour
	@exec $(BIN)/python -m tools.scan $(VENV)/scan/bin $(SECONDS)

lock: $(VENV)/.test ## lock the newest settled releases (SETTLED="0 days" for those of today)
	@$(PIP) --quiet '.[lock]'
	@$(BIN)/python -m tools.lock write

lock-check: $(VENV)/.test $(VENV)/.deploy ## the lock is whole, and what it installs runs
	@$(BIN)/python -m tools.lock
	@$(VENV)/deploy/bin/python -m pip --disable-pip-version-check check
	@$(VENV)/deploy/bin/mailer --version

licences: $(VENV)/.test ## every package's licence; fails for one that does not go with ours
	@$(BIN)/python -m tools.licences

sbom: $(VENV)/.test $(VENV)/.deploy ## the bill of materials of a deployment, as CycloneDX, in dist/
	@$(BIN)/python -m tools.sbom $(VENV)/deploy/bin/python dist/sbom.cdx.json

bench: $(VENV)/.test ## the figures of docs/performance.md
	@sh tests/install.sh
	@$(BIN)/python -m benchmarks.accept
	@$(BIN)/python -m benchmarks.send
	@$(BIN)/python -m benchmarks.page
	@$(BIN)/python -m benchmarks.depth
	@$(BIN)/python -m benchmarks.compose
	@$(BIN)/python -m benchmarks.smtp
	@$(BIN)/python -m benchmarks.providers
	@$(BIN)/python -m benchmarks.dkim
	@$(BIN)/python -m benchmarks.log
	@$(BIN)/python -m benchmarks.export
	@$(BIN)/python -m benchmarks.check

lighthouse: $(VENV)/.test ## Lighthouse's figures of the campaign's page (needs Node 20, npm, Chromium)
	@sh tests/install.sh
	@$(BIN)/python -m benchmarks.lighthouse

screenshots: $(VENV)/.test ## take the pictures of the docs again
	@sh tests/install.sh
	@$(BIN)/python docs/screenshots/take.py

clean: ## remove .venv and caches (var/ with its letters stays)
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/.run: pyproject.toml | $(VENV)/bin/python
	@$(call install,.[$(EXTRAS)])

$(VENV)/.test: pyproject.toml | $(VENV)/bin/python
	@$(call install,.[test])
	@touch $(VENV)/.run

# What a deployment has: the lock's packages, each of a known hash, and the program.
$(VENV)/.deploy: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what is locked into $(VENV)/deploy ..." >&2
	@rm -rf $(VENV)/deploy && $(BIN)/python -m venv $(VENV)/deploy
	@$(VENV)/deploy/bin/python -m pip --disable-pip-version-check install --quiet \
		--require-hashes -r requirements.lock
	@$(VENV)/deploy/bin/python -m pip --disable-pip-version-check install --quiet \
		--no-deps --no-build-isolation .
	@touch $@

$(VENV)/.hunt: tests/fuzzers.txt | $(VENV)/.test
	@echo "Installing the fuzzer into $(VENV) ..." >&2
	@$(PIP) --quiet -r tests/fuzzers.txt && touch $@ || \
		echo "The fuzzer could not be installed: make hunt does without it, and says so" >&2

$(VENV)/.scan: tools/scanners.txt | $(VENV)/bin/python
	@echo "Installing the scanners into $(VENV)/scan ..." >&2
	@rm -rf $(VENV)/scan && $(BIN)/python -m venv $(VENV)/scan
	@$(VENV)/scan/bin/python -m pip --disable-pip-version-check install --quiet \
		-r tools/scanners.txt && touch $@ || \
		echo "The scanners could not all be installed: make scan runs those that are there" >&2

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "$(PYTHON) is $$($(PYTHON) -V 2>&1 | tail -n 1); Python 3.11 or later is needed:" \
			"install one and name it, e.g. make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) lacks its venv module: install it (Debian: apt install python3-venv)" >&2; \
		exit 1; }
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV) || { \
		rm -rf $(VENV); echo "no virtual environment could be made in $(VENV)" >&2; exit 1; }

# $(call install,WHAT): quiet when it works; one line and the log's place when it does not.
define install
echo "Installing into $(VENV) (once; about a minute) ..." >&2; \
$(PIP) --quiet --editable '$(1)' >$(VENV)/pip.log 2>&1 || { \
	if grep -qiE 'connection|resol|unreachable|timed out' $(VENV)/pip.log; then \
		echo "The packages could not be fetched: check the network, then run make again" \
			"(details: $(VENV)/pip.log)" >&2; \
	else \
		echo "The installation failed: $$(grep . $(VENV)/pip.log | tail -n 1)" \
			"(details: $(VENV)/pip.log)" >&2; \
	fi; exit 1; }; \
touch $@
endef
