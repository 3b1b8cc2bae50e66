"""Validation of admin URLs and forms against mistyped and forged values."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.filters import FieldListFilter, ListFilter
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest, FieldDoesNotExist, ValidationError
from django.db import DataError
from django.db.models import ForeignKey, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from typing_extensions import override

from users.email_addresses import account_key, legacy_form
from users.fields import EmailAddressField
from users.folded_fields import SearchKeyField, contains_words
from users.folding import SearchTerm, search_terms

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = object

# Longer than a full name and an email address. Each word adds a condition to the query, and
# SQLite rejects expressions deeper than 1,000 levels.
MAX_SEARCH_LENGTH = 600


@contextmanager
def _invalid_lookups() -> Iterator[None]:
    """Report values that no database can compare with as an invalid filter."""
    try:
        yield
    except (ValueError, OverflowError, DataError) as error:
        raise IncorrectLookupParameters from error


class LenientChangeList(ChangeList):
    """Shows the whole list if the database cannot evaluate a filter value.

    Django does the same for values that it cannot parse itself.
    """

    @override
    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[Any]:
        with _invalid_lookups():
            return super().get_queryset(request, exclude_parameters)

    @override
    def get_results(self, request: HttpRequest) -> None:
        with _invalid_lookups():
            super().get_results(request)


class ValidatedRequestMixin(Base):
    """Restricts admin pages to the filters and values that they offer. Base of all our admins.

    Filtering by other fields is rejected: repeated filtering would disclose the values of
    fields that the page does not show, such as password hashes.
    """

    list_per_page = 50
    # Only for date fields. For a DateTimeField, MariaDB needs its time zone tables loaded.
    date_hierarchy: ClassVar[str | None] = None

    @override
    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LenientChangeList

    @override
    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        # Links of the admin contain each lookup once. SQLite rejects a query with 1,000 of them.
        return (
            request is not None
            and len(request.GET.getlist(lookup)) == 1
            and lookup in self._offered_lookups(request)
        )

    def _offered_lookups(self, request: HttpRequest) -> Iterator[str]:
        """The lookups of the list's filters, its primary key, and ranges of its dates."""
        for key in ("pk", "id"):
            yield from (f"{key}__exact", f"{key}__in")
        if day := self.date_hierarchy:
            yield from (f"{day}__{part}" for part in ("year", "month", "day", "gte", "lte"))
        for item in self.get_list_filter(request):
            yield from filter(None, self._build_filter(item, request).expected_parameters())

    def _build_filter(self, item: Any, request: HttpRequest) -> ListFilter:
        """Build the filter for an entry of ``list_filter``: a class or the name of a field."""
        if isinstance(item, type):
            custom_filter: ListFilter = item(request, {}, self.model, self)
            return custom_filter
        field = get_fields_from_path(self.model, item)[-1]
        return FieldListFilter.create(field, request, {}, self.model, self, field_path=item)

    @override
    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if len(search_term) > MAX_SEARCH_LENGTH:
            return queryset.none(), False
        for term in search_terms(search_term):
            queryset = queryset.filter(self._search_condition(term))
        return queryset, False

    def _search_condition(self, term: SearchTerm) -> Q:
        """Return the condition that one of the search fields contains the term.

        Names are compared folded, and email addresses in lower case, as they are stored.
        Django would leave case and accents to the database.
        """
        names, condition = [], Q()
        for path in self.search_fields:
            match get_fields_from_path(self.model, path)[-1]:
                case SearchKeyField():
                    names.append(path)
                case EmailAddressField():
                    # A domain is stored in ASCII, except by earlier releases.
                    for text in {account_key(term.typed), legacy_form(term.typed)}:
                        condition |= Q(**{f"{path}__contains": text})
                case _:
                    condition |= Q(**{f"{path}__icontains": term.typed})
        return condition | contains_words(term.words, *names)

    @override
    def response_action(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        for pk in request.POST.getlist(ACTION_CHECKBOX_NAME):
            if not _is_valid(self.opts.pk, pk):
                raise BadRequest(_("Invalid selection."))
        return super().response_action(request, *args, **kwargs)

    @override
    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial = super().get_changeform_initial_data(request)
        return {
            name: value for name, value in initial.items() if self._is_valid_initial(name, value)
        }

    @override
    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form = context["adminform"].form
        for name, field in form.fields.items():
            if isinstance(field, forms.ModelChoiceField) and form.has_error(name, "invalid_choice"):
                # The widget would query for the submitted value, to display it as selected,
                # and the query fails for values that are not numbers.
                form.data = form.data.copy()
                del form.data[form.add_prefix(name)]
        return super().render_change_form(request, context, *args, **kwargs)

    def _is_valid_initial(self, name: str, value: Any) -> bool:
        """Whether the field is not a foreign key or its object exists."""
        try:
            field = self.opts.get_field(name)
        except FieldDoesNotExist:
            return True
        return not isinstance(field, ForeignKey) or _is_valid(field, value)


def _is_valid(field: Any, value: Any) -> bool:
    try:
        field.clean(value, None)
    except ValidationError:
        return False
    return True
