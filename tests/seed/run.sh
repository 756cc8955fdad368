#!/usr/bin/env bash
# Runs the seed's own programs against a server: Python, cURL and Node as printed, the requests of the cron and the
# monitoring example, and the request body of the reference. Only host and keys are changed.
#
#   tests/seed/run.sh BASE_URL API_KEY
#
# The server must know the users 1, 2, 3, 5 and 123. Standard output: a line {"example","status","body"} for each
# answer. Standard error: what the programs themselves say. Fails if a program fails, if an answer is not 201, or if a
# body is not the one that the seed prints (check.py).
set -euo pipefail
[ $# = 2 ] || { echo 'say where and with which key: tests/seed/run.sh http://127.0.0.1:8080 API_KEY' >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
base_url=${1%/} api_key=$2

# shellcheck source=scripts/needs.sh
. "$root/scripts/needs.sh"
need curl
need python
need node
python=$(python_with_requests)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# axios, installed once for each lock file. Made aside and moved into place, since two tests may do this at once.
modules() {
    local home
    home=${CARGO_TARGET_DIR:-$root/target}/seed/$(cksum <"$here/node/package-lock.json" | tr ' ' -)/node_modules
    if [ ! -d "$home" ]; then
        # Not where the programs run: what another test was quicker to move would be found there and used.
        mkdir "$work/aside"
        cp "$here/node/package.json" "$here/node/package-lock.json" "$work/aside/"
        (cd "$work/aside" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >&2
        mkdir -p "$(dirname "$home")"
        mv -T "$work/aside/node_modules" "$home" 2>/dev/null || [ -d "$home" ]
    fi
    echo "$home"
}
axios=$(modules)

"$python" "$here/extract.py" "$work" "$base_url" "$api_key"

# The server is on this machine: no proxy. The programs print ticks and crosses.
export NO_PROXY='*' no_proxy='*' PYTHONUTF8=1 PYTHONDONTWRITEBYTECODE=1
# curl reads its settings from here: it adds the status below the body, and the program stays as it is.
export CURL_HOME="$work"
printf '%s\n' silent show-error 'write-out = "\n%{http_code}"' >"$work/.curlrc"

# example NAME COMMAND…: runs it, with a fresh record for its answers.
example() {
    local name=$1 code=0
    shift
    echo "seed: $name" >&2
    export SEED_RECORD="$work/$name.record"
    : >"$SEED_RECORD"
    (cd "$work" && "$@") </dev/null >"$work/$name.out" || code=$?
    cat "$work/$name.out" >&2
    echo >&2
    if [ "$code" != 0 ]; then
        echo "seed: the $name program ended with exit code $code" >&2
        exit 1
    fi
    "$python" "$here/check.py" --line "$name" "$SEED_RECORD" "$work/$name.out" | tee -a "$work/answers"
}

example request_body curl -X POST "$base_url/crm/notification/send" -H "X-API-KEY: $api_key" \
    -H 'Content-Type: application/json' -d @request_body.json
example curl bash curl.sh
example python "$python" "$here/run_python.py" python.py
NODE_PATH="$axios" example node node --require "$here/node/record.js" node.js
example cron "$python" "$here/run_python.py" cron.py
example monitoring "$python" "$here/run_python.py" monitoring.py

"$python" "$here/check.py" <"$work/answers" >&2
