#!/usr/bin/env python3
"""Holds the answers to the seed's programs against the body that the seed prints, field by field.

    check.py < ANSWERS                      the lines that run.sh prints: {"example","status","body"}
    check.py --line NAME RECORD OUTPUT      makes such lines from a record, or from curl's output if that is empty
"""

import copy
import datetime
import json
import re
import sys

from extract import printed_answer

# Ours, beside the seed's members (design, part 12): null on a fresh notification.
OURS = ["read_at", "archived_at", "snoozed_until"]
# How many notifications each program sends.
EXPECTED = {"request_body": 1, "curl": 1, "python": 1, "node": 1, "cron": 1, "monitoring": 3}


def expected(example, index, sent):
    """The body that the seed's document leads its reader to expect; `sent` is what came back, for today's date."""
    answer = copy.deepcopy(printed_answer())
    notification = answer["notification"]
    metadata = sent.get("metadata") if isinstance(sent.get("metadata"), dict) else {}
    if example == "request_body":
        notification.update(related_ticket_id=42, related_user_id=5)
    if example == "python":
        notification["title"] = "Mobile Service Activated"
        notification["message"] = "Service ID 167 has been successfully provisioned and activated"
        notification["metadata"]["playbook"] = "mobile_service_activation"
    if example == "cron":
        # Four if midnight passed between the row and the program.
        days = 4 if metadata.get("days_remaining") == 4 else 5
        expires = str(metadata.get("expiry_date"))
        notification.update(
            type="service_expiring",
            title=f"Service Expiring in {days} Days",
            message=f"Your Mobile Service will expire on {expires}",
            metadata={"service_id": 167, "days_remaining": days, "expiry_date": expires},
        )
    if example == "monitoring":
        notification.update(
            user_id=index + 1,
            type="system_alert",
            title="⚠️ Disk Space Warning",
            message="Database server disk usage has exceeded 85%",
            link=None,
            metadata={
                "severity": "warning",
                "alert_time": metadata.get("alert_time"),
                "source": "prometheus_alertmanager",
            },
        )
    return answer


def is_time(value, form):
    """Whether the value is a text in this form of date and time, to the letter."""
    try:
        return datetime.datetime.strptime(value, form).strftime(form) == value
    except (TypeError, ValueError):
        return False


def same(found, wanted):
    """Equality that tells 1 from true and from 1.0."""
    return json.dumps(found, sort_keys=True) == json.dumps(wanted, sort_keys=True)


def members(where, found, wanted):
    """Every member that is wrong, missing or one too many."""
    if not isinstance(found, dict):
        yield f"{where} is {json.dumps(found)} and not an object"
        return
    for name in sorted(set(found) | set(wanted)):
        if name not in found:
            yield f"{where}.{name} is missing"
        elif name not in wanted:
            yield f"{where}.{name} is one too many: {json.dumps(found[name])}"
        elif not same(found[name], wanted[name]):
            yield f"{where}.{name} is {json.dumps(found[name])} and not {json.dumps(wanted[name])}"


def complaints(example, index, body):
    """What is wrong with one answer's body."""
    if not isinstance(body, dict) or not isinstance(body.get("notification"), dict):
        yield f"the body has no notification: {json.dumps(body)}"
        return
    found = dict(body["notification"])
    wanted = expected(example, index, found)
    number = found.pop("notification_id", None)
    if type(number) is not int or not 0 < number < 2**53:
        yield f"notification.notification_id is {json.dumps(number)} and not an integer below 2^53"
    created_at = found.pop("created_at", None)
    if not is_time(created_at, "%Y-%m-%dT%H:%M:%SZ"):
        yield f"notification.created_at is {json.dumps(created_at)} and not like 2026-01-11T14:30:00Z"
    metadata = found.get("metadata")
    if example == "cron" and not is_time((metadata or {}).get("expiry_date"), "%Y-%m-%d"):
        yield f"notification.metadata.expiry_date is not the date that was sent: {json.dumps(metadata)}"
    if example == "monitoring" and not re.fullmatch(r"[\d-]{10}T[\d:.]{8,15}", str((metadata or {}).get("alert_time"))):
        yield f"notification.metadata.alert_time is not the time that was sent: {json.dumps(metadata)}"
    for name in OURS:
        if found.pop(name, None) is not None:
            yield f"notification.{name} is not null on a fresh notification"
    notification = wanted.pop("notification")
    del notification["notification_id"], notification["created_at"]
    yield from members("body", {name: body[name] for name in body if name != "notification"}, wanted)
    yield from members("notification", found, notification)


def check(lines):
    """What is wrong with all the answers together."""
    seen, numbers = {}, []
    for line in filter(str.strip, lines):
        answer = json.loads(line)
        example, status, body = answer["example"], answer["status"], answer["body"]
        index = seen.get(example, 0)
        seen[example] = index + 1
        if status != 201:
            yield f"{example}: the answer is {status} and not 201: {json.dumps(body, ensure_ascii=False)}"
            continue
        yield from (f"{example}: {complaint}" for complaint in complaints(example, index, body))
        if isinstance(body, dict) and isinstance(body.get("notification"), dict):
            numbers.append(json.dumps(body["notification"].get("notification_id")))
    if seen != EXPECTED:
        yield f"answers came as {seen} and not as {EXPECTED}"
    if len(set(numbers)) != len(numbers):
        yield f"a notification_id came twice: {numbers}"


def answers(name, record, output):
    """The answers of one program, as lines for `check`."""
    with open(record, encoding="utf-8") as file:
        recorded = [json.loads(line) for line in file]
    if not recorded:
        # curl: the body, and below it the status.
        with open(output, encoding="utf-8") as file:
            text, _, status = file.read().rpartition("\n")
        recorded = [{"status": int(status), "text": text}]
    for answer in recorded:
        try:
            body = json.loads(answer["text"])
        except ValueError:
            body = answer["text"]
        yield json.dumps({"example": name, "status": answer["status"], "body": body})


def main(arguments):
    if arguments[:1] == ["--line"] and len(arguments) == 4:
        for line in answers(*arguments[1:]):
            print(line)
        return 0
    if arguments:
        return __doc__
    found = list(check(sys.stdin))
    if found:
        return "\n".join(found)
    print(f"seed: {sum(EXPECTED.values())} bodies are the seed's, field by field")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
