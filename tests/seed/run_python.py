"""Runs one of the seed's Python programs and writes down every answer that it gets.

    run_python.py PROGRAM       answers go to the file that SEED_RECORD names, one JSON line each

The program's text stays the seed's. What its surroundings give it:
- `requests` and `datetime`: the monitoring example imports neither and the cron example not `requests`, since the
  seed shows them as parts of larger programs;
- `sqlalchemy`: the cron example asks OmniCRM's own PostgreSQL tables for expiring services. No such database is
  here: stand_in/sqlalchemy.py answers its query with one row that we made up. What goes to Belfry is the
  program's own work.
"""

import datetime
import json
import os
import pathlib
import runpy
import sys

import requests

post = requests.post


def recorded_post(*arguments, **options):
    """`requests.post`, and a line in the record."""
    answer = post(*arguments, **options)
    with open(os.environ["SEED_RECORD"], "a", encoding="utf-8") as record:
        record.write(json.dumps({"status": answer.status_code, "text": answer.content.decode("utf-8")}) + "\n")
    return answer


if __name__ == "__main__":
    requests.post = recorded_post
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "stand_in"))
    surroundings = {"requests": requests, "datetime": datetime.datetime}
    runpy.run_path(sys.argv[1], init_globals=surroundings, run_name="__main__")
