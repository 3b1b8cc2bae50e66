"""Middleware that only pages need. Requests to ``/graphql/`` skip it.

The API has no sessions, no user of a session and no messages. Django's classes would make the
objects for them on each of its requests.
"""

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.utils.deprecation import MiddlewareMixin
from typing_extensions import override

API_PATHS = frozenset({"/graphql", "/graphql/"})


class _SkippedByApi(MiddlewareMixin):
    """Base class before a middleware class: calls it except for requests to ``API_PATHS``."""

    @override
    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info in API_PATHS:
            return self.get_response(request)
        return super().__call__(request)


class PageSessionMiddleware(_SkippedByApi, SessionMiddleware):
    """Sets ``request.session``."""


class PageUserMiddleware(_SkippedByApi, AuthenticationMiddleware):
    """Sets ``request.user`` to the user of the session."""


class PageMessageMiddleware(_SkippedByApi, MessageMiddleware):
    """Stores the messages that the next page shows."""
