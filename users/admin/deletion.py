"""Deleting objects in the admin while other transactions add references to them."""

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from typing_extensions import override

from users.admin.redisplay import run_with_redisplay

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = object


class RetryDeletionMixin(Base):
    """Shows the deletion page again if an object was referenced after Django's check.

    The page then lists the new references, which prevent the deletion.
    """

    @override
    def delete_view(self, *args: Any, **kwargs: Any) -> Any:
        return run_with_redisplay(partial(super().delete_view, *args, **kwargs), IntegrityError)

    @override
    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        view = partial(super().changelist_view, request, *args, **kwargs)
        if request.method != "POST":
            return view()
        # The "delete selected" action writes its log entries before it deletes. Without the
        # transaction they would remain after a failed deletion.
        return run_with_redisplay(transaction.atomic(view), IntegrityError)
