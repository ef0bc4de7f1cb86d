"""What every request passes, and the headers of every answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import newsroom
import pytest
from fastapi.testclient import TestClient

from aggregator.errors import StoreError
from aggregator.web.app import Services, WebSettings
from aggregator.web.forms import local_path


class Broken(newsroom.Newsroom):
    """A store with a defect, and without a database."""

    def timeline(self, spec: object) -> list[object]:  # type: ignore[override]
        """A defect."""
        raise ZeroDivisionError

    def version(self) -> int:
        """No database."""
        raise StoreError("the database file is locked")


def check(headers: Mapping[str, str]) -> None:
    """The security headers that no answer may lack."""
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/stories/16",
        "/none",
        "/static/style.css",
        "/static/none.css",
        "/healthz",
        "/api/v1/stories",
        "/api/openapi.json",
        "/?before=x",
    ],
)
def test_every_answer_has_the_headers(client: TestClient, path: str) -> None:
    """Pages, errors, files, API."""
    check(client.get(path).headers)


def test_a_defect_is_a_page_with_the_headers(make_client: Callable[[Services], TestClient]) -> None:
    """500 in words; nothing of the defect leaks."""
    room = Broken()
    room.version = lambda: 1  # type: ignore[method-assign]
    answer = make_client(newsroom.services(room)).get("/")
    assert answer.status_code == 500
    check(answer.headers)
    assert "defect of the program" in answer.text
    assert "ZeroDivision" not in answer.text


def test_ready_means_the_database_answers(
    make_client: Callable[[Services], TestClient], client: TestClient
) -> None:
    """Without the database the process lives but is not ready, and says why."""
    assert client.get("/readyz").status_code == 200
    broken = make_client(newsroom.services(Broken()))
    assert broken.get("/healthz").status_code == 200
    answer = broken.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "the database file is locked\n")
    late = make_client(
        replace(newsroom.services(newsroom.Newsroom()), ready=lambda: "the last tick is 5 min ago")
    )
    assert late.get("/readyz").status_code == 503


def test_head_is_get_without_a_body(client: TestClient) -> None:
    """RFC 9110 section 9.3.2, for pages as well."""
    answer = client.head("/")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "a@b", "[::1"])
def test_foreign_names_are_refused(client: TestClient, host: str) -> None:
    """DNS rebinding: a foreign name that resolves to this machine reads nothing."""
    assert client.get("/", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize(
    "host", ["localhost:8787", "127.0.0.1", "[::1]:8787", "192.168.1.4:8787", "app.localhost"]
)
def test_names_of_this_machine_are_served(client: TestClient, host: str) -> None:
    """Addresses cannot be rebound, localhost neither."""
    assert client.get("/", headers={"Host": host}).status_code == 200


def test_the_public_name_is_served(make_client: Callable[[Services], TestClient]) -> None:
    """As web.public_url says."""
    settings = WebSettings(public_url="https://News.example:8443/")
    client = make_client(newsroom.services(newsroom.Newsroom(), settings))
    assert client.get("/", headers={"Host": "news.example:8443"}).status_code == 200


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/\t/evil.example",
        "",
        "evil",
        "/a\r\nSet-Cookie: x=1",
        "/a\\b",
    ],
)
def test_redirects_stay_here(target: str) -> None:
    """No open redirect."""
    assert local_path(target) == "/"


def test_own_paths_are_kept() -> None:
    """With query and fragment."""
    assert local_path("/search?q=%D8%A7&before=3#s2") == "/search?q=%D8%A7&before=3#s2"
