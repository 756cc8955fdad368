"""Stands in for SQLAlchemy under the seed's cron example: every query is answered with one made-up row."""

import contextlib
import datetime
import types

ROW = types.SimpleNamespace(
    service_id=167,
    end_date=datetime.date.today() + datetime.timedelta(days=5),
    user_id=123,
    service_name="Mobile Service",
)


def create_engine(_url):
    """An engine whose connections answer everything with `ROW`."""
    connection = types.SimpleNamespace(execute=lambda _query: [ROW])
    return types.SimpleNamespace(connect=lambda: contextlib.nullcontext(connection))


def text(query):
    """The query as it is."""
    return query
