"""Download of a filtered list as a CSV file that spreadsheets open safely."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from typing_extensions import override

from clinic import clock
from clinic.admin.base.audit import AuditedAdmin, ShownObject
from clinic.admin.base.generics import M

OPERATION = "admin csv"
# A larger file would keep one of the server's threads busy for long, and take much of its memory.
MAX_ROWS = 10_000
ROWS_PER_CHUNK = 500
# Spreadsheets run a cell that begins with one of these as a formula (OWASP, CSV injection). The
# last four are the wide forms of the first four.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
BYTE_ORDER_MARK = "\ufeff"  # without it Excel does not read the file as UTF-8


class CsvColumn(NamedTuple):
    """A column: its title, how to read its value, and the name of the field for the audit.

    ``owner`` returns the object that has the field.
    """

    title: str | Promise
    field: str
    value: Callable[[Any], object]
    owner: Callable[[Any], Model] = lambda row: row


def safe_cell(value: object) -> str:
    """Return the text of a cell, with an apostrophe before what would be run as a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def csv_lines(rows: Iterable[Iterable[object]]) -> str:
    """Return the lines of a CSV file.

    Separated by semicolons where the decimal separator is a comma, as spreadsheets expect there.
    """
    delimiter = ";" if formats.get_format("DECIMAL_SEPARATOR") == "," else ","
    lines = io.StringIO()
    writer = csv.writer(lines, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return lines.getvalue()


class CsvMixin(AuditedAdmin[M]):
    """Adds the download of the filtered list. Every row is recorded as a read."""

    def csv_columns(self, request: HttpRequest) -> Sequence[CsvColumn]:
        """Return the columns that the member of staff can read."""
        raise NotImplementedError

    @override
    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_csv"
        page = self.admin_site.admin_view(self.csv_view)
        return [path("csv/", page, name=name), *super().get_urls()]

    def csv_view(self, request: HttpRequest) -> HttpResponse:
        """Answer with the rows of the list that has the same query string, as a file."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        try:
            changelist = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(f"{url}?e=1")  # the whole list, as the list itself answers
        if changelist.result_count > MAX_ROWS:
            message = _("Filter the list first: a file has at most {limit} rows.")
            self.message_user(request, message.format(limit=MAX_ROWS), messages.ERROR)
            return HttpResponseRedirect(f"{url}{changelist.get_query_string()}")
        rows = changelist.queryset.iterator(chunk_size=ROWS_PER_CHUNK)
        parts = self._csv_parts(request, rows, self.csv_columns(request))
        # Not a StreamingHttpResponse: an ASGI server would read the rows in another thread, with a
        # connection of its own, and after an error the client would keep a file that lacks rows.
        response = HttpResponse(parts, content_type="text/csv; charset=utf-8")
        name = f"{self.opts.model_name}s-{clock.today()}.csv"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def _csv_parts(
        self, request: HttpRequest, rows: Iterator[M], columns: Sequence[CsvColumn]
    ) -> Iterator[str]:
        """Yield the file in parts. The rows of a part are loaded and recorded together."""
        yield BYTE_ORDER_MARK + csv_lines([[column.title for column in columns]])
        while chunk := list(islice(rows, ROWS_PER_CHUNK)):
            self.record_objects(request, _shown(chunk, columns), OPERATION)
            yield csv_lines([column.value(row) for column in columns] for row in chunk)


def _shown(rows: Sequence[Model], columns: Sequence[CsvColumn]) -> Iterator[ShownObject]:
    for row in rows:
        for column in columns:
            yield ShownObject.of(column.owner(row), [column.field])
