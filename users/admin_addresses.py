"""Addresses of the desk that somebody mistyped or made up."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import DataError
from django.db.models import ForeignKey
from django.http import HttpRequest
from typing_extensions import override

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = object


class WholeListInstead(ChangeList):
    """What Django answers a filter that it cannot read, also to one that no database can."""

    @override
    def get_results(self, request: HttpRequest) -> None:
        try:
            super().get_results(request)
        except (ValueError, OverflowError, DataError) as error:
            raise IncorrectLookupParameters from error


class CheckedAddresses(Base):
    """What an address says of a form or a list is left out where it makes no sense."""

    @override
    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return WholeListInstead

    @override
    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial = super().get_changeform_initial_data(request)
        return {name: value for name, value in initial.items() if self._is_there(name, value)}

    def _is_there(self, name: str, value: Any) -> bool:
        """Whether the row exists that the form would show as chosen."""
        try:
            field = self.opts.get_field(name)
            if isinstance(field, ForeignKey):
                field.clean(value, None)
        except FieldDoesNotExist:
            return True
        except ValidationError:
            return False
        return True
