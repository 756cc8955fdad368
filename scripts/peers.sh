#!/usr/bin/env bash
# Shows what the channels send to programs that are not ours: signatures to the verifiers of npm and PyPI and to the two
# printed in docs/webhooks.md, cards to npm's adaptivecards and to a reader of Markdown, calendars to PyPI's icalendar. Fails
# when one of them takes what it should refuse, refuses what it should take, or finds fault with a card or a calendar.
#
#   scripts/peers.sh
#
# PyPI's standardwebhooks and icalendar are among those of tests/peers/requirements.txt; npm's packages are among those of web/.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
# shellcheck source=scripts/needs.sh
. "$here/needs.sh"
mkdir -p "${CARGO_TARGET_DIR:-target}/peers"
work=$(cd "${CARGO_TARGET_DIR:-target}/peers" && pwd)

say() { printf 'peers: %s\n' "$*" >&2; }

# printed LANGUAGE: the first block of this language in the page.
printed() {
    awk -v fence="\`\`\`$1" '$0 == fence { inside = 1; next } inside && /^```$/ { exit } inside' docs/webhooks.md
}

"$here/needs.sh" rust cc python peers node
python=$(peers_python)
[ -d web/node_modules/standardwebhooks ] || { say "npm's packages are missing: run 'make pages', then try again."; exit 1; }

printed python >"$work/verify.py"
printed js >"$work/verify.mjs"
for file in verify.py verify.mjs; do
    grep -q 'verify(secret, headers, body)' "$work/$file" || { say "docs/webhooks.md no longer prints $file"; exit 1; }
done

# Written anew each time: signatures are good for five minutes.
rm -f "$work/signed.json" "$work/cards.json" "$work/calendars.json"
cargo test --locked --quiet --lib for_the_peers >"$work/cargo.log" 2>&1 || { cat "$work/cargo.log" >&2; exit 1; }

failed=0
"$python" tests/peers/check.py "$work/signed.json" "$work/verify.py" || failed=1
"$python" tests/peers/calendars.py "$work/calendars.json" || failed=1
node tests/peers/check.mjs "$work/signed.json" "$work/verify.mjs" web || failed=1
(cd web && PEERS_CARDS=$work/cards.json npm run --silent peers) || failed=1
exit "$failed"
