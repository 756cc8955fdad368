"""Writes src/record/recurrence/tests/edges.tsv: what the clocks of the world do around their jumps.

    PYTHONTZPATH= target/venv/bin/python tests/peers/edges.py > src/record/recurrence/tests/edges.tsv

The transitions are named here by hand. Python's zoneinfo, with PyPI's tzdata, finds for each the two times between
which the wall's clock jumps, and the instants at which a reminder is due that is set one second before each of them, at
it, and one second after it: the first instant after a gap, the first of two in an overlap.
"""

import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

# Name, zone, and the day in UTC, noon to noon around it, in which the clock jumps.
JUMPS = [
    ("New York, forward", "America/New_York", "2026-03-08"),
    ("New York, back", "America/New_York", "2026-11-01"),
    ("New York, forward, by the old rule", "America/New_York", "2006-04-02"),
    ("London, forward", "Europe/London", "2026-03-29"),
    ("London, back", "Europe/London", "2026-10-25"),
    ("Dublin, forward, from negative DST", "Europe/Dublin", "2026-03-29"),
    ("Berlin, forward", "Europe/Berlin", "2026-03-29"),
    ("Berlin, back", "Europe/Berlin", "2026-10-25"),
    ("Azores, back to midnight", "Atlantic/Azores", "2025-10-26"),
    ("Lord Howe, forward by 30 minutes", "Australia/Lord_Howe", "2026-10-03"),
    ("Lord Howe, back by 30 minutes", "Australia/Lord_Howe", "2026-04-04"),
    ("Sydney, forward", "Australia/Sydney", "2026-10-03"),
    ("Adelaide, back", "Australia/Adelaide", "2026-04-04"),
    ("Auckland, forward", "Pacific/Auckland", "2025-09-27"),
    ("Chatham, forward at 2:45", "Pacific/Chatham", "2025-09-27"),
    ("Chatham, back at 3:45", "Pacific/Chatham", "2026-04-04"),
    ("Troll, forward by two hours", "Antarctica/Troll", "2026-03-29"),
    ("Troll, back by two hours", "Antarctica/Troll", "2026-10-25"),
    ("Sao Paulo, forward at midnight", "America/Sao_Paulo", "2018-11-04"),
    ("Sao Paulo, back at midnight", "America/Sao_Paulo", "2018-02-18"),
    ("Asuncion, forward at midnight", "America/Asuncion", "2024-10-06"),
    ("Santiago, forward at midnight", "America/Santiago", "2025-09-07"),
    ("Havana, forward at midnight", "America/Havana", "2025-03-09"),
    ("Havana, back at one", "America/Havana", "2025-11-02"),
    ("Beirut, forward at midnight", "Asia/Beirut", "2025-03-29"),
    ("Beirut, back at midnight", "Asia/Beirut", "2025-10-25"),
    ("Tehran, forward at midnight, for the last time", "Asia/Tehran", "2022-03-21"),
    ("Amman, forward, and never back", "Asia/Amman", "2022-02-24"),
    ("Casablanca, back for Ramadan", "Africa/Casablanca", "2025-02-23"),
    ("Casablanca, forward after Ramadan", "Africa/Casablanca", "2025-04-06"),
    ("Apia, the day that is missing", "Pacific/Apia", "2011-12-30"),
    ("Apia, back for the last time", "Pacific/Apia", "2021-04-03"),
    ("Kwajalein, the day that is missing", "Pacific/Kwajalein", "1993-08-21"),
    ("Kathmandu, forward by 15 minutes", "Asia/Kathmandu", "1985-12-31"),
    ("Cairo, forward at midnight, DST is back", "Africa/Cairo", "2023-04-27"),
    ("Cairo, back at midnight", "Africa/Cairo", "2023-10-26"),
    ("Gaza, back, by a late change of the rule", "Asia/Gaza", "2023-10-28"),
    ("Gaza, forward after Ramadan", "Asia/Gaza", "2023-04-29"),
    ("Pyongyang, back by 30 minutes", "Asia/Pyongyang", "2015-08-14"),
    ("Pyongyang, forward by 30 minutes", "Asia/Pyongyang", "2018-05-04"),
    ("Caracas, forward by 30 minutes", "America/Caracas", "2016-05-01"),
    ("Istanbul, forward for good", "Europe/Istanbul", "2016-03-27"),
    ("Volgograd, back for good", "Europe/Volgograd", "2020-12-26"),
    ("Juba, back at midnight for good", "Africa/Juba", "2021-01-31"),
    ("Nuuk, forward on a Saturday night", "America/Nuuk", "2024-03-31"),
    ("Jerusalem, forward on a Friday", "Asia/Jerusalem", "2025-03-28"),
    ("New York in 2038, forward", "America/New_York", "2038-03-14"),
    ("Berlin in 2038, back", "Europe/Berlin", "2038-10-31"),
    ("Sydney in 2060, back", "Australia/Sydney", "2060-04-03"),
]

