"""Traces of requests for OpenTelemetry. Where they go is said by its own variables.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

from __future__ import annotations

from typing import Any

from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

SERVICE = "pixcrawler"


def traced(app: Any, exporter: SpanExporter | None = None) -> Any:
    """The application (ASGI) with a span for each request; the exporter is that of OTLP if none is given."""
    if exporter is None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        exporter = OTLPSpanExporter()
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: SERVICE}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return OpenTelemetryMiddleware(app, tracer_provider=provider, exclude_spans=["send", "receive"])
