"""The table of faults: what `/fault/<kind>/<photograph>` does and what a good client makes of it."""

from __future__ import annotations

from dataclasses import dataclass

from pixcrawler_core.testing.web import fault_answers as answers
from pixcrawler_core.testing.web import fault_bodies as bodies


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: the behaviour in words, the outcome a good client reaches, and the handler."""

    does: str
    outcome: str
    answer: answers.Answer
    argument: str = ""
    """Example of the path segment that follows the kind; empty for a kind without one."""
    mixed: bool = True
    """Whether it is sprinkled over search results on request."""


FAULTS: dict[str, Fault] = {
    "ok": Fault("sends the photograph", "kept", answers.ok, mixed=False),
    "duplicate": Fault("sends the photograph under any number", "duplicate", answers.ok, "1"),
    "recompressed": Fault(
        "sends the picture saved again at quality 60",
        "near duplicate; other bytes",
        answers.body(bodies.recompressed),
        mixed=False,
    ),
    "slow": Fault("trickles for about 1.5 seconds", "kept", answers.slow),
    "stalled": Fault(
        "stops in the body, connection open", "time-out, may pass", answers.stalled, mixed=False
    ),
    "truncated": Fault("closes before Content-Length", "incomplete, may pass", answers.truncated),
    "reset": Fault("resets the connection", "connection error, may pass", answers.reset),
    "cut": Fault("valid HTTP, half of the file", "rejected: truncated image", answers.body(bodies.cut)),
    "corrupt": Fault(
        "garbage in the middle of the file", "rejected: does not decode", answers.body(bodies.corrupt)
    ),
    "wrong-type": Fault(
        "photograph declared text/html",
        "kept: the bytes decide",
        answers.body(lambda photograph: photograph.body, "text/html"),
    ),
    "html": Fault("HTML declared image/jpeg", "rejected: no image", answers.body(lambda _: bodies.HTML)),
    "empty": Fault("200 without a body", "rejected: empty", answers.body(lambda _: bodies.EMPTY)),
    "zip": Fault("ZIP archive called .jpg", "rejected: no image", answers.body(bodies.archive)),
    "polyglot": Fault(
        "GIF header, then HTML", "rejected: no image", answers.body(bodies.polyglot, "image/gif")
    ),
    "svg": Fault(
        "SVG with a script", "rejected, never rendered", answers.body(lambda _: bodies.SVG, "image/svg+xml")
    ),
    "animated": Fault(
        "GIF of three frames", "rejected: animated", answers.body(bodies.animated, "image/gif")
    ),
    "tiny": Fault("JPEG of 96 x 96 pixels", "rejected: too small", answers.body(bodies.tiny)),
    "bomb": Fault(
        "small PNG that declares 60,000 x 60,000 pixels",
        "rejected from its header: too many pixels",
        answers.body(bodies.bomb, "image/png"),
    ),
    "gzip-bomb": Fault("1 MiB of gzip, 1 GiB of zeros", "stopped at the byte cap", answers.gzip_bomb),
    "huge-declared": Fault(
        "Content-Length of 10 GiB", "refused at the headers: too large", answers.huge_declared
    ),
    "huge-undeclared": Fault(
        "chunked body without end (1 GiB)", "stopped at the byte cap", answers.huge_undeclared
    ),
    "redirect": Fault("302 to the photograph", "kept", answers.redirect_to_photograph),
    "redirect-chain": Fault(
        "as many redirects as asked", "kept, or refused above the cap", answers.redirect_chain, "3"
    ),
    "redirect-loop": Fault("302 to itself", "refused: too many redirects", answers.redirect_loop),
    "redirect-private": Fault(
        "302 to http://10.0.0.1/", "refused: not a public address", answers.redirect("http://10.0.0.1/a.jpg")
    ),
    "redirect-metadata": Fault(
        "302 to the metadata service of clouds",
        "refused: not a public address",
        answers.redirect("http://169.254.169.254/latest/meta-data/"),
    ),
    "redirect-file": Fault(
        "302 to file:///etc/passwd", "refused: scheme", answers.redirect("file:///etc/passwd")
    ),
    "redirect-ftp": Fault("302 to ftp://", "refused: scheme", answers.redirect("ftp://ftp.localhost/a.jpg")),
    "404": Fault("not found", "failed for good", answers.status(404)),
    "410": Fault("gone", "failed for good", answers.status(410)),
    "403": Fault("forbidden", "failed for good", answers.status(403)),
    "429": Fault(
        "429 with Retry-After: 1, then the photograph",
        "kept on the second try, a second later",
        answers.status(429, {"Retry-After": "1"}, once=True),
    ),
    "429-forever": Fault(
        "429 with Retry-After: 1, always",
        "failed, may pass",
        answers.status(429, {"Retry-After": "1"}),
        mixed=False,
    ),
    "500-once": Fault("500, then the photograph", "kept on the second try", answers.status(500, once=True)),
    "500": Fault("500, always", "failed, may pass", answers.status(500)),
    "503": Fault(
        "503 with Retry-After as a date, always", "failed, may pass", answers.unavailable_until, mixed=False
    ),
    "noai": Fault("X-Robots-Tag: noai", "refused", answers.header("X-Robots-Tag", "noai")),
    "noimageai": Fault("X-Robots-Tag: noimageai", "refused", answers.header("X-Robots-Tag", "noimageai")),
    "noindex": Fault("X-Robots-Tag: noindex", "refused", answers.header("X-Robots-Tag", "noindex")),
    "noimageindex": Fault(
        "X-Robots-Tag: noimageindex", "refused", answers.header("X-Robots-Tag", "noimageindex")
    ),
    "agent-noai": Fault(
        "X-Robots-Tag for our agent", "refused", answers.header("X-Robots-Tag", "pixcrawler: noai")
    ),
    "other-agent-noai": Fault(
        "X-Robots-Tag for another agent", "kept", answers.header("X-Robots-Tag", "otherbot: noai")
    ),
    "tdm-reserved": Fault("tdm-reservation: 1", "refused", answers.header("tdm-reservation", "1")),
}
