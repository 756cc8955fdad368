"""Reads the calendars that the server would send, with PyPI's icalendar.

    python calendars.py CALENDARS_JSON

Fails where it finds a fault, reads another value than was written, or takes from our definition of a time zone other
times than Python's own time zone database has.
"""

import json
import re
import sys
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from icalendar import Calendar

# How far a series is followed.
FOLLOWED = timedelta(days=3 * 366)


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def read(text):
    calendar = Calendar.from_ical(text)
    faults = [f"{part.name}: {error}" for part in calendar.walk() for error in part.errors]
    events = calendar.walk("VEVENT")
    if len(events) != 1:
        faults.append(f"{len(events)} events")
    return calendar, events[0], faults


def same_time(found, expected):
    """Whether a property's time is this instant, or this day."""
    if not isinstance(found, datetime):
        return found == date.fromisoformat(expected)
    expected = instant(expected)
    return found.astimezone(timezone.utc) == expected.replace(microsecond=0)


def wrong_values(case, calendar, event):
    expected = {
        "METHOD": (calendar.get("METHOD"), case["method"]),
        "UID": (event.get("UID"), case["uid"]),
        "SEQUENCE": (event.get("SEQUENCE"), case["sequence"]),
        "SUMMARY": (event.get("SUMMARY"), case["summary"]),
        "DESCRIPTION": (event.get("DESCRIPTION", ""), case["description"]),
        "LOCATION": (event.get("LOCATION"), case["location"]),
        "URL": (event.get("URL"), case["url"]),
        "STATUS": (event.get("STATUS"), case["status"]),
    }
    for name, (found, wanted) in expected.items():
        if found != wanted:
            yield f"{name}: {found!r} instead of {wanted!r}"
    rule = event["RRULE"].to_ical().decode() if "RRULE" in event else None
    if sorted((rule or "").split(";")) != sorted((case["rrule"] or "").split(";")):
        yield f"RRULE: {rule!r}"
    times = {"DTSTAMP": case["stamp"], "DTSTART": case["starts"], "DTEND": case["ends"]}
    for name, wanted in times.items():
        found = event[name].dt if name in event else None
        if (found is None) != (wanted is None) or (found is not None and not same_time(found, wanted)):
            yield f"{name}: {found} instead of {wanted}"
    allowed = {"UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "LOCATION", "URL", "STATUS", "RRULE"}
    for name in set(event.keys()) - allowed:
        yield f"{name}: who wrote that?"


def wrong_zone(case, text, number):
    """What our definition of the zone says, read under a name that nobody knows, against Python's own."""
    known = re.search(r"^TZID:(\S+)\r$", text, re.MULTILINE)
    if known is None:
        return
    name = known.group(1)
    # Another one each time: definitions are remembered by their names.
    _, event, faults = read(text.replace(name, f"Nowhere/Known{number}"))
    yield from faults
    start = event["DTSTART"].dt
    ours, theirs = start.tzinfo, ZoneInfo(name)
    if ours is None or getattr(ours, "key", None) == name:
        yield "the definition was not used"
        return
    if not same_time(start, case["starts"]):
        yield f"{start} ({start.utcoffset()}) by our definition instead of {case['starts']}"
    until = event["RRULE"].get("UNTIL", [None])[0] if "RRULE" in event else None
    end = timedelta(days=1) if "RRULE" not in event else FOLLOWED
    local = start.replace(tzinfo=None)
    last = min(local + end, until.replace(tzinfo=None)) if until else local + end
    while local < last:
        # What clocks show twice, or skip, is read in more ways than one. Samoa once skipped a day.
        near = (local + timedelta(hours=hours) for hours in (-26, -2, -1, 1, 2, 26))
        plain = all(theirs.utcoffset(time) == theirs.utcoffset(local) for time in near)
        if plain and ours.utcoffset(local) != theirs.utcoffset(local):
            yield f"{local} is {ours.utcoffset(local)} by our definition and {theirs.utcoffset(local)} in fact"
            return
        local += timedelta(hours=6)


def main(path):
    with open(path, encoding="utf-8") as file:
        cases = json.load(file)
    wrong = 0
    for number, case in enumerate(cases):
        text = case["text"]
        calendar, event, faults = read(text)
        for why in [*faults, *wrong_values(case, calendar, event), *wrong_zone(case, text, number)]:
            wrong += 1
            print(f"peers: icalendar (PyPI): {case['name']}: {why}", file=sys.stderr)
    if len(cases) < 50:
        sys.exit(f"peers: {path} has too few cases: run scripts/peers.sh, which writes them anew")
    print(f"peers: icalendar (PyPI): {len(cases)} calendars, {wrong} faults")
    sys.exit(wrong > 0)


main(*sys.argv[1:])
