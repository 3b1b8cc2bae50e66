"""Appointment types, special hours and closures through the API, and who can change them."""

import datetime as dt
from typing import Any

import pytest
from graphql import GraphQLInputObjectType

from clinic import clock as clinic_clock
from clinic.booking.date_exceptions import add_closure, set_special_hours
from clinic.errors import BookingErrorCode
from clinic.models import AccessRecord, Doctor, Patient, SpecialHours
from schema.schema import schema
from tests.support.api_client import Api
from tests.support.booking import TUESDAY, book_as_patient
from tests.support.fixtures.people import make_user, offer_type
from tests.support.global_ids import id_of, node_id
from tests.support.graphql_responses import (
    operation_info,
    root_value,
    validation_info,
)
from tests.support.permissions import grant
from users.models import User

pytestmark = pytest.mark.django_db

WRONG_ROLE = operation_info(BookingErrorCode.ROLE_REQUIRED)
DAYS = {"firstDay": "2026-03-03", "lastDay": "2026-03-04"}
HOURS = [{"startTime": "09:00", "endTime": "12:00"}]


@pytest.fixture
def clerk(db: None) -> User:
    """A member of staff without permissions."""
    return make_user("Cleo", is_staff=True)


def send(api: Api, user: User, mutation: str, **sent: object) -> Any:
    return root_value(api(mutation, {"input": sent}, user=user))


def test_save_appointment_type_changes_only_what_is_sent(api: Api, dora: Doctor, sam: User) -> None:
    offered = offer_type(dora, duration_minutes=40, lead_time_minutes=60, max_per_day=3)
    changed = send(
        api, sam, "SaveAppointmentType",
        id=id_of(offered), name="Follow-up", maxPerDay=None, leadTimeMinutes=None,
    )  # fmt: skip
    assert (
        changed["name"],
        changed["durationMinutes"],
        changed["maxPerDay"],
        changed["leadTimeMinutes"],
    ) == ("Follow-up", 40, None, None)


@pytest.mark.parametrize(
    ("sent", "messages"),
    [
        (
            {},
            [
                ("durationMinutes", "required", "This field cannot be null."),
                ("name", "required", "This field cannot be blank."),
            ],
        ),
        (
            {"name": "Check-up", "durationMinutes": 32},
            [
                (
                    "durationMinutes",
                    "off_grid",
                    "This value is not a multiple of 5 minutes. Choose one that is.",
                )
            ],
        ),
        (
            {"name": "Check-up", "durationMinutes": 30, "maxPerDay": 0},
            [("maxPerDay", "min_value", "Ensure this value is greater than or equal to 1.")],
        ),
    ],
)
def test_save_appointment_type_reports_errors_by_field(
    api: Api, sam: User, sent: dict[str, object], messages: list[tuple[str, str, str]]
) -> None:
    answer = send(api, sam, "SaveAppointmentType", **sent)
    answer["messages"].sort(key=lambda message: message["field"])
    assert answer == validation_info(*messages)


@pytest.mark.parametrize(
    ("field", "largest"),
    [
        ("maxPerDay", 1_000),
        ("leadTimeMinutes", 525_600),
        ("cancellationNoticeMinutes", 525_600),
    ],
)
def test_save_appointment_type_accepts_values_up_to_the_described_bound(
    api: Api, dora: Doctor, sam: User, field: str, largest: int
) -> None:
    offered = offer_type(dora)
    input_type = schema._schema.type_map["SaveAppointmentTypeInput"]  # noqa: SLF001 - no public API
    assert isinstance(input_type, GraphQLInputObjectType)
    accepted = send(api, sam, "SaveAppointmentType", id=id_of(offered), **{field: largest})
    more = send(api, sam, "SaveAppointmentType", id=id_of(offered), **{field: largest + 1})
    assert f" to {largest:,}" in str(input_type.fields[field].description)
    assert accepted[field] == largest
    assert more == validation_info(
        (field, "max_value", f"Ensure this value is less than or equal to {largest}.")
    )


