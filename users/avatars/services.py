"""Set and remove avatars: re-encoded images, stored under random file names."""

import errno
import logging
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from threading import BoundedSemaphore

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext_lazy as _

from users.avatars import image_processor
from users.avatars.image_processor import ImageProblem
from users.common import rate_limits
from users.common.rate_limits import RateLimitExceeded, Throttle
from users.common.request_record import report_outage
from users.common.transactions import atomic_with_retry, locked
from users.errors import FieldErrorCode, StorageUnavailable
from users.models import User

logger = logging.getLogger(__name__)

MAX_BYTES = 5 * 1024 * 1024
RETRY_SECONDS = 3  # about as long as the largest image takes
COMMAND = (sys.executable, "-I", str(image_processor.__file__))

MESSAGES = {
    ImageProblem.NOT_AN_IMAGE: _("Upload a JPEG, PNG or WebP image."),
    ImageProblem.TOO_MANY_PIXELS: _("The image has more than 25 megapixels."),
    ImageProblem.DAMAGED: _("The image is damaged or incomplete."),
}
TOO_LARGE = _("The image is larger than 5 MB.")

# One image at a time per server process: each takes about 200 MB while it is processed.
_processing = BoundedSemaphore(1)


def replace(user: User, upload: "UploadedFile[bytes]") -> User:
    """Replace the avatar of ``user`` by an uploaded image.

    Raises ``ValidationError`` on ``image`` unless it is a complete JPEG, PNG or WebP of at
    most 5 MB and 25 megapixels. Raises RateLimitExceeded after too many uploads of this user,
    and while another image is processed. Raises StorageUnavailable if the files cannot be stored.
    """
    large, small = _encode(user, upload)
    new = [_new_file(user.avatar), _new_file(user.avatar_small)]
    try:
        _store(new[0], large)
        _store(new[1], small)
        user.avatar, user.avatar_small = (str(file.name) for file in new)
        _save(user)
    except BaseException:
        # Also what a failed write has left. The old files are deleted after the commit.
        with suppress(OSError):  # the storage that failed can still fail
            _delete_files(*new)
        raise
    return user


def require_free_processor() -> None:
    """Raise RateLimitExceeded if another image is processed at this moment."""
    with _processing_slot():
        pass


def remove(user: User) -> User:
    """Remove the avatar of ``user``, if there is one."""
    user.avatar, user.avatar_small = "", ""
    _save(user)
    return user


@atomic_with_retry
def _save(user: User) -> None:
    # Read again under the lock: a concurrent upload can have replaced the files of ``user``.
    stored = locked(User.objects.filter(pk=user.pk)).get()
    user.save(update_fields=["avatar", "avatar_small"])
    delete_files = partial(_delete_files, stored.avatar, stored.avatar_small)
    transaction.on_commit(delete_files, robust=True)


def _new_file(stored: FieldFile) -> FieldFile:
    """Return a file of the same field under a random name, which is not stored yet."""
    field, user = stored.field, stored.instance
    name = field.generate_filename(user, f"{secrets.token_urlsafe(16)}.webp")
    return FieldFile(user, field, name)


def _store(file: FieldFile, content: bytes) -> None:
    try:
        file.storage.save(str(file.name), ContentFile(content))
    except OSError as error:
        report_outage(
            logger, f"A picture cannot be stored: {errno.errorcode.get(error.errno or 0)}"
        )
        raise StorageUnavailable from error


def _delete_files(*files: FieldFile) -> None:
    for file in files:
        if file:
            file.storage.delete(str(file.name))


def _encode(user: User, upload: "UploadedFile[bytes]") -> tuple[bytes, bytes]:
    """Return the large and the small image.

    Raises ``ValidationError`` on ``image``, and RateLimitExceeded.
    """
    if (upload.size or 0) > MAX_BYTES:
        raise _invalid_image(str(TOO_LARGE))
    with _processing_slot():
        rate_limits.consume(Throttle.UPLOADS_PER_USER, str(user.pk))
        # The request can take seconds, in which others need the connection.
        if not connection.in_atomic_block:
            connection.close()
        done = _run_image_processor(upload)
    if done.returncode in MESSAGES:
        raise _invalid_image(str(MESSAGES[ImageProblem(done.returncode)]))
    if done.returncode:
        failure = f"The image processor exited with {done.returncode}: {done.stderr!r}"
        report_outage(logger, failure)
        raise _invalid_image(str(MESSAGES[ImageProblem.DAMAGED]))
    length, images = int.from_bytes(done.stdout[:8], "big"), done.stdout[8:]
    return images[:length], images[length:]


@contextmanager
def _processing_slot() -> Iterator[None]:
    """Hold the one place for an image that is processed. Raises RateLimitExceeded if it is taken.

    Waiting for it would occupy the server's threads: ten large images stopped all other requests.
    """
    if not _processing.acquire(blocking=False):
        raise RateLimitExceeded(RETRY_SECONDS)
    try:
        yield
    finally:
        _processing.release()


def _run_image_processor(upload: "UploadedFile[bytes]") -> "subprocess.CompletedProcess[bytes]":
    try:
        return subprocess.run(  # noqa: S603 - our own program, no shell
            COMMAND,
            input=upload.read(),
            capture_output=True,
            timeout=settings.AVATAR_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(COMMAND, ImageProblem.DAMAGED)


def _invalid_image(message: str) -> ValidationError:
    return ValidationError({"image": ValidationError(message, code=FieldErrorCode.INVALID)})
