"""Addresses of the desk, and forms sent to it, that somebody mistyped or made up."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.filters import FieldListFilter, ListFilter
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest, FieldDoesNotExist, ValidationError
from django.db import DataError
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest, HttpResponse
from typing_extensions import override

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = object

# A whole name and an e-mail address have fewer characters. SQLite reads no condition of a
# thousand words.
LONGEST_SEARCH = 600


@contextmanager
def _whole_list_instead() -> Iterator[None]:
    try:
        yield
    except (ValueError, OverflowError, DataError) as error:
        raise IncorrectLookupParameters from error


class LenientChangeList(ChangeList):
    """What Django answers a filter that it cannot read, also to one that no database can."""

    @override
    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[Any]:
        with _whole_list_instead():
            return super().get_queryset(request, exclude_parameters)

    @override
    def get_results(self, request: HttpRequest) -> None:
        with _whole_list_instead():
            super().get_results(request)


class ValidatedRequestMixin(Base):
    """Does what the pages of the desk offer, whatever else an address or a form asks for.

    A list is narrowed by its own filters alone: by any other, what it does not show could
    be found out by trying. What makes no sense is left out.
    """

    @override
    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LenientChangeList

    @override
    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        # The desk's own links have each once. SQLite reads no condition of a thousand.
        return (
            request is not None
            and len(request.GET.getlist(lookup)) == 1
            and lookup in self._lookups_offered(request)
        )

    def _lookups_offered(self, request: HttpRequest) -> Iterator[str]:
        for key in ("pk", "id"):
            yield from (f"{key}__exact", f"{key}__in")
        if day := self.date_hierarchy:
            yield from (f"{day}__{part}" for part in ("year", "month", "day"))
        for item in self.get_list_filter(request):
            yield from filter(None, self._filter_of(item, request).expected_parameters())

    def _filter_of(self, item: Any, request: HttpRequest) -> ListFilter:
        """A filter as Django makes it for the page, of a class or the name of a field."""
        if isinstance(item, type):
            made: ListFilter = item(request, {}, self.model, self)
            return made
        field = get_fields_from_path(self.model, item)[-1]
        return FieldListFilter.create(field, request, {}, self.model, self, field_path=item)

    @override
    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if len(search_term) > LONGEST_SEARCH:
            return queryset.none(), False
        # E-mail addresses are kept in lower case, and MariaDB tells them apart to the letter.
        words = [word.lower() if "@" in word else word for word in search_term.split()]
        return super().get_search_results(request, queryset, " ".join(words))

    @override
    def response_action(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        for ticked in request.POST.getlist(ACTION_CHECKBOX_NAME):
            if not _is_readable(self.opts.pk, ticked):
                raise BadRequest("What is ticked is no row's number.")
        return super().response_action(request, *args, **kwargs)

    @override
    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial = super().get_changeform_initial_data(request)
        return {name: value for name, value in initial.items() if self._is_there(name, value)}

    @override
    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form = context["adminform"].form
        for name, field in form.fields.items():
            if isinstance(field, forms.ModelChoiceField) and form.has_error(name, "invalid_choice"):
                # The box would look for whatever was sent, to name it as chosen.
                form.data = form.data.copy()
                del form.data[form.add_prefix(name)]
        return super().render_change_form(request, context, *args, **kwargs)

    def _is_there(self, name: str, value: Any) -> bool:
        """Whether the row exists that the form would show as chosen."""
        try:
            field = self.opts.get_field(name)
        except FieldDoesNotExist:
            return True
        return not isinstance(field, ForeignKey) or _is_readable(field, value)


def _is_readable(field: Any, value: Any) -> bool:
    try:
        field.clean(value, None)
    except ValidationError:
        return False
    return True