def test_save_appointment_type_rejects_the_name_of_another_active_type(
    api: Api, dora: Doctor, sam: User
) -> None:
    first = id_of(offer_type(dora, "Follow-up"))
    taken = validation_info(
        ("name", "unique", "Another active appointment type has this name. Choose another one.")
    )
    new = {"name": " FOLLOW\u2010UP", "durationMinutes": 30}
    assert send(api, sam, "SaveAppointmentType", **new) == taken
    second = send(api, sam, "SaveAppointmentType", active=False, **new)["id"]
    assert send(api, sam, "SaveAppointmentType", id=second, active=True) == taken
    same = send(api, sam, "SaveAppointmentType", id=first, name="Follow-Up", durationMinutes=45)
    assert same["name"] == "Follow-Up"
    send(api, sam, "SaveAppointmentType", id=first, active=False)
    reactivated = send(api, sam, "SaveAppointmentType", id=second, active=True)
    assert reactivated["active"] is True


def test_catalogue_and_closures_need_permissions(
    api: Api, dora: Doctor, ann: Patient, clerk: User
) -> None:
    offered = offer_type(dora)
    closure = add_closure(
        name="Course", first_day=TUESDAY, last_day=TUESDAY, now=clinic_clock.now()
    )
    calls: list[tuple[str, str, dict[str, object]]] = [
        ("add_appointmenttype", "SaveAppointmentType", {"name": "New", "durationMinutes": 30}),
        ("change_appointmenttype", "SaveAppointmentType", {"id": id_of(offered), "name": "Old"}),
        ("add_closure", "AddClosure", {"name": "New", **DAYS}),
        ("delete_closure", "RemoveClosure", {"id": id_of(closure)}),
    ]
    for permission, mutation, sent in calls:
        rejected = [send(api, user, mutation, **sent) for user in (ann.user, dora.user, clerk)]
        assert rejected == [WRONG_ROLE] * 3
        clerk = grant(clerk, permission)
        assert send(api, clerk, mutation, **sent)["__typename"] != "OperationInfo"


@pytest.mark.parametrize(
    ("mutation", "sent", "field"),
    [
        ("SaveAppointmentType", {"id": node_id("AppointmentType", 99)}, "id"),
        ("RemoveClosure", {"id": node_id("Closure", 99)}, "id"),
        ("RemoveClosure", {"id": node_id("Doctor", 1)}, "id"),
        ("SetSpecialHours", {"doctorId": node_id("Doctor", 99), "date": "2026-03-07", "hours": []},
         "doctorId"),
    ],
)  # fmt: skip
def test_unknown_ids_of_the_schedule_are_not_found(
    api: Api, sam: User, mutation: str, sent: dict[str, object], field: str
) -> None:
    assert send(api, sam, mutation, **sent) == operation_info(BookingErrorCode.NOT_FOUND, field)


def test_set_appointment_types_rejects_unknown_and_repeated_types(api: Api, dora: Doctor) -> None:
    offered = id_of(offer_type(dora))
    unknown = send(
        api, dora.user, "SetAppointmentTypes",
        appointmentTypeIds=[offered, node_id("AppointmentType", 99)],
    )  # fmt: skip
    twice = send(api, dora.user, "SetAppointmentTypes", appointmentTypeIds=[offered, offered])
    assert unknown == operation_info(BookingErrorCode.NOT_FOUND, "appointmentTypeIds.1")
    assert twice == validation_info(
        (
            "appointmentTypeIds.1",
            "invalid",
            "This appointment type is in the list twice. Remove one of them.",
        )
    )


@pytest.mark.parametrize(
    ("mutation", "sent"),
    [
        ("SetAppointmentTypes", {"appointmentTypeIds": []}),
        ("SetSpecialHours", {"date": "2026-03-07", "hours": HOURS}),
        ("SetWorkingHours", {"hours": []}),
        (
            "AddTimeOff",
            {"startsAt": "2026-03-03T09:00:00+01:00", "endsAt": "2026-03-03T12:00:00+01:00"},
        ),
    ],
)
def test_schedule_of_another_doctor_is_for_staff_with_permission(
    api: Api, dora: Doctor, emil: Doctor, clerk: User, mutation: str, sent: dict[str, object]
) -> None:
    foreign = send(api, emil.user, mutation, doctorId=id_of(dora), **sent)
    unknown = send(api, emil.user, mutation, doctorId=node_id("Doctor", 99), **sent)
    without = send(api, clerk, mutation, doctorId=id_of(dora), **sent)
    assert foreign == unknown == operation_info(BookingErrorCode.NOT_FOUND, "doctorId")
    assert without == WRONG_ROLE
    clerk = grant(clerk, "change_doctor")
    for user in (dora.user, clerk):
        answer = send(api, user, mutation, doctorId=id_of(dora), **sent)
        assert answer["__typename"] in {"Doctor", "TimeOff"}


