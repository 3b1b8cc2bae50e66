"""Contract cases of the search for patients and of their registration."""

from clinic.models import Patient
from tests.schema.contract_cases.case import Case, Context
from tests.support.fixtures.people import make_user
from tests.support.global_ids import id_of


def find_patients(context: Context) -> Case:
    Patient.objects.filter(pk=context.ann.pk).update(phone_number="+4930123458")
    node = {
        "id": id_of(context.ann),
        "dateOfBirth": "1990-05-17",
        "phoneNumber": "+4930123458",
        "user": {"firstName": "Ann", "lastName": "Example"},
    }
    filters = {
        "search": "example, ann",
        "dateOfBirth": "1990-05-17",
        "phoneNumber": "030 123458",
    }
    expected = {"patients": {"edges": [{"node": node}]}}
    return Case(expected, {"filters": filters}, context.dora.user)


def register_patient(_context: Context) -> Case:
    def expected(_got: object) -> dict[str, object]:
        patient = Patient.objects.latest("pk")
        return {
            "registerPatient": {
                "__typename": "Patient",
                "id": id_of(patient),
                "dateOfBirth": "1950-01-31",
                "phoneNumber": "+4930123459",
                "address": "",
                "emergencyContactName": "",
                "emergencyContactPhone": "",
                "user": {"firstName": "Hedwig", "lastName": "Meyer", "email": None},
            }
        }

    sent = {
        "firstName": "Hedwig",
        "lastName": "Meyer",
        "dateOfBirth": "1950-01-31",
        "phoneNumber": "030 123459",
    }
    staff = make_user("Sam", is_staff=True, is_superuser=True)
    return Case(expected, {"input": sent}, staff)
