# What there is to do: `make help`. Missing tools are installed where that is possible; otherwise one line says what to
# install (scripts/needs.sh).

CARGO ?= cargo
TARGET := $(or $(CARGO_TARGET_DIR),target)
LISTEN ?= 127.0.0.1:8080
# How often `make test` kills a server in the middle of its work; `make crash ROUNDS=200` for more.
ROUNDS ?= 25
# How many requests `make contract` makes on each database, at least.
CASES ?= 10000
# Arguments to the benchmark: make bench BENCH="--help"
BENCH ?=

.DEFAULT_GOAL := help
# The pages, and what they are made of.
PAGES := web/dist/.built
PACKAGES := web/node_modules/.package-lock.json
PAGES_FROM := $(shell find web \( -name node_modules -o -name dist -o -name e2e \) -prune -o -type f ! -name '*.test.ts' -print)

.PHONY: help run pages build test e2e check lint format docs bench crash contract

help:  ## Show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build  ## Serve a demo with users and notifications at http://127.0.0.1:8080 (LISTEN=host:port)
	$(TARGET)/release/belfry demo --listen $(LISTEN)

pages: $(PAGES)  ## Build the centre, the bell and the demo's CRM into web/dist, where debug builds read them

$(PACKAGES): web/package-lock.json
	@scripts/needs.sh node
	cd web && npm ci --no-audit --no-fund
	@touch $@

$(PAGES): $(PACKAGES) $(PAGES_FROM)
	@scripts/needs.sh node
	cd web && npm run build
	@touch $@

build: pages  ## Build target/release/belfry, one file with everything in it
	@scripts/needs.sh rust cc
	$(CARGO) build --locked --release --bin belfry

# Built for debugging: a release build of the tree takes as long as all of the tests do.
test: pages  ## Check formatting and lints, run every test on SQLite and PostgreSQL, crash test included
	@scripts/needs.sh rust cc curl python peers postgres node chromium faketime
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	python3 tests/seed/extract.py --check
	cd web && npm run check && npm run size
	scripts/with-postgres.sh $(CARGO) test --locked --workspace --lib --bins --test it --test tidy
	BELFRY_RULES=60000 $(CARGO) test --locked --lib record::recurrence::tests::oracle -- --nocapture
	$(CARGO) test --locked --workspace --doc
	scripts/peers.sh
	cd web && npm run e2e
	scripts/with-postgres.sh $(CARGO) test --locked --test crash -- $(ROUNDS)
	scripts/with-postgres.sh $(CARGO) test --locked --test crash -- 20 --sabotage
	scripts/with-postgres.sh $(CARGO) test --locked --test crash -- --follow 12 --followers 100 --kill-every 2
	scripts/with-postgres.sh $(CARGO) test --locked --test crash -- --follow 6 --followers 100 --kill-every 2 --sabotage
	scripts/with-postgres.sh $(CARGO) test --locked --test crash -- --deliver 8
	scripts/with-postgres.sh $(CARGO) test --locked --test crash -- --deliver 4 --sabotage
	scripts/with-postgres.sh $(CARGO) test --locked --test crash -- --remind 3 --reminders 300 --kill-every 2 --servers 2 --steps 1
	scripts/with-postgres.sh $(CARGO) test --locked --test crash -- --remind 3 --reminders 200 --kill-every 1 --only sqlite --sabotage

e2e: pages  ## Use the pages as people do, in a real browser
	@scripts/needs.sh rust cc node chromium
	$(CARGO) build --locked --bin belfry
	cd web && npm run e2e

# Without the pages: `cd web && npm run check` is their inner loop.
check:  ## The quick inner loop: formatting, lints, unit tests, stories on SQLite
	@scripts/needs.sh rust cc peers
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	env -u BELFRY_TEST_POSTGRES $(CARGO) test --locked --lib --bins --test it --test tidy

lint:  ## Formatting, lints, the rules of the house, licences and banned crates
	@scripts/needs.sh rust cc
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	$(CARGO) test --locked --test tidy
	@if $(CARGO) deny --version >/dev/null 2>&1; then \
	    echo '$(CARGO) deny check licenses bans sources'; \
	    $(CARGO) deny --offline --locked check licenses bans sources; \
	else \
	    echo "lint: licences and banned crates were NOT looked at: install cargo-deny with 'cargo install --locked cargo-deny'."; \
	fi

format:  ## Put the code into its form
	$(CARGO) fmt --all

docs:  ## Build the documentation of the code, private items included, into target/doc
	@scripts/needs.sh rust cc
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --locked --workspace --no-deps --document-private-items

bench:  ## Measure: ratios and medians of several rounds, on SQLite and PostgreSQL
	@scripts/needs.sh rust cc postgres
	scripts/with-postgres.sh $(CARGO) bench --locked --bench load -- $(BENCH)

crash:  ## Kill a server at random instants and look for what was lost, doubled or late (ROUNDS=25)
	@scripts/needs.sh rust cc postgres faketime
	scripts/with-postgres.sh $(CARGO) test --locked --test crash -- $(ROUNDS)
	scripts/with-postgres.sh $(CARGO) test --locked --test crash -- --follow 60
	scripts/with-postgres.sh $(CARGO) test --locked --test crash -- --deliver 100
	scripts/with-postgres.sh $(CARGO) test --locked --test crash -- --remind 60

contract:  ## Hold the server against its OpenAPI document with schemathesis (CASES=10000 on each database)
	scripts/contract.sh $(CASES)
