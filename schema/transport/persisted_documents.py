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
from schema.transport.requests import refuse
from users.common import rate_limits
from users.common.rate_limits import Throttle, TooManyTries

logger = logging.getLogger(__name__)

NAME = re.compile(r"[0-9a-f]{64}")
VERSION = 1
KEPT_SECONDS = 24 * 60 * 60
# Ample for what the limit of tokens lets pass; the rest would be comments.
MAX_KEPT_LENGTH = 16_000


def text_of(operation: GraphQLRequestData) -> str:
    """The document that is meant, whether sent or named.

    Raises CodedError if it is not to be had, and what ``refuse`` makes of a malformed name
    or of none.
    """
    name, text = _name_of(operation), operation.query or ""
    if not (name or text):
        raise refuse("The request has no `query`.")
    if settings.TRUSTED_DOCUMENTS is not None:
        # The name decides: over a WebSocket Apollo Client sends its own spelling beside it.
        return _among(settings.TRUSTED_DOCUMENTS, name or _name_for(text))
    if name and not text:
        return _kept(name)
    if name and _name_for(text) != name:
        raise refuse("The `sha256Hash` is not that of the `query`.")
    return text


def keep(operation: GraphQLRequestData, *, address: str) -> None:
    """Remember a document that came with its name, both having passed ``text_of``.

    An ``address`` that has had too many kept has no more kept for a while.
    """
    name, text = _name_of(operation), operation.query
    if settings.TRUSTED_DOCUMENTS is not None or not (name and text):
        return
    if len(text) <= MAX_KEPT_LENGTH:
        with suppress(TooManyTries):
            rate_limits.spend(Throttle.KEPT_DOCUMENTS_OF_ADDRESS, address)
            with _unless_the_cache_is_away():
                caches["documents"].set(name, text, KEPT_SECONDS)


def _among(registered: Mapping[str, str], name: str) -> str:
    if name not in registered:
        message = "Only registered documents are answered here, and this is none of them."
        raise CodedError(ErrorCode.PERSISTED_QUERY_NOT_IN_LIST, message)
    return registered[name]


def _kept(name: str) -> str:
    text: str | None = None
    with _unless_the_cache_is_away():
        text = caches["documents"].get(name)
    if text is None:
        # Apollo Client looks at this very message, too.
        raise CodedError(ErrorCode.PERSISTED_QUERY_NOT_FOUND, "PersistedQueryNotFound")
    return text


@contextmanager
def _unless_the_cache_is_away() -> Iterator[None]:
    """Note an outage and go on: it costs clients no more than sending each document's text."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - every kind of cache has errors of its own
        logger.error("Documents cannot be kept: %s", type(error).__name__)  # noqa: TRY400 - one line a request


def _name_of(operation: GraphQLRequestData) -> str | None:
    """https://github.com/apollographql/apollo-link-persisted-queries#protocol."""
    persisted = (operation.extensions or {}).get("persistedQuery")
    if persisted is None:
        return None
    if not isinstance(persisted, dict):
        raise refuse("`persistedQuery` must be an object or null.")
    if persisted.get("version") != VERSION:
        raise CodedError(ErrorCode.PERSISTED_QUERY_NOT_SUPPORTED, "PersistedQueryNotSupported")
    name = persisted.get("sha256Hash")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise refuse("A document's name is its SHA-256: 64 hexadecimal digits in lower case.")
    return name


def _name_for(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()
