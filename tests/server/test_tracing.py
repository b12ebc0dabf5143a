from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from falcon.testing import ASGIRequestEventEmitter, ASGIResponseEventCollector, create_scope
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from pixcrawler_server.tracing import traced

from tests.server.conftest import Api


class Kept(SpanExporter):
    """Keeps spans."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Keep them."""
        self.spans += spans
        return SpanExportResult.SUCCESS


async def asked(app: Any, parent: str) -> int:
    """The status that an application answers with."""
    scope = create_scope("/health/live")
    scope |= {"server": ("127.0.0.1", 8000), "headers": [(b"traceparent", parent.encode())]}
    sent = ASGIResponseEventCollector()
    await app(scope, ASGIRequestEventEmitter(), sent)
    return int(sent.status or 0)


def test_each_request_is_a_span_that_goes_on_with_the_trace_of_its_client(api: Api) -> None:
    kept = Kept()
    app = traced(api.app, kept)
    trace = "0af7651916cd43dd8448eb211c80319c"
    assert asyncio.run(asked(app, f"00-{trace}-b7ad6b7169203331-01")) == 200
    app.tracer.span_processor.force_flush()
    (span,) = kept.spans
    assert span.context is not None
    assert format(span.context.trace_id, "032x") == trace
    assert span.attributes is not None
    assert span.attributes["http.status_code"] == 200
