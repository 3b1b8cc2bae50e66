"""HTTP view of the calendar feed."""

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from clinic import clock
from clinic.calendars import feed, ical


@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """Return the calendar of the token's owner as ``text/calendar``.

    404 if the token is invalid; 304 if the client's ETag is still current.
    """
    owner = feed.user_for_token(token)
    if owner is None:
        raise Http404
    entries = feed.entries_of(owner, clock.now())
    response = HttpResponse(content_type="text/calendar; charset=utf-8")
    response["ETag"] = etag = quote_etag(ical.feed_etag(entries))
    response["Content-Disposition"] = 'inline; filename="appointments.ics"'
    response["X-Robots-Tag"] = "noindex"
    # Shared caches must not store the feed; the calendar program must revalidate its copy.
    patch_cache_control(response, private=True, no_cache=True)
    answer = get_conditional_response(request, etag=etag, response=response)
    if answer is response:
        response.content = ical.render_feed(entries)
    return answer or response
