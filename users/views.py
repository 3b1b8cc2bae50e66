"""Uploaded files, for development; in production ``MEDIA_URL`` says who serves them."""

import mimetypes

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.static import serve

# Not every system knows it yet.
mimetypes.add_type("image/webp", ".webp")


def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """One uploaded file, which no browser may take for anything but what it is."""
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
