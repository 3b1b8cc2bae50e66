"""Null and omitted inputs: an omitted field keeps its value; null clears it or is rejected."""

from typing import Any

import pytest

from clinic.errors import BookingErrorCode
from clinic.models import Doctor, Patient
from tests.support.api_client import Api
from tests.support.booking import book_as_patient
from tests.support.fixtures.people import make_user, offer_type
from tests.support.global_ids import id_of
from tests.support.graphql_responses import operation_info, root_value
from users.models import User

pytestmark = pytest.mark.django_db

CONTACTS = {
    "phoneNumber": "+4930999998",
    "address": "Main Street 1",
    "emergencyContactName": "Otto",
    "emergencyContactPhone": "+4930999999",
}


def upsert(api: Api, user: User, role: str, **profile: object) -> Any:
    return root_value(api("UpsertProfile", {"input": {role: profile}}, user=user))


def field_codes(answer: Any) -> list[tuple[str, str]]:
    assert answer["__typename"] == "OperationInfo"
    return [(message["field"], message["code"]) for message in answer["messages"]]


@pytest.mark.parametrize("name", CONTACTS)
def test_upsert_profile_clears_contact_on_null_and_blank(api: Api, ann: Patient, name: str) -> None:
    full = upsert(api, ann.user, "patient", **CONTACTS)
    kept = upsert(api, ann.user, "patient")
    assert {key: kept[key] for key in CONTACTS} == CONTACTS
    assert kept == full
    assert upsert(api, ann.user, "patient", **{name: None}) == full | {name: ""}
    upsert(api, ann.user, "patient", **CONTACTS)
    assert upsert(api, ann.user, "patient", **{name: ""}) == full | {name: ""}


@pytest.mark.parametrize("name", ["specialty", "phoneNumber", "experienceYears", "slotMinutes"])
def test_upsert_profile_rejects_null_in_required_doctor_fields(
    api: Api, dora: Doctor, name: str
) -> None:
    before = upsert(api, dora.user, "doctor")
    result = upsert(api, dora.user, "doctor", **{name: None})
    assert field_codes(result) == [(f"doctor.{name}", "required")]
    assert upsert(api, dora.user, "doctor") == before


def test_upsert_profile_rejects_null_date_of_birth(api: Api, ann: Patient) -> None:
    result = upsert(api, ann.user, "patient", dateOfBirth=None)
    assert field_codes(result) == [("patient.dateOfBirth", "required")]


def test_upsert_profile_reports_all_missing_fields(api: Api, db: None) -> None:
    both = make_user("Eva", is_doctor=True, is_patient=True)
    assert field_codes(upsert(api, both, "doctor")) == [
        ("doctor.specialty", "required"),
        ("doctor.phoneNumber", "required"),
        ("doctor.experienceYears", "required"),
    ]
    assert field_codes(upsert(api, both, "patient")) == [("patient.dateOfBirth", "required")]
    assert not Doctor.objects.exists()
    assert not Patient.objects.exists()


@pytest.mark.parametrize(
    ("role", "profile", "code"),
    [
        ("doctor", {"specialty": " "}, "required"),
        ("doctor", {"specialty": "x" * 101}, "max_length"),
        ("doctor", {"phoneNumber": "12"}, "invalid"),
        ("doctor", {"experienceYears": -1}, "min_value"),
        ("doctor", {"experienceYears": 81}, "max_value"),
        ("doctor", {"slotMinutes": 0}, "min_value"),
        ("doctor", {"slotMinutes": 485}, "max_value"),
        ("doctor", {"slotMinutes": 7}, "off_grid"),
        ("patient", {"dateOfBirth": "2026-03-03"}, "max_value"),
        ("patient", {"dateOfBirth": "1896-03-01"}, "min_value"),
        ("patient", {"phoneNumber": "abc"}, "invalid"),
        ("patient", {"address": "x" * 301}, "max_length"),
        ("patient", {"emergencyContactName": "x" * 151}, "max_length"),
        ("patient", {"emergencyContactPhone": "abc"}, "invalid"),
    ],
)
def test_upsert_profile_reports_the_path_of_an_invalid_value(
    api: Api, ann: Patient, dora: Doctor, role: str, profile: dict[str, Any], code: str
) -> None:
    user = dora.user if role == "doctor" else ann.user
    [name] = profile
    assert field_codes(upsert(api, user, role, **profile)) == [(f"{role}.{name}", code)]


