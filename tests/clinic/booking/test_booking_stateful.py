"""The booking services against the reference model, in random sequences of calls."""

import pytest
from django.test import override_settings
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from clinic.models import Doctor, Patient
from tests.clinic.booking.state_machine import HORIZON_DAYS, LEAD_MINUTES, ClinicStateMachine
from tests.support.fixtures.people import become_patient
from tests.support.scale import HYPOTHESIS, SCALE


@pytest.mark.django_db
def test_services_agree_with_reference_model(
    dora: Doctor, emil: Doctor, ann: Patient, ben: Patient
) -> None:
    also_a_patient = become_patient(emil)
    ClinicStateMachine.doctors, ClinicStateMachine.patients = (
        [dora, emil],
        [ann, ben, also_a_patient],
    )
    with override_settings(HORIZON_DAYS=HORIZON_DAYS, LEAD_TIME_MINUTES=LEAD_MINUTES):
        run_state_machine_as_test(
            ClinicStateMachine,
            settings=settings(
                HYPOTHESIS, max_examples=SCALE.change_sequences, stateful_step_count=SCALE.steps
            ),
        )
