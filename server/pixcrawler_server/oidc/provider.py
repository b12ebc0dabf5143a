"""Speaks with a provider of OpenID Connect: where its pages are, what a code stands for, who signed in."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import aiohttp
import pydantic_core
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry
from pydantic import BaseModel, ConfigDict, ValidationError

from pixcrawler_server.errors import Unauthenticated, Unavailable
from pixcrawler_server.oidc.handshake import Handshake
from pixcrawler_server.settings import OidcTable

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""Of signatures of ID tokens; none with a shared secret, and not `none`."""
LEEWAY = 60
"""Seconds by which clocks may differ."""
REMEMBERED = timedelta(hours=1)
KEYS_AGAIN = timedelta(minutes=1)
"""How soon after the keys were read they are read again for one that is not among them."""
PATIENCE = aiohttp.ClientTimeout(total=10)
LARGEST = 2**20
"""Bytes of an answer at most."""


class Metadata(BaseModel):
    """What a provider says of itself (OpenID Connect Discovery 1.0, section 3)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class Claims(BaseModel):
    """What an ID token says of who signed in."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    sub: str
    email: str = ""
    email_verified: bool | str = False
    name: str = ""

    @property
    def verified_email(self) -> str | None:
        """The address, if the provider found it to be theirs; some say so in text."""
        return (self.email or None) if self.email_verified in (True, "true") else None


class Provider:
    """A provider. Methods raise Unavailable where it does not answer as it should."""

    def __init__(self, table: OidcTable, secret: str, redirect_uri: str, now: Callable[[], datetime]) -> None:
        self._table, self._secret, self._redirect_uri, self._now = table, secret, redirect_uri, now
        self._metadata: tuple[datetime, Metadata] | None = None
        self._keys: tuple[datetime, KeySet] | None = None

    async def address(self, handshake: Handshake) -> str:
        """Where a browser is sent to sign in."""
        metadata = await self._about()
        asked = {
            "response_type": "code",
            "client_id": self._table.client_id,
            "redirect_uri": self._redirect_uri,
            "scope": " ".join(self._table.scopes),
            "state": handshake.state,
            "nonce": handshake.nonce,
            "code_challenge": handshake.challenge,
            "code_challenge_method": "S256",
        }
        mark = "&" if urlsplit(metadata.authorization_endpoint).query else "?"
        return f"{metadata.authorization_endpoint}{mark}{urlencode(asked)}"

    async def who(self, code: str, handshake: Handshake) -> Claims:
        """Who signed in. Raises Unauthenticated for a code or an ID token that is not good."""
        metadata = await self._about()
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": handshake.verifier,
        }
        status, told = await _asked("POST", metadata.token_endpoint, data=sent, headers=self._credentials)
        if status != 200 or not isinstance(told.get("id_token"), str):
            raise Unauthenticated("the provider does not know this sign-in; begin anew")
        return await self._checked(told["id_token"], handshake)

    @property
    def _credentials(self) -> dict[str, str]:
        """What the provider knows this server by (RFC 6749, section 2.3.1)."""
        pair = f"{quote(self._table.client_id, safe='')}:{quote(self._secret, safe='')}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    async def _checked(self, id_token: str, handshake: Handshake) -> Claims:
        """OpenID Connect Core 1.0, section 3.1.3.7."""
        needed = JWTClaimsRegistry(
            now=lambda: int(self._now().timestamp()),
            leeway=LEEWAY,
            iss={"essential": True, "value": self._table.issuer},
            aud={"essential": True, "value": self._table.client_id},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": handshake.nonce},
        )
        try:
            claims = await self._verified(id_token)
            needed.validate(claims)
            if claims.get("azp", self._table.client_id) != self._table.client_id:
                raise Unauthenticated("the provider's answer is for somebody else")
            return Claims.model_validate(claims)
        except (JoseError, ValidationError, ValueError) as error:
            raise Unauthenticated("the provider's answer is not good; begin anew") from error

    async def _verified(self, id_token: str) -> dict[str, Any]:
        try:
            return jwt.decode(id_token, await self._key_set(REMEMBERED), algorithms=ALGORITHMS).claims
        except InvalidKeyIdError:  # the provider has new keys
            return jwt.decode(id_token, await self._key_set(KEYS_AGAIN), algorithms=ALGORITHMS).claims

    async def _about(self) -> Metadata:
        if self._metadata is None or self._metadata[0] + REMEMBERED <= self._now():
            issuer = self._table.issuer
            status, told = await _asked("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            try:
                found = Metadata.model_validate(told)
            except ValidationError as error:
                raise _away(f"status {status}") from error
            if found.issuer != issuer:
                raise _away("it says that it is another one")
            self._metadata = self._now(), found
        return self._metadata[1]

    async def _key_set(self, age: timedelta) -> KeySet:
        if self._keys is None or self._keys[0] + age <= self._now():
            status, told = await _asked("GET", (await self._about()).jwks_uri)
            try:
                keys = KeySet.import_key_set({"keys": told["keys"]})
            except (JoseError, KeyError, ValueError, TypeError) as error:
                raise _away(f"status {status}") from error
            self._keys = self._now(), keys
        return self._keys[1]


async def _asked(method: str, url: str, **options: Any) -> tuple[int, Mapping[str, Any]]:
    try:
        async with (
            aiohttp.ClientSession(timeout=PATIENCE) as session,
            session.request(method, url, allow_redirects=False, **options) as answer,
        ):
            told = pydantic_core.from_json(await answer.content.read(LARGEST))
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise _away(type(error).__name__) from error
    if not isinstance(told, dict):
        raise _away("its answer is no JSON object")
    return answer.status, told


def _away(why: str) -> Unavailable:
    return Unavailable(f"the provider of sign-ins does not answer as it should ({why}); try again later")