def test_upsert_profile_strips_text(api: Api, dora: Doctor) -> None:
    assert upsert(api, dora.user, "doctor", specialty=" Cardiology ")["specialty"] == "Cardiology"


def test_upsert_profile_rejects_the_profile_of_another_role(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    assert upsert(api, ann.user, "doctor") == operation_info(BookingErrorCode.ROLE_REQUIRED)
    assert upsert(api, dora.user, "patient") == operation_info(BookingErrorCode.ROLE_REQUIRED)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"doctor": None},
        {"doctor": {}, "patient": {}},
        {"doctor": {}, "patient": None},
    ],
)
def test_upsert_profile_requires_exactly_one_profile(
    api: Api, ann: Patient, sent: dict[str, Any]
) -> None:
    answer = api("UpsertProfile", {"input": sent}, user=ann.user)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("name", ["firstName", "lastName"])
def test_update_account_keeps_an_omitted_name_and_rejects_null(
    api: Api, ann: Patient, name: str
) -> None:
    def update(**sent: object) -> Any:
        return root_value(api("UpdateAccount", {"input": sent}, user=ann.user))

    before = update()
    assert field_codes(update(**{name: None})) == [(name, "required")]
    assert update() == before


def test_update_account_keeps_an_omitted_gender_and_clears_it_on_null(
    api: Api, ann: Patient
) -> None:
    def gender(**sent: object) -> Any:
        return root_value(api("UpdateAccount", {"input": sent}, user=ann.user))["gender"]

    assert [gender(gender="FEMALE"), gender(), gender(gender=None), gender()] == [
        "FEMALE",
        "FEMALE",
        "UNDISCLOSED",
        "UNDISCLOSED",
    ]


@pytest.mark.parametrize("sent", [{}, {"reason": None}, {"reason": ""}])
def test_add_time_off_without_reason_stores_an_empty_one(
    api: Api, dora: Doctor, sent: dict[str, Any]
) -> None:
    span = {"startsAt": "2026-03-03T07:00:00Z", "endsAt": "2026-03-03T08:00:00Z"}
    answer = root_value(api("AddTimeOff", {"input": {**span, **sent}}, user=dora.user))
    assert answer == {
        "__typename": "TimeOff",
        "id": answer["id"],
        "startsAt": "2026-03-03T08:00:00+01:00",
        "endsAt": "2026-03-03T09:00:00+01:00",
        "reason": "",
        "conflicts": [],
    }


NULL_IN_TYPES = ("name", "description", "durationMinutes", "bufferBeforeMinutes",
    "bufferAfterMinutes", "confirmation", "bookableBy", "cancellationNoticeMinutes",
    "active")  # fmt: skip


def test_save_appointment_type_clears_only_lead_time_and_limit_on_null(
    api: Api, dora: Doctor, sam: User
) -> None:
    offered = offer_type(
        dora, "Test", 40, description="Do not eat.", lead_time_minutes=60, max_per_day=3
    )

    def save(**sent: object) -> Any:
        sent = {"id": id_of(offered), **sent}
        return root_value(api("SaveAppointmentType", {"input": sent}, user=sam))

    before = save()
    assert (before["leadTimeMinutes"], before["maxPerDay"]) == (60, 3)
    all_nulls = field_codes(save(**dict.fromkeys(NULL_IN_TYPES)))
    assert sorted(all_nulls) == sorted((name, "required") for name in NULL_IN_TYPES)
    assert [field_codes(save(**{name: None})) for name in NULL_IN_TYPES] == [
        [(name, "required")] for name in NULL_IN_TYPES
    ]
    assert save() == before
    cleared = {"leadTimeMinutes": None, "maxPerDay": None}
    assert save(**cleared) == before | cleared


