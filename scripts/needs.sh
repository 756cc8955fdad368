#!/usr/bin/env bash
# Makes sure that the named tools are here: installs what is missing where that is possible (apt-get as root,
# rustup for parts of the Rust toolchain), and otherwise says in one line what to install.
#
#   scripts/needs.sh rust cc curl python peers postgres node
set -euo pipefail

say() { printf 'needs: %s\n' "$*" >&2; }

# Debian's packages for a need, and the same in words for a person who has to install by hand.
packages_for() {
    case "$1" in
        cc) echo gcc libc6-dev make ;;
        curl) echo curl ca-certificates ;;
        python) echo python3 python3-requests ;;
        peers) echo python3 python3-venv ;;
        postgres) echo postgresql ;;
        node) echo nodejs npm ;;
        chromium) echo chromium ;;
        faketime) echo faketime ;;
    esac
}

has() {
    case "$1" in
        cc) command -v cc && command -v make ;;
        curl) command -v curl ;;
        python) python_with_requests ;;
        peers) peers_python ;;
        postgres) postgres_bin ;;
        node) command -v npm && node_is_new_enough ;;
        chromium) chromium_program ;;
        faketime) faketime_library ;;
    esac >/dev/null 2>&1
}

# A python3 that knows `requests`. Debian's package serves /usr/bin/python3 only, so that one is asked as well.
python_with_requests() {
    local python
    for python in python3 /usr/bin/python3; do
        if "$python" -c 'import requests' 2>/dev/null; then
            command -v "$python"
            return
        fi
    done
    return 1
}

# The python of the programs that the tests talk to, if it has every package in the version of tests/peers/requirements.txt.
peers_python() {
    local wanted venv
    wanted=$(dirname "${BASH_SOURCE[0]}")/../tests/peers/requirements.txt
    venv=$(peers_venv)
    cmp -s "$wanted" "$venv/requirements.txt" && echo "$venv/bin/python"
}

peers_venv() { echo "${CARGO_TARGET_DIR:-$(dirname "${BASH_SOURCE[0]}")/../target}/venv"; }

# Builds it anew; what was installed is written down last, so that half of it does not count.
install_peers() {
    local wanted venv
    wanted=$(dirname "${BASH_SOURCE[0]}")/../tests/peers/requirements.txt
    venv=$(peers_venv)
    say "installing the programs that the tests talk to into $venv"
    python3 -m venv --clear "$venv" >&2 || return 1
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted" >&2 || return 1
    cp "$wanted" "$venv/requirements.txt"
}

# The folder of PostgreSQL's server programs, which Debian keeps outside PATH. The newest version wins.
postgres_bin() {
    local folder
    for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV) "$(dirname "$(command -v initdb || echo /)")"; do
        if [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ]; then
            echo "$folder"
            return
        fi
    done
    return 1
}

# The pages are built with it.
node_is_new_enough() {
    [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 20')" = true ]
}

# The browser in which the pages are tried: BELFRY_CHROMIUM, or Debian's.
chromium_program() {
    command -v "${BELFRY_CHROMIUM:-chromium}" || command -v chromium-browser || command -v google-chrome
}

# What steps the clock of a running server, where tests/crash looks for it.
faketime_library() { ls /usr/lib/*/faketime/libfaketimeMT.so.1; }

can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

apt_install() {
    say "installing $* with apt-get"
    export DEBIAN_FRONTEND=noninteractive
    local install=(apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold)
    apt-get update -qq </dev/null >&2
    if printf '%s\n' "$@" | grep -qx postgresql; then
        # We start our own server where we need one: Debian shall neither make a cluster nor start a service.
        "${install[@]}" postgresql-common </dev/null >&2
        sed -Ei 's/^#?(create_main_cluster) .*/\1 = false/' /etc/postgresql-common/createcluster.conf
    fi
    "${install[@]}" "$@" </dev/null >&2
}

need_rust() {
    if ! command -v cargo >/dev/null; then
        say "Rust is missing: install it from https://rustup.rs (1.95 or newer), then try again."
        return 1
    fi
    local part
    for part in rustfmt clippy; do
        cargo "${part/rustfmt/fmt}" --version >/dev/null 2>&1 && continue
        say "adding $part to the Rust toolchain"
        rustup component add "$part" >&2 && continue
        say "$part is missing: run 'rustup component add $part' or install your system's package for it."
        return 1
    done
}

need() {
    case "$1" in
        rust) need_rust; return ;;
        cc | curl | python | peers | postgres | node | chromium | faketime) ;;
        *) say "no need is called '$1': say rust, cc, curl, python, peers, postgres, node, chromium or faketime"; return 2 ;;
    esac
    has "$1" && return
    if [ "$1" = peers ] && install_peers; then return; fi
    local packages
    packages=$(packages_for "$1")
    # shellcheck disable=SC2086 # a list of packages
    if can_install && apt_install $packages && { has "$1" || { [ "$1" = peers ] && install_peers; }; }; then return; fi
    case "$1" in
        python) say "python3 with 'requests' is missing: install python3 and python3-requests (or: pip install requests)." ;;
        peers) say "PyPI's packages in tests/peers/requirements.txt are missing: install python3 and python3-venv, let pip reach PyPI, and run 'scripts/needs.sh peers'." ;;
        node) say "Node 20 or newer with npm is missing: install nodejs and npm, or take it from https://nodejs.org where those are older." ;;
        *) say "$1 is missing: install $packages." ;;
    esac
    return 1
}

# Sourced by the other scripts for `python_with_requests`, `postgres_bin` and `chromium_program`; run for the installing.
if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    missing=0
    for name in "$@"; do
        need "$name" || missing=1
    done
    exit "$missing"
fi
