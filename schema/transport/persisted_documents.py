"""Persisted documents: clients send the SHA-256 of a document instead of its text.

There are two modes. By default any client can store a document under its hash (Apollo's
automatic persisted queries). If ``TRUSTED_DOCUMENTS`` is set, the server executes only the
documents that are registered there.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256

from django.conf import settings
from django.core.cache import caches
from strawberry.http import GraphQLRequestData

from schema.core.errors import CodedError, ErrorCode
from schema.extensions.document_cache import has_string_literals
from schema.transport.requests import http_error
from users.common import rate_limits
from users.common.rate_limits import RateLimitExceeded, Throttle
from users.common.shared_cache import LoggedOutage

SHA256_HEX = re.compile(r"[0-9a-f]{64}")
VERSION = 1
CACHE_SECONDS = 24 * 60 * 60
# Enough for any document within the token limit; a longer one consists mostly of comments.
MAX_DOCUMENT_LENGTH = 16_000
# In the log. Clients then send the text of the document instead of its hash.
OUTAGE = "Documents cannot be stored"


def resolve_document(operation: GraphQLRequestData) -> str:
    """Return the text of the requested document, whether its text or its hash was sent.

    Raises CodedError if the document is unknown or not registered, and HTTPException
    (``http_error``) if the hash is malformed or neither text nor hash was sent.
    """
    sha256_hex, text = _requested_hash(operation), operation.query or ""
    if not (sha256_hex or text):
        raise http_error("The request has no `query`.")
    if settings.TRUSTED_DOCUMENTS is not None:
        # The hash has priority: over WebSocket, Apollo Client also sends the text, but
        # formatted differently from the registered one.
        return _registered_document(settings.TRUSTED_DOCUMENTS, sha256_hex or _hash_of(text))
    if sha256_hex and not text:
        return _stored_document(sha256_hex)
    if sha256_hex and _hash_of(text) != sha256_hex:
        raise http_error("`sha256Hash` does not match `query`.")
    return text


def store_document(operation: GraphQLRequestData, *, address: str) -> None:
    """Store a document that was sent with its hash. ``resolve_document`` must have checked it.

    Not stored are documents over the rate limit of the client IP ``address``, and those with
    string literals, which can be passwords: anyone who knows the hash could read them out.
    """
    sha256_hex, text = _requested_hash(operation), operation.query
    if settings.TRUSTED_DOCUMENTS is not None or not (sha256_hex and text):
        return
    if len(text) <= MAX_DOCUMENT_LENGTH and not has_string_literals(text):
        with suppress(RateLimitExceeded):
            rate_limits.consume(Throttle.STORED_DOCUMENTS_PER_CLIENT, address)
            with LoggedOutage(OUTAGE):
                caches["documents"].set(sha256_hex, text, CACHE_SECONDS)


def _registered_document(registered: Mapping[str, str], sha256_hex: str) -> str:
    if sha256_hex not in registered:
        message = "This document is not registered on the server."
        raise CodedError(ErrorCode.PERSISTED_QUERY_NOT_IN_LIST, message)
    return registered[sha256_hex]


def _stored_document(sha256_hex: str) -> str:
    with LoggedOutage(OUTAGE):
        text: str | None = caches["documents"].get(sha256_hex)
        if text is not None:
            return text
    # Apollo Client compares this message, too.
    raise CodedError(ErrorCode.PERSISTED_QUERY_NOT_FOUND, "PersistedQueryNotFound")


def _requested_hash(operation: GraphQLRequestData) -> str | None:
    """Return the hash of the document, if one was sent.

    https://github.com/apollographql/apollo-link-persisted-queries#protocol
    """
    persisted = (operation.extensions or {}).get("persistedQuery")
    if persisted is None:
        return None
    if not isinstance(persisted, dict):
        raise http_error("`persistedQuery` must be an object or null.")
    if persisted.get("version") != VERSION:
        raise CodedError(ErrorCode.PERSISTED_QUERY_NOT_SUPPORTED, "PersistedQueryNotSupported")
    sha256_hex = persisted.get("sha256Hash")
    if not isinstance(sha256_hex, str) or not SHA256_HEX.fullmatch(sha256_hex):
        raise http_error("`sha256Hash` must be a SHA-256: 64 hexadecimal digits in lower case.")
    return sha256_hex


def _hash_of(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()
