"""The file `server.toml` in the workspace: all that a server can be told, with its defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from limits import parse
from pydantic import AfterValidator, Field

from pixcrawler_core.config.load import load_settings
from pixcrawler_core.errors import ConfigError
from pixcrawler_server.addresses import Bind, Network, url_of
from pixcrawler_server.crawl_settings import CrawlTable
from pixcrawler_server.plan_settings import BillingTable, PlanTable, Table

FILE = "server.toml"
MIB = 2**20


def _limit(text: str) -> str:
    try:
        parse(text)
    except ValueError:
        raise ValueError(f"{text!r} is no limit; it looks like 5/minute or 1000/hour") from None
    return text


Limit = Annotated[str, AfterValidator(_limit)]


class ServerTable(Table):
    """`[server]`: where it listens, and what it takes."""

    bind: Bind = Field(default="127.0.0.1:8000", description="Address and port, or `unix:/path`.")
    workers: int = Field(default=1, ge=1, le=64, description="Processes that answer.")
    threads: int = Field(default=4, ge=1, le=64, description="Threads of each process for the catalog.")
    background: int = Field(
        default=2, ge=1, le=64, description="Threads of each process for exports and other long work."
    )
    assembly_delay: float = Field(
        default=3.0,
        ge=0,
        le=3600,
        description="Seconds after the last decision on an image until its dataset is written anew.",
    )
    base_url: str = Field(
        default="",
        description="How clients reach it: links begin with it; default: `http://` and where it listens.",
    )
    hosts: tuple[str, ...] = Field(
        default=(),
        description="Further names by which clients reach a server that is bound to this machine alone.",
    )
    secret_file: str = Field(
        default="server.key",
        description="File of the secret that signs tokens, in the workspace; made if it is not there.",
    )
    max_body: int = Field(default=MIB, ge=1024, description="Bytes of a JSON body at most.")
    max_upload: int = Field(default=32 * MIB, ge=1024, description="Bytes of an uploaded image at most.")
    body_seconds: float = Field(
        default=10, gt=0, le=600, description="Seconds for sending a body, and one more for each 50 kB of it."
    )
    cors_origins: tuple[str, ...] = Field(
        default=(), description="Origins whose pages may use the API from a browser."
    )
    forwarded_by: tuple[Network, ...] = Field(
        default=(), description="Addresses and networks of proxies whose X-Forwarded-For is believed."
    )
    metrics_for: tuple[Network, ...] = Field(
        default=("127.0.0.1", "::1"), description="Addresses and networks that may read /metrics."
    )
    tracing: bool = Field(
        default=False,
        description="Send traces of requests, as OpenTelemetry's own variables say; needs the extra `otel`.",
    )
    log_requests: bool = Field(
        default=False, description="Log each request, and not only those that fail or take a second."
    )
    authenticators: tuple[str, ...] = Field(
        default=("api_key", "token"),
        description="Ways to tell who asks, in the order in which they are tried.",
    )
    documentation_url: str = Field(default="", description="Where errors point to; default: the page /docs.")

    @property
    def url(self) -> str:
        """How clients reach the server, without a slash at the end."""
        return self.base_url.rstrip("/") or url_of(self.bind)


class AuthTable(Table):
    """`[auth]`: accounts and how long they stay signed in."""

    registration: bool = Field(default=True, description="Whether anybody may register.")
    access_minutes: int = Field(default=15, ge=1, le=1440, description="Minutes an access token is good for.")
    refresh_days: int = Field(default=30, ge=1, le=365, description="Days a refresh token is good for.")
    session_days: int = Field(
        default=90, ge=1, le=3650, description="Days after which a session ends, however it was used."
    )
    verify_hours: int = Field(
        default=48, ge=1, description="Hours a link that verifies an address is good for."
    )
    reset_minutes: int = Field(default=30, ge=1, description="Minutes a link for a new password is good for.")
    link_minutes: int = Field(
        default=15, ge=1, description="Minutes a link for signing in is good for; `pixcrawler users link`."
    )
    erase_days: int = Field(
        default=30, ge=0, description="Days between the wish to be erased and the erasure."
    )
    password_length: int = Field(default=10, ge=8, le=128, description="Characters of a password at least.")
    password_slots: int = Field(
        default=2, ge=1, le=16, description="Passwords checked at once; each takes 64 MiB for 0.2 seconds."
    )
    api_keys: int = Field(default=50, ge=0, description="API keys of a user at most.")
    consents: tuple[str, ...] = Field(
        default=("newsletter", "privacy", "terms"), description="Names of what users may consent to."
    )


class PlacesTable(Table):
    """`[places]`: how many requests of a kind a process works on at once; more are turned away with 503."""

    login: int = Field(default=16, ge=1, description="Sign-ins and registrations.")
    read: int = Field(default=256, ge=1, description="What only reads.")
    write: int = Field(default=64, ge=1, description="What changes something.")
    stream: int = Field(default=5000, ge=1, description="Streams of events.")
    download: int = Field(default=512, ge=1, description="Files that are being downloaded.")
    streams_of_user: int = Field(default=20, ge=1, description="Streams of events of one user.")


class LimitsTable(Table):
    """`[limits]`: how often each may be done, by one user or, without one, from one address."""

    storage: str = Field(
        default="",
        description="`redis://...` or `valkey://...` for many machines; default: a file beside the catalog.",
    )
    login: Limit = Field(default="5/minute", description="Sign-ins, by address and by account.")
    tokens: Limit = Field(
        default="60/minute", description="Refresh tokens and tokens of e-mails that are sent, by address."
    )
    registration: Limit = Field(default="3/minute", description="Registrations, by address.")
    archives: Limit = Field(default="5/day", description="Archives of all data of a user.")
    datasets_create: Limit = "10/hour"
    datasets_list: Limit = "1000/hour"
    datasets_update: Limit = "50/hour"
    exports_create: Limit = Field(default="60/hour", description="Exports that are asked for.")
    members_add: Limit = Field(default="30/hour", description="Members added, by their addresses.")
    jobs_create: Limit = "20/hour"
    jobs_estimate: Limit = "100/hour"
    jobs_status: Limit = "200/hour"
    jobs_cancel: Limit = "10/hour"
    validation_single: Limit = "1000/hour"
    validation_batch: Limit = "100/hour"


class MailTable(Table):
    """`[mail]`: how e-mails are sent."""

    sender: Literal["file", "smtp"] = Field(
        default="file",
        description="`file` writes them into the folder `mail` of the workspace, `smtp` sends them.",
    )
    from_address: str = Field(default="pixcrawler@localhost", description="From whom they come.")
    host: str = Field(default="localhost", description="The SMTP server.")
    port: int = Field(default=587, ge=1, le=65_535, description="Its port: 587, or 465 with `tls`.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="How the connection is encrypted; `none` for a server on this machine.",
    )
    ca_file: str = Field(
        default="", description="File of the authorities that are trusted; default: the system's."
    )
    user: str = Field(default="", description="Name to sign in with there; default: none is needed.")
    password_variable: str = Field(
        default="PIXCRAWLER_SMTP_PASSWORD", description="Variable of the environment with the password."
    )
    timeout: float = Field(default=20, gt=0, le=300, description="Seconds until the server is given up.")
    pages: str = Field(
        default="",
        description="Where links in e-mails lead: pages `verify` and `reset` below it, which find the token "
        "behind `#token=`; default: `account` below base_url.",
    )


class OidcTable(Table):
    """`[oidc]`: a provider of OpenID Connect at which users may sign in."""

    issuer: str = Field(
        default="",
        pattern=r"^(https://\S+|http://(127\.0\.0\.1|localhost)(:\d+)?(/\S*)?|)$",
        description="Its address, `https://...`; default: none.",
    )
    client_id: str = Field(default="", description="What it calls this server.")
    secret_variable: str = Field(
        default="PIXCRAWLER_OIDC_SECRET", description="Variable of the environment with the client's secret."
    )
    scopes: tuple[str, ...] = Field(
        default=("openid", "email", "profile"), description="What it is asked to tell of who signs in."
    )
    return_url: str = Field(
        default="", description="Where browsers go when they are signed in; default: /account of base_url."
    )


class ServerSettings(Table):
    """All of `server.toml`."""

    server: ServerTable = ServerTable()
    auth: AuthTable = AuthTable()
    limits: LimitsTable = LimitsTable()
    mail: MailTable = MailTable()
    billing: BillingTable = BillingTable()
    meters: dict[str, dict[str, Any]] = Field(default={}, description="Options of meters by their names.")
    oidc: OidcTable = OidcTable()
    places: PlacesTable = PlacesTable()
    crawl: CrawlTable = CrawlTable()
    default_plan: str = Field(default="free", description="Plan of users who have none.")
    plans: dict[str, PlanTable] = Field(default={"free": PlanTable()}, description="Plans by name.")

    @classmethod
    def read(cls, path: Path) -> Self:
        """The settings in a file; the defaults if it is not there. Raises ConfigError."""
        settings = load_settings(path, cls) if path.exists() else cls()
        if settings.default_plan not in settings.plans:
            raise ConfigError(f"{path}: default_plan: there is no [plans.{settings.default_plan}]")
        return settings

    def plan_name(self, name: str | None) -> str:
        """The name of `plan`."""
        return name if name and name in self.plans else self.default_plan

    def plan(self, name: str | None) -> PlanTable:
        """The plan of a user; the default one where theirs is not in the file any more."""
        return self.plans.get(name or "") or self.plans[self.default_plan]
