"""End the admin's sessions some time after their start, and after a time without requests."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

# Keys of the session, with seconds since 1970.
STARTED_AT, SEEN_AT = "started_at", "seen_at"
# The last request is recorded to the minute, which spares a write for most requests.
RESOLUTION_SECONDS = 60


View = TypeVar("View", bound=Callable[..., HttpResponse])


def not_counted_as_use(view: View) -> View:
    """Mark a view that pages request by themselves: its requests do not prolong the session.

    Otherwise a page that asks regularly would keep the session of an unattended computer open.
    """
    vars(view)["is_not_use"] = True
    return view


class AdminSessionMiddleware:
    """Signs staff out whose session is too old, or was not used for too long.

    A session also ends after ``SESSION_COOKIE_AGE`` in the database. Checked here as well, because
    Django counts that time from the last change of the session.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *_: Any) -> None:
        """Check the session of an admin page. Other views use none."""
        match = request.resolver_match
        if not (match and match.app_name == "admin" and request.user.is_authenticated):
            return
        now, session = int(timezone.now().timestamp()), request.session
        started_at, seen_at = session.get(STARTED_AT, now), session.get(SEEN_AT, now)
        is_over = now - started_at >= settings.SESSION_COOKIE_AGE
        if is_over or now - seen_at >= settings.ADMIN_IDLE_SECONDS:
            auth.logout(request)
            return
        if getattr(view, "is_not_use", False):
            return
        session.setdefault(STARTED_AT, started_at)
        if SEEN_AT not in session or now - seen_at >= RESOLUTION_SECONDS:
            session[SEEN_AT] = now