# Name, zone, and the time on the wall: edges of the calendar rather than of a clock.
TURNS = [
    ("leap day begins", "Europe/London", "2028-02-29T00:00:00"),
    ("leap day ends", "America/New_York", "2028-03-01T00:00:00"),
    ("no leap day in 2100", "Asia/Kathmandu", "2100-03-01T00:00:00"),
    ("a month of 30 days ends", "Europe/Berlin", "2026-05-01T00:00:00"),
    ("a year ends", "Pacific/Apia", "2027-01-01T00:00:00"),
    ("32 bits of seconds end", "UTC", "2038-01-19T03:14:08"),
    ("32 bits of seconds end in New York", "America/New_York", "2038-01-18T22:14:08"),
    ("the last days of the calendar", "UTC", "9999-12-30T00:00:00"),
    ("the last summer of the calendar", "Europe/Berlin", "9999-07-01T00:00:00"),
]

SECOND = timedelta(seconds=1)


def offset(instant, zone):
    return instant.astimezone(zone).utcoffset()


def jump(zone, day):
    """The first instant of the new offset, and both offsets."""
    noon = datetime.fromisoformat(day).replace(hour=12, tzinfo=timezone.utc)
    low, high = noon - timedelta(days=1), noon + timedelta(hours=12)
    before, after = offset(low, zone), offset(high, zone)
    if before == after:
        sys.exit(f"{zone.key} does not jump around {day}")
    while high - low > SECOND:
        middle = low + timedelta(seconds=(high - low) // SECOND // 2)
        low, high = (middle, high) if offset(middle, zone) == before else (low, middle)
    return high, before, after


def due(wall, zone, gap_ends=None):
    """The first instant at which the wall's clock shows this; where it never does, the end of the gap."""
    instant = wall.replace(tzinfo=zone, fold=0).astimezone(timezone.utc)
    shown = instant.astimezone(zone).replace(tzinfo=None)
    if shown == wall:
        return instant
    if gap_ends is None:
        sys.exit(f"{zone.key} does not show {wall}")
    return gap_ends


def row(name, zone, offset_in_words, wall, instant):
    text = instant.strftime("%Y-%m-%dT%H:%M:%SZ")
    print("\t".join([name, zone.key, offset_in_words, wall.isoformat(timespec="seconds"), text]))


def around(name, zone, wall, gap_ends=None):
    for seconds in (-1, 0, 1):
        time = wall + seconds * SECOND
        row(name, zone, f"{seconds:+d} s" if seconds else "0 s", time, due(time, zone, gap_ends))


def main():
    print("# Written by tests/peers/edges.py with Python's zoneinfo, which shares nothing with us but the rules of zones.")
    print("# what\tzone\tdistance\ton the wall\tdue")
    for name, zone, day in JUMPS:
        zone = ZoneInfo(zone)
        instant, before, after = jump(zone, day)
        walls = sorted(instant.replace(tzinfo=None) + offset for offset in (before, after))
        # Where the clock goes forward, nothing between these two is shown; where it goes back, all is shown twice.
        gap_ends = instant if after > before else None
        around(f"{name}: from", zone, walls[0], gap_ends)
        around(f"{name}: to", zone, walls[1], gap_ends)
    for name, zone, wall in TURNS:
        around(name, ZoneInfo(zone), datetime.fromisoformat(wall))


main()
