"""Where uploaded pictures are stored, as the environment says."""

from typing import Any

from config import environment

FILE_STORAGE = "django.core.files.storage.FileSystemStorage"
BUCKET_STORAGE = "config.media_storage.BucketStorage"


def storage() -> dict[str, Any]:
    """Return the storage of pictures for Django's setting ``STORAGES``.

    boto3 itself reads the keys of the bucket's account: AWS_ACCESS_KEY_ID and
    AWS_SECRET_ACCESS_KEY, or the role of the machine.
    """
    bucket = environment.line("MEDIA_BUCKET", default="")
    if not bucket:
        return {"BACKEND": FILE_STORAGE}
    options = {
        "bucket_name": bucket,
        "endpoint_url": environment.line("MEDIA_BUCKET_ENDPOINT", default="") or None,
        "region_name": environment.line("MEDIA_BUCKET_REGION", default="") or None,
        # Names are random: a second file of one name is an error, not a replacement.
        "file_overwrite": False,
        "default_acl": None,
        "object_parameters": {"CacheControl": "max-age=31536000, immutable"},
    }
    return {"BACKEND": BUCKET_STORAGE, "OPTIONS": options}
