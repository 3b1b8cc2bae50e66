"""The metrics of a live server, as Prometheus reads them."""

from prometheus_client.parser import text_string_to_metric_families

from tests.support.live_server import Server

TOKEN = "prometheus-reads-this-server-0123456789"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
Samples = dict[str, float]


def scrape(server: Server, prefix: str = "cybermed_") -> Samples:
    """Return the samples whose names start with ``prefix``, without times and buckets.

    The keys are written as in PromQL: ``name{label="value"}``.
    """
    response = server.http.get("/metrics", headers=HEADERS)
    assert response.status_code == 200
    return {
        sample.name
        + "{"
        + ",".join(f'{k}="{v}"' for k, v in sorted(sample.labels.items()))
        + "}": sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
        if sample.name.startswith(prefix)
        and not sample.name.endswith(("_bucket", "seconds_sum", "_duration_seconds_count"))
    }
