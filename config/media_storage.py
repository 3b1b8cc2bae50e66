"""Uploaded pictures on S3-compatible storage; without a bucket in the folder ``MEDIA_ROOT``.

Imported by Django only if ``MEDIA_BUCKET`` is set: it needs the packages of
``requirements/s3.txt``.
"""

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
    def _save(self, name: str, content: File[bytes]) -> str:
        try:
            saved: str = super()._save(name, content)
        except (BotoCoreError, ClientError) as error:
            raise StorageError(type(error).__name__) from error
        return saved

    @override
    def delete(self, name: str) -> None:
        try:
            super().delete(name)
        except (BotoCoreError, ClientError) as error:
            raise StorageError(type(error).__name__) from error

    @override
    def exists(self, name: str) -> bool:
        try:
            return bool(super().exists(name))
        except (BotoCoreError, ClientError) as error:
            raise StorageError(type(error).__name__) from error

    def reach(self) -> None:
        """Raise StorageError unless the bucket exists and the account has access to it."""
        try:
            self.connection.meta.client.head_bucket(Bucket=self.bucket_name)
        except (BotoCoreError, ClientError) as error:
            raise StorageError(type(error).__name__) from error
