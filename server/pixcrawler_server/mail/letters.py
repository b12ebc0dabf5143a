"""What the letters say. Nothing that a client sent stands in them but the address that they go to."""

from __future__ import annotations

from datetime import datetime, timedelta

from pixcrawler_server.mail.letter import Letter
from pixcrawler_server.paths import API
from pixcrawler_server.settings import ServerSettings

END = "\n\nNobody reads answers to this e-mail.\n"


class Letters:
    """Writes letters. `pages` is the address below which the pages of accounts are."""

    def __init__(self, pages: str, base_url: str) -> None:
        self._pages = pages.rstrip("/")
        self._api = f"{base_url}{API}"

    def link(self, page: str, token: str) -> str:
        """The address of a page with a token, behind `#`: neither servers nor logs see that."""
        return f"{self._pages}/{page}#token={token}"

    def verify(self, to: str, token: str, hours: int) -> Letter:
        """To who registered."""
        return self._letter(
            to,
            "Verify your e-mail address",
            f"Somebody, perhaps you, registered at PixCrawler with this address. Verify it, within {hours} "
            "hours, with a password: the one that you registered with, or another one, which takes its place "
            "and signs out whoever chose the first.",
            self._with_token("verify", token, "/auth/verify", ', "password": "..."'),
            "If that was not you, do nothing.",
            lifetime=timedelta(hours=hours),
        )

    def confirm(self, to: str, token: str, hours: int) -> Letter:
        """To who wants another address for their account."""
        return self._letter(
            to,
            "Confirm your new e-mail address",
            f"Somebody, perhaps you, wants this address for an account that they have. Confirm it, within "
            f"{hours} hours:",
            self._with_token("verify", token, "/auth/verify", ""),
            "If that was not you, do nothing: else an account of somebody else would have your address.",
            lifetime=timedelta(hours=hours),
        )

    def registered_already(self, to: str) -> Letter:
        """To who has an account already."""
        return self._letter(
            to,
            "You have an account already",
            "Somebody, perhaps you, wanted to register with this address, or to change theirs to it. It has "
            "an account already: sign in, or ask for a new password if you do not know yours.",
            "If that was not you, do nothing.",
        )

    def reset(self, to: str, token: str, minutes: int) -> Letter:
        """To who forgot their password."""
        return self._letter(
            to,
            "A new password",
            f"Somebody, perhaps you, asked for a new password. Set it, within {minutes} minutes:",
            self._with_token("reset", token, "/auth/password/reset", ', "password": "..."'),
            "If that was not you, do nothing: your password stays as it is.",
            lifetime=timedelta(minutes=minutes),
        )

    def password_changed(self, to: str, *, keys: bool) -> Letter:
        """To who has a new password; `keys`: whether API keys go on working."""
        left = "API keys go on working; look through them" if keys else "API keys were revoked"
        return self._letter(
            to,
            "Your password was changed",
            f"The password of your account was changed, and all others were signed out. {left}.",
            "If that was not you, ask for a new password at once.",
        )

    def address_changed(self, to: str) -> Letter:
        """To the address that was the account's until now."""
        return self._letter(
            to,
            "Your e-mail address was changed",
            "The account that had this address has another one now. If that was not you, tell whoever runs "
            "this server at once.",
        )

    def erasing(self, to: str, at: datetime) -> Letter:
        """To who asked to be erased."""
        return self._letter(
            to,
            "Your account will be erased",
            f"Your account and all that belongs to it will be erased after {at:%Y-%m-%d %H:%M} UTC, and you "
            "were signed out everywhere. Until then you can take that back: sign in, and send "
            f"DELETE {self._api}/me/erasure.",
            "If that was not you, do so, and then change your password.",
        )

    def _with_token(self, page: str, token: str, path: str, more: str) -> str:
        return f"{self.link(page, token)}\n\nPrograms send POST {self._api}{path}\n" + (
            f'{{"token": "{token}"{more}}}'
        )

    def _letter(self, to: str, subject: str, *paragraphs: str, lifetime: timedelta | None = None) -> Letter:
        return Letter(to=to, subject=subject, text="\n\n".join(paragraphs) + END, lifetime=lifetime)


def letters_of(settings: ServerSettings) -> Letters:
    """Letters with the addresses that are configured."""
    base = settings.server.url
    return Letters(settings.mail.pages or f"{base}/account", base)
