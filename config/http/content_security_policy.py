"""The Content-Security-Policy header, built once per process."""

from collections.abc import Callable

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from typing_extensions import override


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """Django-csp's middleware, which otherwise builds the same header for every response.

    Responses of views with a policy of their own (``csp_update``) and requests with a nonce are
    left to it, as is everything with ``DEBUG``.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)
        self._policy = build_policy()

    @override
    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        is_ordinary = not (
            settings.DEBUG
            or hasattr(request, "_csp_nonce")
            or any(name.startswith("_csp_") for name in vars(response))
        )
        if is_ordinary:
            response.headers.setdefault(HEADER, self._policy)
            return response
        return super().process_response(request, response)
