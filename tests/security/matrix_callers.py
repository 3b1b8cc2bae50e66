"""The callers of the visibility matrix, and the objects that they can or cannot see.

Ann is a patient with an appointment with the doctor Dora, which is not cancelled. Ben is a patient
without appointments, Emil a doctor with one appointment with Hugo, who is unrelated to Ann.
"""

import datetime as dt

import pytest

from clinic.models import Doctor, Guardian, Patient
from tests.support.acting_people import make_assistant, make_guardian
from tests.support.booking import book_as_patient, cancel
from tests.support.fixtures.people import make_doctor, make_patient, make_user
from tests.support.staff import make_staff
from users.authentication import refresh_tokens
from users.models import User

UNAUTHENTICATED = "unauthenticated"
# The patient, another one, a guardian of the patient, and one who was removed.
ANN, BEN, GINA, FINN = "ann", "ben", "gina", "finn"
# The doctor, another one, and one whose only appointment with Ann was cancelled.
DORA, EMIL, CARL = "dora", "emil", "carl"
# The assistant of the doctor, and the other doctor's.
ASA, IVO = "asa", "ivo"
# Staff: of the groups Reception and Manager, without permissions, and a superuser.
RITA, MONA, NILS, SAM = "rita", "mona", "nils", "sam"
# An account without a role.
OLGA = "olga"

SIGNED_IN = {ANN, BEN, GINA, FINN, DORA, EMIL, CARL, ASA, IVO, RITA, MONA, NILS, SAM, OLGA}


@pytest.fixture
def callers(
    ann: Patient, ben: Patient, dora: Doctor, emil: Doctor, olga: User, sam: User
) -> dict[str, User]:
    """The users of the matrix by name."""
    carl = make_doctor("Carl")
    cancel(ann.user, book_as_patient(ann, carl, dt.date(2026, 3, 10)))
    return {
        ANN: ann.user,
        BEN: ben.user,
        DORA: dora.user,
        EMIL: emil.user,
        CARL: carl.user,
        GINA: make_guardian(ann, make_user("Gina")).user,
        FINN: _make_former_guardian(ann),
        ASA: make_assistant("Asa", dora),
        IVO: make_assistant("Ivo", emil),
        RITA: make_staff("Rita", "Reception"),
        MONA: make_staff("Mona", "Manager"),
        NILS: make_staff("Nils"),
        SAM: sam,
        OLGA: olga,
    }


def _make_former_guardian(patient: Patient) -> User:
    """Create a user who was a guardian: ``acts_for_patients`` stays true."""
    guardian = make_guardian(patient, make_patient("Finn").user)
    Guardian.objects.filter(pk=guardian.pk).delete()
    return guardian.user


@pytest.fixture
def tokens(callers: dict[str, User]) -> dict[str, str | None]:
    """The access token of each caller."""
    started = {name: refresh_tokens.start(user).access_token for name, user in callers.items()}
    return {UNAUTHENTICATED: None, **started}
