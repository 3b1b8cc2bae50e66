"""The booking services against the reference model, in random sequences of calls."""

import pytest
from django.test import override_settings
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from clinic.models import Doctor, Patient
from tests.clinic.booking.machine_base import ANSWER_DAYS, HORIZON_DAYS, LEAD_MINUTES
from tests.clinic.booking.state_machine import ClinicStateMachine
from tests.support.fixtures.people import become_patient
from tests.support.scale import HYPOTHESIS, SCALE
from users.models import User


@pytest.mark.django_db
def test_services_agree_with_reference_model(
    dora: Doctor, emil: Doctor, ann: Patient, ben: Patient, sam: User
) -> None:
    also_a_patient = become_patient(emil)
    ClinicStateMachine.doctors, ClinicStateMachine.patients = (
        [dora, emil],
        [ann, ben, also_a_patient],
    )
    ClinicStateMachine.staff = sam
    with override_settings(
        HORIZON_DAYS=HORIZON_DAYS, LEAD_TIME_MINUTES=LEAD_MINUTES, ANSWER_DAYS=ANSWER_DAYS
    ):
        run_state_machine_as_test(
            ClinicStateMachine,
            settings=settings(
                HYPOTHESIS, max_examples=SCALE.change_sequences, stateful_step_count=SCALE.steps
            ),
        )
