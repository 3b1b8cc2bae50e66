"""Documents that clients name, by the SHA-256 of their text, instead of sending them.

Either any client may have a document kept under its name, which saves sending it
(Apollo's automatic persisted queries), or ``TRUSTED_DOCUMENTS`` names a file, and
nothing but what is registered there is ever answered.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256

from django.conf import settings
from django.core.cache import caches
from strawberry.http import GraphQLRequestData

from schema.core.errors import CodedError, ErrorCode
from schema.transport.requests import http_error
from users.common import rate_limits
from users.common.rate_limits import RateLimitExceeded, Throttle

logger = logging.getLogger(__name__)

SHA256_HEX = re.compile(r"[0-9a-f]{64}")
VERSION = 1
CACHE_SECONDS = 24 * 60 * 60
# Ample for what the limit of tokens lets pass; the rest would be comments.
MAX_DOCUMENT_LENGTH = 16_000


def resolve_document(operation: GraphQLRequestData) -> str:
    """The document that is meant, whether sent or named.

    Raises CodedError if it is not to be had, and what ``http_error`` makes of a malformed name
    or of none.
    """
    name, text = _requested_hash(operation), operation.query or ""
    if not (name or text):
        raise http_error("The request has no `query`.")
    if settings.TRUSTED_DOCUMENTS is not None:
        # The name decides: over a WebSocket Apollo Client sends its own spelling beside it.
        return _registered_document(settings.TRUSTED_DOCUMENTS, name or _hash_of(text))
    if name and not text:
        return _stored_document(name)
    if name and _hash_of(text) != name:
        raise http_error("The `sha256Hash` is not that of the `query`.")
    return text


def store_document(operation: GraphQLRequestData, *, address: str) -> None:
    """Remember a document that came with its name, both having passed ``resolve_document``.

    An ``address`` that has had too many kept has no more kept for a while.
    """
    name, text = _requested_hash(operation), operation.query
    if settings.TRUSTED_DOCUMENTS is not None or not (name and text):
        return
    if len(text) <= MAX_DOCUMENT_LENGTH:
        with suppress(RateLimitExceeded):
            rate_limits.consume(Throttle.STORED_DOCUMENTS_PER_CLIENT, address)
            with _cache_errors_as_unavailable():
                caches["documents"].set(name, text, CACHE_SECONDS)


def _registered_document(registered: Mapping[str, str], name: str) -> str:
    if name not in registered:
        message = "Only registered documents are answered here, and this is none of them."
        raise CodedError(ErrorCode.PERSISTED_QUERY_NOT_IN_LIST, message)
    return registered[name]


def _stored_document(name: str) -> str:
    text: str | None = None
    with _cache_errors_as_unavailable():
        text = caches["documents"].get(name)
    if text is None:
        # Apollo Client looks at this very message, too.
        raise CodedError(ErrorCode.PERSISTED_QUERY_NOT_FOUND, "PersistedQueryNotFound")
    return text


@contextmanager
def _cache_errors_as_unavailable() -> Iterator[None]:
    """Note an outage and go on: it costs clients no more than sending each document's text."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - every kind of cache has errors of its own
        logger.error("Documents cannot be kept: %s", type(error).__name__)  # noqa: TRY400 - one line a request


def _requested_hash(operation: GraphQLRequestData) -> str | None:
    """https://github.com/apollographql/apollo-link-persisted-queries#protocol."""
    persisted = (operation.extensions or {}).get("persistedQuery")
    if persisted is None:
        return None
    if not isinstance(persisted, dict):
        raise http_error("`persistedQuery` must be an object or null.")
    if persisted.get("version") != VERSION:
        raise CodedError(ErrorCode.PERSISTED_QUERY_NOT_SUPPORTED, "PersistedQueryNotSupported")
    name = persisted.get("sha256Hash")
    if not isinstance(name, str) or not SHA256_HEX.fullmatch(name):
        raise http_error("A document's name is its SHA-256: 64 hexadecimal digits in lower case.")
    return name


def _hash_of(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()
