"""Deleting at the desk what others may be about to need."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from typing_extensions import override

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = object


class RetryDeletionMixin(Base):
    """Asks again when something came to depend on the rows after the page had looked.

    Asked again, the page says what it is; if that was not it, the fault is ours.
    """

    @override
    def delete_view(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().delete_view(*args, **kwargs)
        except IntegrityError:
            return super().delete_view(*args, **kwargs)

    @override
    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method != "POST":
            return super().changelist_view(request, *args, **kwargs)
        try:
            # Django notes the deletions of its action before it makes them.
            with transaction.atomic():
                return super().changelist_view(request, *args, **kwargs)
        except IntegrityError:
            return super().changelist_view(request, *args, **kwargs)
