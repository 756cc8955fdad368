"""Lists the occurrences of rules with python-dateutil.

    python rules.py < RULES > OCCURRENCES

Each line of RULES is how many to list, the start in UTC and the rule, with tabs between them; each line of OCCURRENCES
is the list: seconds since 1970, with spaces between them, or "unknown" where dateutil itself fails.
"""

import calendar
import re
import sys
from datetime import datetime
from itertools import islice

from dateutil.rrule import rrulestr


def occurrences(most, start, rule):
    # In UTC throughout: dateutil wants both times of one kind.
    rule = re.sub(r"(UNTIL=\w+)Z", r"\1", rule)
    try:
        found = rrulestr(rule, dtstart=datetime.fromisoformat(start))
        return [calendar.timegm(time.timetuple()) for time in islice(found, most)]
    except ValueError as why:
        # So it says that a rule of hours or minutes never occurs: here, or while it looks.
        if "empty rule" in str(why) or "empty set" in str(why):
            return []
        raise


def main():
    for line in sys.stdin:
        most, start, rule = line.rstrip("\n").split("\t")
        try:
            print(*occurrences(int(most), start, rule))
        except IndexError:
            # dateutil looks for the 53rd of a weekday behind the end of a year that has but 52.
            print("unknown")


main()
