"""Hands signed requests to verifiers in Python: PyPI's standardwebhooks, and the one printed in docs/webhooks.md.

    python check.py SIGNED_JSON PRINTED_VERIFIER_PY

Fails if one refuses a good request or takes a bad one.
"""

import importlib.util
import json
import sys

import standardwebhooks


def printed(path):
    spec = importlib.util.spec_from_file_location("printed", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def verdict(check, expected):
    """None if the request was taken, or why it was refused; whatever else is raised is a fault of the verifier."""
    try:
        check()
    except expected as refused:
        return str(refused) or type(refused).__name__
    return None


def main(signed, verifier):
    ours = printed(verifier)
    with open(signed, encoding="utf-8") as file:
        cases = json.load(file)
    failures = 0
    for case in cases:
        secret, headers, body = case["secret"], case["headers"], case["body"].encode()
        verdicts = {
            "standardwebhooks (PyPI)": verdict(
                lambda: standardwebhooks.Webhook(secret).verify(body, headers),
                # What is no JSON is refused by its parser.
                (standardwebhooks.WebhookVerificationError, ValueError),
            ),
            "docs/webhooks.md (Python)": verdict(lambda: ours.verify(secret, headers, body), ours.Refused),
        }
        for name, why in verdicts.items():
            if (why is None) != case["good"]:
                failures += 1
                print(f"peers: {name}: {case['name']}: {why or 'was taken, and must not be'}", file=sys.stderr)
    good = sum(case["good"] for case in cases)
    if good < 5 or len(cases) - good < 10:
        sys.exit(f"peers: {signed} has too few cases: run scripts/peers.sh, which writes them anew")
    print(f"peers: Python: {good} good and {len(cases) - good} bad requests, two verifiers, {failures} wrong")
    sys.exit(failures > 0)


main(*sys.argv[1:])