@pytest.mark.parametrize(
    "sent",
    [{}, {"durationMinutes": None, "appointmentTypeId": None, "reasonForVisit": None}],
)
def test_amend_appointment_keeps_omitted_and_null_values(
    api: Api, ann: Patient, dora: Doctor, sent: dict[str, None]
) -> None:
    offered = offer_type(dora, duration_minutes=45)
    appointment = book_as_patient(ann, dora, reason_for_visit="A cough")
    by_id = {"id": id_of(appointment)}
    before = root_value(api("AppointmentById", by_id, user=ann.user))
    answer = root_value(api("AmendAppointment", {"input": by_id | sent}, user=dora.user))
    assert (answer["durationMinutes"], answer["appointmentType"]["id"]) == (45, id_of(offered))
    assert root_value(api("AppointmentById", by_id, user=ann.user)) == before


@pytest.mark.parametrize("sent", [{}, {"date": None, "time": None}])
def test_reassign_appointment_keeps_omitted_and_null_times(
    api: Api, ann: Patient, dora: Doctor, emil: Doctor, sam: User, sent: dict[str, None]
) -> None:
    appointment = book_as_patient(ann, dora)
    ids = {"id": id_of(appointment), "doctorId": id_of(emil)}
    answer = root_value(api("ReassignAppointment", {"input": ids | sent}, user=sam))
    assert (answer["date"], answer["time"]) == ("2026-03-03", "09:00:00")


@pytest.mark.parametrize(
    ("mutation", "sent"),
    [
        ("ReopenAppointment", {}),
        ("ReopenAppointment", {"reason": None}),
        ("ReassignAppointment", {}),
        ("ReassignAppointment", {"doctorId": None}),
        ("RecordArrival", {"id": None}),
    ],
)
def test_required_input_fields_of_appointment_mutations_reject_null(
    api: Api, ann: Patient, dora: Doctor, sam: User, mutation: str, sent: dict[str, None]
) -> None:
    ids = {"id": id_of(book_as_patient(ann, dora))}
    answer = api(mutation, {"input": ids | sent}, user=sam)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    "filters",
    [
        None,
        {},
        {"date": None, "status": None, "doctorId": None, "patientId": None},
        {"date": {}, "status": {}},
        {"date": {"exact": None, "gte": None, "lt": None}, "status": {"inList": None}},
    ],
)
def test_appointment_filter_that_is_null_or_empty_has_no_effect(
    api: Api, ann: Patient, dora: Doctor, filters: dict[str, Any] | None
) -> None:
    book_as_patient(ann, dora)
    assert root_value(api("MyAppointments", {"filters": filters}, user=ann.user))["totalCount"] == 1


@pytest.mark.parametrize(
    "filters",
    [
        None,
        {"search": None, "specialty": None, "availableOn": None},
        {"search": "", "specialty": {}},
        {"search": "  "},
    ],
)
def test_doctor_filter_that_is_null_or_empty_has_no_effect(
    api: Api, ann: Patient, dora: Doctor, filters: dict[str, Any] | None
) -> None:
    answer = root_value(api("Doctors", {"filters": filters, "first": None}, user=ann.user))
    assert [edge["node"]["id"] for edge in answer["edges"]] == [id_of(dora)]


def test_search_doctors_with_every_variable_null_lists_all(
    api: Api, ann: Patient, dora: Doctor, emil: Doctor
) -> None:
    sent = {"search": None, "specialty": None, "date": None}
    for variables in (sent, {}):
        edges = root_value(api("SearchDoctors", variables, user=ann.user))["edges"]
        assert [edge["node"]["id"] for edge in edges] == [id_of(dora), id_of(emil)]


def test_appointment_filter_with_empty_status_list_matches_nothing(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    book_as_patient(ann, dora)
    sent: dict[str, Any] = {"filters": {"status": {"inList": []}}}
    assert root_value(api("MyAppointments", sent, user=ann.user))["edges"] == []
