"""The user as a parameter of prepared queries."""

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Generic, TypeVar

from django.db.models import BigIntegerField, IntegerField, Model

from users.common.prepared_queries import Parameter, PreparedQuery, Variants
from users.models import User
from users.querysets import QuerySet, first_or_none

Row = TypeVar("Row", bound=Model)


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


class PreparedLookup(Generic[Row]):
    """Finds a row by its primary key among those that a user can see.

    ``rows`` returns the rows of a viewer. ``conditions`` returns what decides the SQL besides the
    viewer's roles. For most users the query is compiled once.
    """

    def __init__(
        self,
        rows: Callable[[Viewer], QuerySet[Row]],
        conditions: Callable[[], Hashable] = lambda: None,
    ) -> None:
        self._rows, self._conditions = rows, conditions
        # The roles of callers, and two dates around midnight.
        self._queries = Variants[PreparedQuery](limit=8)

    def find(self, user: User, pk: int) -> Row | None:
        """Return the row, or None if there is none that ``user`` can see."""
        viewer = any_user_like(user)
        if viewer is None:
            return self._rows(user).filter(pk=pk).get_or_none()
        query = self._queries.get(
            (viewer, self._conditions()), lambda: PreparedQuery(lambda: self._by_key(viewer))
        )
        return first_or_none(query.instances(user=user.pk, pk=pk))

    def _by_key(self, viewer: AnyUser) -> QuerySet[Row]:
        return self._rows(viewer).filter(pk=Parameter("pk", BigIntegerField()))


def any_user_like(user: User) -> AnyUser | None:
    """Return what stands for ``user`` in a prepared query.

    None for staff, assistants and guardians: conditions on them depend on more than the roles.
    """
    if user.is_staff or user.acts_for_doctors or user.acts_for_patients:
        return None
    return _with_roles(is_doctor=user.is_doctor, is_patient=user.is_patient)
