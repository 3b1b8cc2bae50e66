"""What a request for appointments does: its response, its audit rows and its SQL."""

import re
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import AccessRecord
from tests.support.api_client import Api


def outcome_of(api: Api, document: str, token: str | None) -> Any:
    """Return the response, the rows of the audit log, and the SQL about appointments."""
    known = AccessRecord.objects.count()
    with CaptureQueriesContext(connection) as captured:
        response = api(document, token=token)
    records = AccessRecord.objects.order_by("pk")[known:]
    rows = [(row.actor_id, row.patients, row.action, row.fields) for row in records]
    statements = [query["sql"] for query in captured]
    about = [_normalized(sql) for sql in statements if "clinic_appointment" in sql]
    return response, rows, about


def _normalized(sql: str) -> str:
    """Return SQL that is equal for a parameter and a value, and without the keys of lists."""
    # Django encloses an expression, so also a parameter, in parentheses.
    sql = re.sub(r"\((\d+|'[^']*'(?:::\w+)?)\)", r"\1", sql)
    return re.sub(r" IN (\d+|\([\d, ]+\))", " IN keys", sql)
