"""Request headers that front ends of other origins can send (``CORS_ALLOW_HEADERS``)."""

from corsheaders.defaults import default_headers

ALLOWED = (
    *default_headers,
    *("apollo-require-preflight", "graphql-require-preflight", "x-apollo-operation-name"),
    *("apollographql-client-name", "apollographql-client-version"),
    # Tracing: Sentry, W3C Trace Context and Baggage (OpenTelemetry), and our logs.
    *("sentry-trace", "traceparent", "tracestate", "baggage", "x-request-id"),
)
