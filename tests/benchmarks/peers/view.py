"""Plain Django views with SQL: no API on the same framework can be faster.

R3, R4 and W1 are the code of the floor, called by a view.
"""

import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import jwt
from django.conf import settings
from django.contrib import admin
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from typing_extensions import override

from tests.benchmarks.peers.account import ACCOUNT
from tests.benchmarks.peers.audit_fields import READ_FIELDS
from tests.benchmarks.peers.floor import booking, searches
from tests.benchmarks.peers.floor.session import Row, Session

APPOINTMENTS = """
SELECT a.id, a.date, a.time, a.duration_minutes, a.status, a.reason_for_visit,
       d.id, d.specialty, du.id, du.first_name, du.last_name,
       p.id, p.date_of_birth, pu.id, pu.first_name, pu.last_name
FROM clinic_appointment a
JOIN clinic_doctor d ON d.id = a.doctor_id JOIN users_user du ON du.id = d.user_id
JOIN clinic_patient p ON p.id = a.patient_id JOIN users_user pu ON pu.id = p.user_id
WHERE d.user_id = %s ORDER BY a.date, a.time, a.id LIMIT %s
"""
AUDIT = """
INSERT INTO clinic_accessrecord
    (at, actor_id, patients, action, operation, fields, address, request_id)
VALUES (now(), %s, %s, 'read', 'appointments', %s, '127.0.0.1', '')
"""


def account_of(request: HttpRequest) -> tuple[Any, ...]:
    token = request.headers["Authorization"].partition(" ")[2]
    claims = jwt.decode(token, settings.JWT_SECRET, algorithms=["HS256"])
    with connection.cursor() as cursor:
        cursor.execute(ACCOUNT, [claims["user_id"], claims["sid"]])
        row: tuple[Any, ...] = cursor.fetchone()
    return row


def me(request: HttpRequest) -> HttpResponse:
    names = ("id", "email", "first_name", "last_name", "gender", "is_doctor", "is_patient")
    return JsonResponse(dict(zip(names, account_of(request), strict=True)))


def page(request: HttpRequest) -> HttpResponse:
    user, size = account_of(request)[0], int(request.GET["page_size"])
    with connection.cursor() as cursor:
        cursor.execute(APPOINTMENTS, [user, size])
        rows = [appointment(row) for row in cursor]
        patients = sorted({row["patient"]["id"] for row in rows})
        cursor.execute(AUDIT, [user, json.dumps(patients), json.dumps(READ_FIELDS)])
    return JsonResponse({"results": rows})


def appointment(row: tuple[Any, ...]) -> dict[str, Any]:
    return {
        "id": row[0],
        "date": row[1],
        "time": row[2],
        "duration_minutes": row[3],
        "status": row[4],
        "reason_for_visit": row[5],
        "doctor": {"id": row[6], "specialty": row[7], "user": person(row[8:11])},
        "patient": {"id": row[11], "date_of_birth": row[12], "user": person(row[13:])},
    }


def person(row: tuple[Any, ...]) -> dict[str, Any]:
    return {"id": row[0], "first_name": row[1], "last_name": row[2]}


class ViewSession(Session):
    """The caller, with the statements of the floor on Django's connection."""

    @override
    def rows(self, statement: str, parameters: Sequence[Any] | dict[str, Any]) -> list[Row]:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return [tuple(map(_loaded, row)) for row in cursor]


def _loaded(value: Any) -> Any:
    # Django's connection returns JSON as text. Names and specialties do not begin like an object.
    is_object = isinstance(value, str) and value.startswith("{")
    return json.loads(value) if is_object else value


def session_of(request: HttpRequest) -> ViewSession:
    row, database = account_of(request), SimpleNamespace(transaction=transaction.atomic)
    return ViewSession(connection=database, user=row[0], is_patient=row[6])  # type: ignore[arg-type]  # all that the floor uses of it


def respond(response: tuple[str, Any]) -> HttpResponse:
    status, body = response
    return JsonResponse(body, status=int(status[:3]), safe=False)


def slots(request: HttpRequest, doctor: str) -> HttpResponse:
    return respond(searches.slots(session_of(request), request.GET.dict(), doctor))


def next_available(request: HttpRequest) -> HttpResponse:
    return respond(searches.next_available(session_of(request), request.GET.dict()))


@csrf_exempt
def appointments(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return respond(booking.book(session_of(request), json.loads(request.body)))
    return page(request)


urlpatterns = [
    path("admin/", admin.site.urls),  # a middleware reverses its URL
    path("me", me),
    path("appointments", appointments),
    path("doctors/<doctor>/slots", slots),
    path("next-available", next_available),
]
