#!/usr/bin/env bash
# Holds the running server against its own OpenAPI document with schemathesis, all checks, on SQLite and on PostgreSQL.
#
#   scripts/contract.sh [CASES] [SEED]      at least CASES test cases on each database (10000), beginning with SEED (1)
#
# Every other pass is made as an administrator with a bearer token, on every route, and every other with an API key, on
# the routes that take one. No operation is left out: contract_hooks.py makes another administrator where the one who
# asks was locked, deleted or signed out, and says which few rules no schema can hold. Settings that are not the
# server's defaults: no limit to sign-ins, and an account is not locked by wrong passwords (the stories see to both).
# schemathesis is installed into target/contract/venv.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
cases=${1:-10000}
first_seed=${2:-1}
version=4.32.5
mkdir -p "${CARGO_TARGET_DIR:-target}/contract"
work=$(cd "${CARGO_TARGET_DIR:-target}/contract" && pwd)
export CONTRACT_KEY=contract-key-of-at-least-thirty-two-characters
server=
asking=

say() { printf 'contract: %s\n' "$*" >&2; }

stop_server() {
    [ -n "$server" ] || return 0
    kill "$server" 2>/dev/null || true
    wait "$server" || say "the server ended with an error: see $folder/out.log"
    server=
}
# Ends what we started, whatever happens.
clean_up() {
    [ -z "$asking" ] || kill "$asking" 2>/dev/null || true
    stop_server
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

install_schemathesis() {
    local venv=$work/venv
    [ -x "$venv/bin/pip" ] || python3 -m venv "$venv" || { say "install python3-venv, then try again."; exit 1; }
    "$venv/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version"
    PATH=$venv/bin:$PATH
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start_server NAME DATABASE_URL
start_server() {
    folder=$work/$1
    rm -rf "$folder"
    mkdir -p "$folder"
    local port
    port=$(free_port)
    export CONTRACT_URL=http://127.0.0.1:$port
    cat >"$folder/crm_config.yaml" <<YAML
listen: 127.0.0.1:$port
data_dir: $folder/data
database_url: $2
log: {level: warn, file: $folder/api.log}
api_keys:
  $CONTRACT_KEY: {roles: [admin], description: Contract}
auth: {access_token_ttl: 24h, max_failed_logins: 1000}
limits: {login_per_address_per_minute: 0}
YAML
    "${CARGO_TARGET_DIR:-target}/debug/belfry" serve --config "$folder/crm_config.yaml" >"$folder/out.log" 2>&1 &
    server=$!
    for _ in $(seq 100); do
        curl --silent --fail --output /dev/null "$CONTRACT_URL/readyz" && return
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    say "the server does not start:"
    cat "$folder/out.log" >&2
    exit 1
}

# Small numbers are somebody's and something's; nearly every other one would be answered with 404.
write_settings() {
    local soon
    soon=$(date -u -d '+1 year' +%Y-%m-%dT%H:%M:%SZ)
    cat >"$work/schemathesis.toml" <<TOML
[dictionaries]
known = { values = [1, 2, 3, 4, 5, 6, 7, 8] }
soon = { values = ["$soon"] }
email = { values = ["reader@example.com"] }
password = { values = ["correct horse battery staple"] }
[parameters]
"path.id" = { dictionary = "known", probability = 0.4 }
"body.user_id" = { dictionary = "known", probability = 0.6 }
"body.notifications[*].user_id" = { dictionary = "known", probability = 0.6 }
"body.until" = { dictionary = "soon", probability = 0.6 }
# It would not end.
[[operations]]
include-path = "/crm/notification/stream"
enabled = false
[[operations]]
include-path = "/crm/auth/session"
parameters = { "body.email" = { dictionary = "email", probability = 0.7 }, "body.password" = { dictionary = "password", probability = 0.7 } }
[[operations]]
include-path = "/crm/auth/login"
parameters = { "body.email" = { dictionary = "email", probability = 0.7 }, "body.password" = { dictionary = "password", probability = 0.7 } }
TOML
}

# run_pass person|key SEED: true if nothing was found; adds the pass's cases to `total`.
run_pass() {
    local report=$folder/$2-$1.json code=0 only=()
    [ "$1" = person ] || only=(--include-path-regex '^/crm/(notification/send|user$|user/\{|group|api-key)')
    say "$name, as a $1, seed $2"
    # From the folder of the pass: schemathesis leaves files where it stands.
    (cd "$folder" && CONTRACT_AS=$1 PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1 SCHEMATHESIS_HOOKS=contract_hooks \
        exec schemathesis --config-file "$work/schemathesis.toml" run "$CONTRACT_URL/crm/openapi.json" \
        --checks all --max-examples 60 --seed "$2" --continue-on-failure --generation-database none \
        --suppress-health-check all --warnings off --no-color \
        --report json --report-json-path "$report" "${only[@]}" >"${report%.json}.log" 2>&1) &
    asking=$!
    wait "$asking" || code=$?
    asking=
    [ "$code" = 0 ] || sed -n '/= FAILURES =\|= ERRORS =\|rror:/,$p' "${report%.json}.log"
    [ -f "$report" ] || { say "schemathesis did not run: see ${report%.json}.log"; exit 1; }
    total=$((total + $(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["test_cases"]["generated"])' "$report")))
    kill -0 "$server" 2>/dev/null || { say "THE SERVER HAS ENDED: see $folder/out.log"; exit 1; }
    return "$code"
}

# run_on NAME DATABASE_URL
run_on() {
    name=$1
    start_server "$1" "$2"
    local total=0 found=0 seed=$first_seed who=person
    while [ "$total" -lt "$cases" ]; do
        run_pass "$who" "$seed" || found=1
        if [ "$who" = person ]; then who=key; else who=person seed=$((seed + 1)); fi
    done
    stop_server
    if grep -q '"ERROR"\|panicked' "$folder/out.log"; then
        say "$name: the server logged errors: see $folder/out.log"
        found=1
    fi
    say "$name: $total cases, $([ "$found" = 0 ] && echo 'nothing found' || echo 'FAILURES, see above')"
    return "$found"
}

# Under with-postgres.sh this script calls itself, for PostgreSQL alone.
if [ "${CONTRACT_ON:-}" = postgres ]; then
    install_schemathesis
    write_settings
    run_on postgres "$BELFRY_TEST_POSTGRES"
    exit
fi
"$here/needs.sh" rust cc curl python postgres
cargo build --locked --bin belfry
install_schemathesis
write_settings
clean=0
run_on sqlite sqlite:belfry.db || clean=1
CONTRACT_ON=postgres "$here/with-postgres.sh" "$here/contract.sh" "$cases" "$first_seed" || clean=1
exit "$clean"
