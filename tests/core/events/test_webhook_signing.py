"""Signatures of webhooks: those of the standard, and what a stranger may send."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pixcrawler_core.events.signing import SIGNATURE, TIMESTAMP, headers, is_valid, secret_of

# https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, its example.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105  # the example's
MESSAGE = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = datetime.fromtimestamp(1614265330, UTC)
BODY = b'{"test": 2432232314}'
EXPECTED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
MINUTE = timedelta(minutes=1)


def test_it_is_the_signature_of_the_standard() -> None:
    assert headers(secret_of(SECRET), MESSAGE, AT, BODY)[SIGNATURE] == EXPECTED


def test_only_what_was_signed_is_valid() -> None:
    secret = secret_of(SECRET)
    sent = headers(secret, MESSAGE, AT, BODY)
    assert is_valid(secret, sent, BODY, AT + 4 * MINUTE)
    assert is_valid(secret, {**sent, SIGNATURE: f"v1,other {EXPECTED} v2,x"}, BODY, AT)
    assert not is_valid(secret, sent, BODY, AT + 6 * MINUTE)
    assert not is_valid(secret, sent, BODY, AT - 6 * MINUTE)
    assert not is_valid(secret, sent, BODY + b" ", AT)
    assert not is_valid(secret[1:], sent, BODY, AT)
    assert not is_valid(secret, {**sent, TIMESTAMP: str(1614265331)}, BODY, AT)
    for name in sent:
        for text in ("", "\ud800", "ä" * 1000, "-1", "9" * 400):
            assert not is_valid(secret, {**sent, name: text}, BODY, AT)
        assert not is_valid(secret, {key: value for key, value in sent.items() if key != name}, BODY, AT)


@pytest.mark.parametrize("text", ["", "short", "whsec_", "whsec_" + "?" * 40, "whsec_aGVsbG8="])
def test_weak_secrets_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"are the least|is not base64"):
        secret_of(text)
