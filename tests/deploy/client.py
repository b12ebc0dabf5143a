"""Who asks the API of a server that runs elsewhere, and orders jobs."""

from __future__ import annotations

import io
import json
import secrets
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from tests import conftest
from tests.deploy.pictures import PORT

EMAIL, PASSWORD = "ada@example.org", secrets.token_urlsafe()
PICTURES = 60
PATIENCE = 90.0


def until(condition: Callable[[], object]) -> None:
    """Wait for a condition, which asks an API that does not answer as often as a test could ask."""
    conftest.until(condition, PATIENCE, every=1)


class Client:
    """Asks with a key of the user EMAIL once it has signed in; `address` is that of the server."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._headers: dict[str, str] = {}

    def sign_in(self) -> None:
        """Sign in with PASSWORD, and make a key."""
        token = self.ask("POST", "/auth/login", {"email": EMAIL, "password": PASSWORD})["access_token"]
        self._headers = {"Authorization": f"Bearer {token}"}
        things = ("projects", "datasets", "jobs", "storage")
        scopes = [f"{each}:{how}" for each in things for how in ("read", "write")]
        told = {"name": "drill", "scopes": [*scopes, "validation"]}
        self._headers = {"Authorization": f"Bearer {self.ask('POST', '/api-keys', told)['key']}"}

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """What the API answers: JSON, or the bytes of a file; the test fails if it is an error."""
        status, told = self.answer(method, path, body)
        assert 0 < status < HTTPStatus.BAD_REQUEST, f"{method} {path}: {status} {told!r}"
        return told

    def answer(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """The same with the status, whatever it is; 0 where nobody answers."""
        data = None if body is None else json.dumps(body).encode()
        headers = {**self._headers, "Content-Type": "application/json"}
        url = f"{self.address}/api/v1{path}"
        request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310  # ours
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # ours
                told = answer.read()
                is_json = answer.headers.get_content_type() == "application/json"
                return answer.status, json.loads(told) if is_json else told
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()
        except OSError:
            return 0, None


class Order:
    """A job over pictures of the small web, into a dataset of its own."""

    def __init__(self, client: Client, first: int) -> None:
        self._ask, self._answer = client.ask, client.answer
        project = self._ask("POST", "/projects", {"name": f"from {first}"})["id"]
        told = {"name": f"pictures from {first}", "project_id": project}
        self.dataset = self._ask("POST", "/datasets", told)["id"]
        urls = [f"http://web:{PORT}/{number}.jpg" for number in range(first, first + PICTURES)]
        self.id = self._ask("POST", "/validation/batch", {"dataset": self.dataset, "urls": urls})["id"]

    def underway(self) -> bool:
        """Whether some of the pictures are there, and not all."""
        live = self._ask("GET", f"/jobs/{self.id}/progress")["live"]
        return bool(live) and 0 < live["accepted"] < PICTURES

    def ended(self) -> dict[str, Any]:
        """The job, when it has been done with all pictures."""
        until(lambda: self._status() not in ("", "queued", "running"))
        job: dict[str, Any] = self._ask("GET", f"/jobs/{self.id}")
        assert (job["status"], job["error"]) == ("completed", "")
        told = self._ask("GET", f"/jobs/{self.id}/statistics")
        assert told["states"] == {"accepted": PICTURES}
        return job

    def _status(self) -> str:
        status, job = self._answer("GET", f"/jobs/{self.id}")
        return str(job["status"]) if status == HTTPStatus.OK else ""

    def pictures(self) -> int:
        """How many there are in the dataset as it is downloaded."""
        made = self._ask("POST", f"/datasets/{self.dataset}/exports", {"format": "zip"})["id"]
        until(lambda: self._ask("GET", f"/exports/{made}")["status"] == "ready")
        with zipfile.ZipFile(io.BytesIO(self._ask("GET", f"/exports/{made}/file"))) as archive:
            assert archive.testzip() is None
            return sum(name.endswith(".jpg") for name in archive.namelist())