def test_time_off_added_by_staff_lists_conflicts_only_with_permission(
    api: Api, ann: Patient, dora: Doctor, clerk: User
) -> None:
    appointment = book_as_patient(ann, dora, reason_for_visit="A cough")
    query = """mutation AddTimeOff($input: AddTimeOffInput!) { addTimeOff(input: $input) {
      ... on TimeOff { conflicts { id reasonForVisit patient { user { lastName } } } }
    } }"""
    sent = {
        "doctorId": id_of(dora),
        "startsAt": "2026-03-03T09:00:00+01:00",
        "endsAt": "2026-03-03T12:00:00+01:00",
    }
    answers = []
    for permission in ("change_doctor", "view_appointment", "view_patient"):
        clerk = grant(clerk, permission)
        answers.append(root_value(api(query, {"input": sent}, user=clerk))["conflicts"])
    shown = {"id": id_of(appointment), "patient": {"user": {"lastName": "Example"}}}
    assert answers == [
        [],
        [shown | {"reasonForVisit": ""}],
        [shown | {"reasonForVisit": "A cough"}],
    ]
    records = AccessRecord.objects.filter(actor=clerk).values_list("patients", flat=True)
    assert list(records) == [[ann.pk], [ann.pk]]


def test_special_hours_reject_the_past_and_overlaps(api: Api, dora: Doctor) -> None:
    past = send(api, dora.user, "SetSpecialHours", date="2026-03-01", hours=HOURS)
    overlapping = send(api, dora.user, "SetSpecialHours", date="2026-03-07", hours=[*HOURS, *HOURS])
    reverse = [{"startTime": "12:00", "endTime": "09:00"}]
    ends_first = send(api, dora.user, "SetSpecialHours", date="2026-03-07", hours=reverse)
    missing = send(api, dora.user, "RemoveSpecialHours", date="2026-03-07")
    assert past == operation_info(BookingErrorCode.IN_THE_PAST, "date")
    assert overlapping == validation_info(
        (
            "hours.1.startTime",
            "invalid",
            "These hours overlap other hours of the same day. Change one of them.",
        )
    )
    assert ends_first == validation_info(
        ("hours.0.endTime", "invalid", "The end must be after the start.")
    )
    assert missing == operation_info(BookingErrorCode.NOT_FOUND, "date")
    assert SpecialHours.objects.count() == 0


def test_special_hours_show_from_today_on(api: Api, ann: Patient, dora: Doctor) -> None:
    now = clinic_clock.now()
    for day in (2, 7, 8):
        set_special_hours(dora, dt.date(2026, 3, day), [(dt.time(9), dt.time(0))], now)
    dora.special_hours.filter(date=dt.date(2026, 3, 8)).update(date=dt.date(2026, 3, 1))
    query = "query Hours($id: ID!) { doctor(id: $id) { specialHours { date hours { endTime } } } }"
    answer = root_value(api(query, {"id": id_of(dora)}, user=ann.user))
    assert answer["specialHours"] == [
        {"date": f"2026-03-0{day}", "hours": [{"endTime": "00:00:00"}]} for day in (2, 7)
    ]


def test_inactive_types_are_shown_to_their_doctor_and_staff(
    api: Api, ann: Patient, dora: Doctor, sam: User
) -> None:
    offer_type(dora, "Old", active=False)
    query = "query Types($id: ID!) { doctor(id: $id) { appointmentTypes { name } } }"
    shown = [
        root_value(api(query, {"id": id_of(dora)}, user=user))["appointmentTypes"]
        for user in (ann.user, dora.user, sam)
    ]
    listed = [root_value(api("AppointmentTypes", user=user)) for user in (ann.user, dora.user, sam)]
    assert shown == [[], [{"name": "Old"}], [{"name": "Old"}]]
    assert [len(types) for types in listed] == [0, 0, 1]
