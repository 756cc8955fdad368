"""A mail server for the stories, on a free port of the loopback.

It says its port in the first line that it prints. For each line that it reads it prints everything that it took, as a
JSON list, read by Python's own `email` package, and what is in it of calendars by PyPI's `icalendar`. It ends with its
standard input.

Recipients are refused by their address: refuse550@… for good, later451@… each time, once451@… the first time.
"""

import asyncio
import email
import email.policy
import json
import sys

from aiosmtpd.smtp import SMTP


def calendars(message):
    """Every calendar of a message, in all the forms in which it is there."""
    parts = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    if not parts:
        return []
    # Few stories have one, and all of them start this program.
    from icalendar import Calendar

    found = []
    for part in parts:
        calendar = Calendar.from_ical(part.get_payload(decode=True))
        event = calendar.walk("VEVENT")[0]
        found.append(
            {
                "file": part.get_filename(),
                "method": part.get_param("method"),
                "charset": part.get_content_charset(),
                "says": calendar.get("METHOD"),
                "errors": [str(error) for one in calendar.walk() for error in one.errors],
                "uid": event.get("UID"),
                "sequence": event.get("SEQUENCE"),
                "summary": event.get("SUMMARY"),
                "status": event.get("STATUS"),
                "url": event.get("URL"),
                "starts": event["DTSTART"].dt.isoformat(),
                "rrule": event["RRULE"].to_ical().decode() if "RRULE" in event else None,
            }
        )
    return found


def told(envelope):
    message = email.message_from_bytes(envelope.content, policy=email.policy.default)
    body = {kind: message.get_body((kind,)) for kind in ("plain", "html")}
    content = {kind: part.get_content() if part else None for kind, part in body.items()}
    return {
        "mail_from": envelope.mail_from,
        "rcpt_to": envelope.rcpt_tos,
        "headers": [[name, str(value)] for name, value in message.items()],
        "text": content["plain"],
        "html": content["html"],
        "attachments": [
            {
                "name": part.get_filename(),
                "content_type": part.get_content_type(),
                "content": part.get_payload(decode=True).decode("utf-8", "replace"),
            }
            for part in message.iter_attachments()
        ],
        "calendars": calendars(message),
        "defects": [str(defect) for part in message.walk() for defect in part.defects],
        "raw_size": len(envelope.content),
    }


class Handler:
    def __init__(self):
        self.taken = []
        self.asked = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name == "refuse550":
            return "550 5.1.1 There is no such mailbox"
        if name == "later451" or name == "once451" and address not in self.asked:
            self.asked.add(address)
            return "451 4.3.0 Come again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.taken.append(told(envelope))
        return "250 OK"


async def main():
    loop = asyncio.get_running_loop()
    handler = Handler()
    server = await loop.create_server(lambda: SMTP(handler), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(handler.taken), flush=True)


asyncio.run(main())
