"""HTTP view of the calendar feed."""

from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from clinic import clock
from clinic.calendars import feed, ical
from users.common import rate_limits
from users.common.client_ip import client_key
from users.common.rate_limits import RateLimitExceeded, Throttle
from users.common.request_costs import RequestMeter
from users.models import User

# Of loading the appointments, and of rendering each, in the unit of
# ``users.common.request_costs``.
LOADING_COST, EVENT_COST = 20_000, 30


@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """Return the calendar of the token's owner as ``text/calendar``.

    404 if the token is invalid; 304 if the client's ETag is still current; 429 if the client or
    the token has sent too many requests, or the account's minute is used up.
    """
    client = client_key(request)
    try:
        rate_limits.consume(Throttle.CALENDARS_PER_CLIENT, client)
        owner = feed.user_for_token(token)
        if owner is None:
            raise Http404
        rate_limits.consume(Throttle.CALENDARS_PER_USER, str(owner.pk))
        return _charged_feed(request, owner, RequestMeter(client=client, user_id=str(owner.pk)))
    except RateLimitExceeded as error:
        headers = {"Retry-After": str(error.retry_after)}
        return HttpResponse(
            str(error),
            content_type="text/plain; charset=utf-8",
            status=HTTPStatus.TOO_MANY_REQUESTS,
            headers=headers,
        )


def _charged_feed(request: HttpRequest, owner: User, meter: RequestMeter) -> HttpResponseBase:
    meter.admit()
    try:
        return _feed(request, owner, meter)
    finally:
        meter.settle()


def _feed(request: HttpRequest, owner: User, meter: RequestMeter) -> HttpResponseBase:
    # Before the rows are loaded: requests at the same time would all load them.
    meter.charge(LOADING_COST)
    entries = feed.entries_of(owner, clock.now())
    response = HttpResponse(content_type="text/calendar; charset=utf-8")
    response["ETag"] = etag = quote_etag(ical.feed_etag(entries))
    response["Content-Disposition"] = 'inline; filename="appointments.ics"'
    response["X-Robots-Tag"] = "noindex"
    # Shared caches must not store the feed; the calendar program must revalidate its copy.
    patch_cache_control(response, private=True, no_cache=True)
    answer = get_conditional_response(request, etag=etag, response=response)
    if answer is response:
        meter.charge(len(entries) * EVENT_COST)
        response.content = ical.render_feed(entries)
    return answer or response
