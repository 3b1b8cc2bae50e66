"""What the clinic serves beside GraphQL."""

import hashlib

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from clinic import clock, feed


@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """A person's visits, for a calendar program that asks again every hour or so."""
    owner = feed.owner_of(token)
    if owner is None:
        raise Http404
    calendar = feed.calendar_of(owner, clock.now())
    etag = quote_etag(hashlib.sha256(calendar).hexdigest())
    response = HttpResponse(calendar, content_type="text/calendar; charset=utf-8")
    response["ETag"] = etag
    response["Content-Disposition"] = 'inline; filename="visits.ics"'
    response["X-Robots-Tag"] = "noindex"
    # Kept by nobody on the way, and by the program only to ask whether it still holds.
    patch_cache_control(response, private=True, no_cache=True)
    answer = get_conditional_response(request, etag=etag, response=response)
    assert answer is not None  # noqa: S101 - it is one, since we gave one
    return answer
