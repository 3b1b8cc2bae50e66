"""Uploaded pictures on S3-compatible storage; without a bucket in the folder ``MEDIA_ROOT``.

Imported by Django only if ``MEDIA_BUCKET`` is set: it needs the packages of
``requirements/s3.txt``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import File
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage
from typing_extensions import override

# A storage that does not answer must not hold the threads of the server.
CLIENT = Config(
    connect_timeout=3,  # seconds
    read_timeout=10,
    retries={"total_max_attempts": 2},
    s3={"addressing_style": "path"},
)


class StorageError(OSError):
    """The storage did not do what it was asked for."""


@contextmanager
def _as_storage_error() -> Iterator[None]:
    """Raise StorageError for the errors of the block."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise StorageError(type(error).__name__) from error


class BucketStorage(S3Storage):
    """A bucket whose pictures have the same URLs as files: ``MEDIA_URL`` and a random name.

    Errors are OSErrors, as those of a folder, so that an upload is answered SERVICE_UNAVAILABLE.
    """

    def get_default_settings(self) -> dict[str, Any]:
        defaults: dict[str, Any] = super().get_default_settings()
        return {**defaults, "client_config": CLIENT}

    @override
    def url(self, name: str, *_arguments: Any, **_options: Any) -> str:
        return urljoin(settings.MEDIA_URL, filepath_to_uri(name) or "")

    @override
    @_as_storage_error()
    def _save(self, name: str, content: File[bytes]) -> str:
        saved: str = super()._save(name, content)
        return saved

    @override
    @_as_storage_error()
    def delete(self, name: str) -> None:
        super().delete(name)

    @override
    @_as_storage_error()
    def exists(self, name: str) -> bool:
        return bool(super().exists(name))

    @_as_storage_error()
    def reach(self) -> None:
        """Raise StorageError unless the bucket exists and the account has access to it."""
        self.connection.meta.client.head_bucket(Bucket=self.bucket_name)
