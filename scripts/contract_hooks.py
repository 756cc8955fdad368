"""What schemathesis cannot know by itself: whom it calls as, what exists, and what no schema can say.

Read by scripts/contract.sh. CONTRACT_AS=key sends the API key of the configuration, CONTRACT_AS=person the token of
an administrator. Nothing is left out to keep that administrator alive: where a request locked, changed, deleted or
signed out the very person it was sent as, the next one is sent as another administrator, made with the API key.
"""

import itertools
import os
import re
import uuid
from datetime import datetime, timedelta, timezone

import requests
import schemathesis

URL = os.environ["CONTRACT_URL"]
KEY = {"X-API-KEY": os.environ["CONTRACT_KEY"]}
AS_PERSON = os.environ["CONTRACT_AS"] == "person"
PASSWORD = "correct horse battery staple"
LARGEST_ID = 2**53 - 1

requests_sent = itertools.count()


class Administrator:
    """Somebody who may do everything, with notifications to do it to."""

    numbers = itertools.count(1)

    def __init__(self):
        email = f"contract-{os.getpid()}-{next(self.numbers)}@example.com"
        self.id = add_user(email, ["admin"]).json()["user"]["id"]
        answer = requests.post(f"{URL}/crm/auth/login", json={"email": email, "password": PASSWORD})
        answer.raise_for_status()
        self.header = {"Authorization": f"Bearer {answer.json()['token']}"}
        self.notifications = [self.send() for _ in range(8)]

    def send(self):
        body = {"user_id": self.id, "type": "custom", "title": "Contract", "metadata": {"é": [1.0, None]}}
        answer = requests.post(f"{URL}/crm/notification/send", json=body, headers=KEY)
        answer.raise_for_status()
        return answer.json()["notification"]["notification_id"]

    def replace(self, notification):
        self.notifications = [self.send() if own == notification else own for own in self.notifications]

    def is_one_still(self):
        answer = requests.get(f"{URL}/crm/auth/me", headers=self.header)
        return answer.status_code == 200 and "admin" in answer.json()["roles"]


def add_user(email, roles):
    person = {"email": email, "name": "Contract", "roles": roles, "password": PASSWORD}
    return requests.post(f"{URL}/crm/user", json=person, headers=KEY)


# Who signs in, by the dictionary of scripts/contract.sh; there already in a second pass.
add_user("reader@example.com", [])
administrators = [Administrator()]


def administrator():
    if not administrators:
        administrators.append(Administrator())
    return administrators[0]


# Everywhere but where nobody is asked who they are.
@schemathesis.auth(refresh_interval=None).apply_to(path_regex="^/crm/(?!auth/(login|refresh|session)|metrics)")
class Sender:
    def get(self, case, context):
        return administrator().header if AS_PERSON else KEY

    def set(self, case, header, context):
        case.headers = {**(case.headers or {}), **header}


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Every second id of a notification is one that there is."""
    drawn = (path_parameters or {}).get("id")
    is_good = type(drawn) is int and 1 <= drawn <= LARGEST_ID
    if is_good and drawn % 2 == 0 and context.operation.path.startswith("/crm/notification/"):
        own = administrator().notifications
        return {**path_parameters, "id": own[drawn // 2 % len(own)]}
    return path_parameters


@schemathesis.hook
def before_call(context, case, kwargs):
    """Nearly always a new Idempotency-Key and one shelf: what is refused for those two leads no further."""
    if next(requests_sent) % 8 == 0:
        return
    for name, value in (case.headers or {}).items():
        if name.lower() == "idempotency-key" and re.fullmatch("[!-~]{1,255}", str(value)):
            unique = uuid.uuid4().hex
            case.headers[name] = f"{value[: max(len(value) - len(unique), 0)]}{unique}"
    if case.path == "/crm/notification/" and asks_for_two_shelves(case):
        del case.query["snoozed"]


@schemathesis.hook
def after_call(context, case, response):
    """Whatever may end a session or a person is followed by a look at whether the administrator still is one."""
    if response.status_code != 200 or not administrators:
        return
    method = response.request.method
    changes_somebody = case.path.startswith("/crm/user/") and method in ("PUT", "DELETE")
    may_end = changes_somebody or case.path == "/crm/auth/logout"
    if may_end and not administrators[0].is_one_still():
        administrators.clear()
    if method == "DELETE" and case.path == "/crm/notification/{id}":
        administrator().replace(int(case.path_parameters["id"]))


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """False for an answer that is right although the schema has it otherwise, because no schema can say the rule."""
    kind = type(failure).__name__
    if kind == "AcceptedNegativeData" and case.path == "/crm/notification/send/batch":
        return not is_refused_in_its_result(response)
    if kind != "RejectedPositiveData":
        return True
    if response.status_code == 422:
        return not has_key(case)
    if response.status_code == 400 and case.path == "/crm/notification/":
        return not asks_for_two_shelves(case)
    if response.status_code == 400 and case.path.endswith("/snooze"):
        return not lies_outside_ten_years(case.body)
    if response.status_code == 400 and "/mute/" in case.path:
        return not lies_in_the_past(case.body)
    if response.status_code == 400 and case.path.startswith("/crm/user/"):
        return "quiet_hours must leave some time" not in response.text
    return True


def is_refused_in_its_result(response):
    """A batch is judged element by element: one that is not understood does not keep the others back."""
    return response.status_code == 200 and any(result["status"] == 400 for result in response.json()["results"])


def has_key(case):
    """422 says one thing only: the Idempotency-Key was used before, with another body."""
    return any(name.lower() == "idempotency-key" for name in case.headers or {})


def asks_for_two_shelves(case):
    return all(str((case.query or {}).get(name)).lower() == "true" for name in ("archived", "snoozed"))


def lies_outside_ten_years(body):
    until = datetime.fromisoformat(body["until"].upper().replace("Z", "+00:00"))
    now = datetime.now(timezone.utc)
    return not now < until < now + timedelta(days=3660)


def lies_in_the_past(body):
    until = datetime.fromisoformat(body["until"].upper().replace("Z", "+00:00"))
    return until <= datetime.now(timezone.utc)
