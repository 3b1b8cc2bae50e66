"""The user as a parameter of prepared queries."""

from functools import lru_cache

from django.db.models import IntegerField

from users.common.prepared_queries import Parameter
from users.models import User


class AnyUser(Parameter):
    """Stands for every user with these roles who acts for nobody else and is not staff.

    Conditions on a user get it in place of the user, and read its roles. Its value is the
    parameter ``user``, a primary key. Equal if the roles are: it can be the key of a variant.
    """

    is_staff = acts_for_doctors = acts_for_patients = False

    def __init__(self, *, is_doctor: bool, is_patient: bool) -> None:
        super().__init__("user", IntegerField())
        self.is_doctor, self.is_patient = is_doctor, is_patient

    def has_perm(self, _permission: str) -> bool:
        return False


Viewer = User | AnyUser

# Making one takes long enough to be noticed in each request.
_with_roles = lru_cache(maxsize=4)(AnyUser)


def any_user_like(user: User) -> AnyUser | None:
    """Return what stands for ``user`` in a prepared query.

    None for staff, assistants and guardians: conditions on them depend on more than the roles.
    """
    if user.is_staff or user.acts_for_doctors or user.acts_for_patients:
        return None
    return _with_roles(is_doctor=user.is_doctor, is_patient=user.is_patient)
