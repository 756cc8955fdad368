#!/usr/bin/env python3
"""Takes the programs out of the seed document and makes them runnable.

The document (omnicrm_notification_api.txt) has lost its indentation and its blank lines, and Python does not run
without them. programs/ holds the same programs with both put back, and nothing else: every run of this script holds
each program against the document, line by line, apart from indentation and blank lines.

    extract.py --check                      only that
    extract.py FOLDER BASE_URL API_KEY      and write them to FOLDER with the seed's host and keys replaced
"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
DOCUMENT = HERE / "omnicrm_notification_api.txt"
PROGRAMS = HERE / "programs"

# The file, and the lines of the document between which its text stands.
BLOCKS = {
    "request_body.json": ("Request Body", "Request Parameters"),
    "python.py": ("Python Example", "Bash/cURL Example"),
    "curl.sh": ("Bash/cURL Example", "Node.js Example"),
    "node.js": ("Node.js Example", "Integration Scenarios"),
    "monitoring.py": ("Send alerts from monitoring systems:", "Payment Gateway Webhook"),
    "cron.py": ("Automated script to notify users of expiring services:", "Best Practices"),
}

HOST = "https://yourcrm.com"
KEYS = [
    "your-secure-api-key-minimum-32-characters",
    "your-monitoring-api-key",
    "your-automation-api-key",
]


def lines_between(first, last):
    """The document's lines after `first` and before the next `last`."""
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    start = lines.index(first) + 1
    return lines[start : lines.index(last, start)]


def printed_answer():
    """The body of the 201 that the document prints."""
    return json.loads("\n".join(lines_between("Status: 201 Created", "Error Responses")))


def bare(lines):
    """The lines without indentation and without blank lines."""
    return [line.strip() for line in lines if line.strip()]


def difference(name):
    """The first place where a program says something else than the document; None if there is none."""
    seed = bare(lines_between(*BLOCKS[name]))
    ours = bare((PROGRAMS / name).read_text(encoding="utf-8").splitlines())
    for number in range(max(len(seed), len(ours))):
        expected = seed[number] if number < len(seed) else "(nothing more)"
        found = ours[number] if number < len(ours) else "(nothing more)"
        if expected != found:
            return f"programs/{name}: the seed's line is\n  {expected}\nbut the program says\n  {found}"
    return None


def with_host_and_key(text, base_url, api_key):
    """The program with the only changes that its user is asked to make."""
    text = text.replace(HOST, base_url.rstrip("/"))
    for key in KEYS:
        text = text.replace(key, api_key)
    return text


def main(arguments):
    if arguments != ["--check"] and len(arguments) != 3:
        return __doc__
    strangers = {path.name for path in PROGRAMS.iterdir()} - set(BLOCKS)
    differences = [f"programs/{name} is not in BLOCKS: name its place in the document" for name in sorted(strangers)]
    differences += filter(None, map(difference, BLOCKS))
    if differences:
        return "\n".join([*differences, "Take the seed's words back: only indentation and blank lines are ours."])
    if arguments == ["--check"]:
        print(f"{len(BLOCKS)} programs are the seed's, apart from indentation and blank lines")
        return 0
    folder, base_url, api_key = arguments
    for name in BLOCKS:
        text = with_host_and_key((PROGRAMS / name).read_text(encoding="utf-8"), base_url, api_key)
        (pathlib.Path(folder) / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
