"""The metrics of the server for Prometheus (``/metrics``)."""

import hmac
import os
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from config.http import health
from users.common import metrics


class TaskQueueCollector(Collector):
    """Reads age and length of the task queue when metrics are scraped.

    Without the database there are no samples: the other metrics stay available.
    """

    def collect(self) -> Iterator[GaugeMetricFamily]:
        state = health.queue_state()
        if state is None:
            return
        yield GaugeMetricFamily(
            "cybermed_task_queue_age_seconds",
            "Time that the oldest task has been waiting for a worker.",
            value=state.age,
        )
        lengths = GaugeMetricFamily(
            "cybermed_task_queue_tasks", "Tasks in the queue by state.", labels=["state"]
        )
        for name, length in state.lengths.items():
            lengths.add_metric([name], length)
        yield lengths


metrics.REGISTRY.register(TaskQueueCollector())


def metrics_page(request: HttpRequest) -> HttpResponse:
    """Respond with the metrics if the request has a token of ``METRICS_TOKEN``, else 404.

    Runs in a thread of the health probes, so that a busy server can be watched.
    """
    if not _is_authorized(request):
        # As an unknown URL, so that scans do not find it.
        raise Http404
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    response = HttpResponse(encode(_registry()), content_type=content_type)
    add_never_cache_headers(response)
    return response


def _is_authorized(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    sent = token.strip().encode()
    # A list, so that the time does not depend on which token it is.
    matches = [hmac.compare_digest(sent, known.encode()) for known in settings.METRICS_TOKENS]
    return scheme.lower() == "bearer" and any(matches)


def _registry() -> CollectorRegistry:
    """Return the metrics of this process, or of all processes that share a folder."""
    folder = settings.PROMETHEUS_MULTIPROC_DIR
    if not folder:
        return metrics.REGISTRY
    for pid in filter(_has_ended, _pids(Path(folder), "gauge_live*_*.db")):
        forget_process(pid)  # uvicorn has no hook that does this
    registry = CollectorRegistry()
    MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]  # the library's
    registry.register(TaskQueueCollector())
    return registry


def forget_process(pid: int) -> None:
    """Remove what an ended process had open, such as WebSockets; what it counted stays."""
    if settings.PROMETHEUS_MULTIPROC_DIR:
        mark_process_dead(pid, settings.PROMETHEUS_MULTIPROC_DIR)  # type: ignore[no-untyped-call]  # the library's


def remove_former_counts() -> None:
    """Remove what ended processes have counted; files of running ones, such as db_worker, stay.

    Otherwise counters of a former server would be added to those of its successor.
    """
    if settings.PROMETHEUS_MULTIPROC_DIR:
        folder = Path(settings.PROMETHEUS_MULTIPROC_DIR)
        for pid in filter(_has_ended, _pids(folder, "*_*.db")):
            for file in folder.glob(f"*_{pid}.db"):
                file.unlink(missing_ok=True)


def _pids(folder: Path, pattern: str) -> set[int]:
    return {int(path.stem.rpartition("_")[2]) for path in folder.glob(pattern)}


def _has_ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # it belongs to another user
        return False
    return False
