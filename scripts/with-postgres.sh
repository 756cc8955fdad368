#!/usr/bin/env bash
# Runs a command beside a throw-away PostgreSQL and takes the database away again, whatever happens.
#
#   scripts/with-postgres.sh cargo test
#
# The command finds the server in BELFRY_TEST_POSTGRES. Its exit code is ours. The data lie under ${TMPDIR:-/tmp};
# syncing stays on, so that measurements and crash tests are honest (on a tmpfs a sync costs nothing: mind TMPDIR).
# Where BELFRY_TEST_POSTGRES is set already, that server is used and none is started.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/needs.sh
. "$here/needs.sh"

say() { printf 'postgres: %s\n' "$*" >&2; }

[ $# -gt 0 ] || { say "say which command to run: scripts/with-postgres.sh COMMAND [ARGUMENT…]"; exit 2; }
[ -z "${BELFRY_TEST_POSTGRES:-}" ] || exec "$@"

need postgres
bin=$(postgres_bin)
folder=$(mktemp -d "${TMPDIR:-/tmp}/belfry-postgres.XXXXXX")
postmaster=
child=

# Throws the server and its files away. SIGQUIT: nobody will want the data, so nothing need be written back.
clean_up() {
    trap '' INT TERM HUP
    if [ -n "$postmaster" ] && kill -QUIT "$postmaster" 2>/dev/null; then
        wait "$postmaster" 2>/dev/null || true
    fi
    rm -rf "$folder"
}
trap clean_up EXIT

# A signal to us ends the command and everything that it started, then us (and so, by the trap, the server).
stop() {
    [ -z "$child" ] || kill -TERM -- "-$child" 2>/dev/null || true
    exit "$1"
}
trap 'stop 130' INT
trap 'stop 143' TERM
trap 'stop 129' HUP

# PostgreSQL refuses to run as root: it gets its own user then. `--pdeathsig` ends it even if we are killed with SIGKILL.
as=(env)
if [ "$(id -u)" = 0 ]; then
    owner=nobody
    ! id postgres >/dev/null 2>&1 || owner=postgres
    chown "$owner" "$folder"
    as=(setpriv --reuid "$owner" --regid "$(id -g "$owner")" --clear-groups --pdeathsig QUIT)
elif command -v setpriv >/dev/null; then
    as=(setpriv --pdeathsig QUIT)
fi

# Becomes the program; so call it in a subshell or in the background.
# From the folder itself: the unprivileged user may not be allowed to stand where we stand.
unprivileged() {
    cd "$folder"
    exec "${as[@]}" "$@"
}

# Prepares a cluster. Nothing is synced here; the server itself syncs.
(unprivileged "$bin/initdb" -D "$folder/data" --username=belfry --auth=trust --encoding=UTF8 --locale=C \
    --no-sync) >"$folder/log" 2>&1 || { say "initdb did not work:"; cat "$folder/log" >&2; exit 1; }

# Starts the server on the port; false if it ends before it is ready (somebody else took the port).
start_on() {
    unprivileged "$bin/postgres" -D "$folder/data" -c port="$1" -c listen_addresses=127.0.0.1 \
        -c unix_socket_directories="$folder" -c max_connections=200 -c shared_buffers=512MB -c fsync=on -c synchronous_commit=on \
        >>"$folder/log" 2>&1 </dev/null &
    postmaster=$!
    # Line 8 of its pid file says when it takes connections; asking the file needs no client program.
    while ! sed -n 8p "$folder/data/postmaster.pid" 2>/dev/null | grep -q ready; do
        if ! kill -0 "$postmaster" 2>/dev/null; then
            wait "$postmaster" || true
            postmaster=
            return 1
        fi
        sleep 0.05
    done
}

# Below 32768, where no system hands out ports for outgoing connections.
for _ in 1 2 3 4 5 6 7 8; do
    port=$((20000 + RANDOM % 12000))
    if start_on "$port"; then break; fi
done
[ -n "$postmaster" ] || { say "the server does not start:"; tail -20 "$folder/log" >&2; exit 1; }

export BELFRY_TEST_POSTGRES="postgres://belfry@127.0.0.1:$port/postgres"
say "$("$bin/postgres" --version) on 127.0.0.1:$port, in $folder"

# Its own process group (set -m), so that `stop` reaches all of it.
set -m
"$@" <&0 &
child=$!
set +m
code=0
wait "$child" || code=$?
if [ "$code" != 0 ] && grep -qE 'FATAL|PANIC' "$folder/log"; then
    say "what the server said last:"
    grep -E 'FATAL|PANIC' "$folder/log" | tail -5 >&2
fi
exit "$code"
