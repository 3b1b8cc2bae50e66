"""What a resolver knows about the request it answers."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import strawberry
from django.db.models.fields.files import FieldFile
from strawberry.django.context import StrawberryDjangoContext

from clinic import clock


@dataclass
class Context(StrawberryDjangoContext):
    @cached_property
    def now(self) -> dt.datetime:
        """The moment of this operation, at the clinic; the same however often asked."""
        return clock.now()

    def media_url(self, file: FieldFile) -> str | None:
        """Where a client finds ``file``, host included; None if there is none."""
        return self.request.build_absolute_uri(file.url) if file else None

    @property
    def request_id(self) -> str:
        """Names this request in the log, in ``X-Request-ID`` and in ``extensions.requestId``."""
        return str(getattr(self.request, "correlation_id", ""))


Info = strawberry.Info[Context, None]
