"""A prepared lookup finds the rows of the queryset, for every kind of caller."""

import pytest
from pytest_django import DjangoAssertNumQueries

from clinic.models import Appointment, Doctor, Patient
from clinic.models.record_access import record_access_start
from tests.security.matrix_callers import ANN, DORA, EMIL
from tests.support.booking import book_as_patient
from users.common.any_user import PreparedLookup
from users.models import User

LOOKUP = PreparedLookup[Appointment](
    lambda viewer: Appointment.objects.visible_to(viewer).with_people(), record_access_start
)


@pytest.mark.django_db
def test_prepared_lookup_finds_what_each_caller_can_see(
    callers: dict[str, User], ann: Patient, dora: Doctor
) -> None:
    appointment = book_as_patient(ann, dora)
    every = [appointment.pk, appointment.pk + 1, 0, 2**63 - 1]
    for user in callers.values():
        visible = Appointment.objects.visible_to(user)
        expected = [visible.filter(pk=pk).first() for pk in every]
        for _ in range(2):
            assert [LOOKUP.find(user, pk) for pk in every] == expected
    found = {name for name, user in callers.items() if LOOKUP.find(user, appointment.pk)}
    assert (ANN in found, DORA in found, EMIL in found) == (True, True, False)


def test_prepared_lookup_takes_one_query_with_the_related_rows(
    ann: Patient, dora: Doctor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    appointment = book_as_patient(ann, dora)
    for _ in range(2):
        with django_assert_num_queries(1):
            found = LOOKUP.find(dora.user, appointment.pk)
            assert found is not None
            assert (found.doctor.user, found.patient.user) == (dora.user, ann.user)
