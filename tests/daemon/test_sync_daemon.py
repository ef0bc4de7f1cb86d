"""The real daemon with the sync APIs on: a client reads, marks and subscribes; what it added is polled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.commands import daemon, wait_until, web_address, write_config
from tests.fileserver import serving

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>{name}</title><link>http://x.example/</link>
<description>d</description><item><title>{title}</title><guid>{name}-1</guid><description>{text}</description>
</item></channel></rss>"""
API = "/api/greader.php/reader/api/0"


def feed(name: str, title: str, text: str) -> bytes:
    """A feed with one item."""
    return FEED.format(name=name, title=title, text=text).encode()


@pytest.mark.long
def test_a_client_and_the_daemon(tmp_path: Path) -> None:
    """From signing in to a subscription that is written into the YAML, polled and read."""
    files = {
        "a.rss": feed("a", "A pear is weighed", "It was heavier than the scales had thought, and was eaten."),
        "b.rss": feed("b", "A kite is found", "The kite of the lighthouse keeper hung in the mayor's oak."),
    }
    with serving(files) as outlets:
        config = write_config(
            tmp_path, [{"id": "a", "url": f"{outlets.address}/a.rss", "title": "Outlet A"}],
            web={"port": 0, "user": "mina", "password": "hers", "api_password": "a kettle", "readers": [
                {"name": "ole", "password": "his own", "api_password": "his kettle"}]},
            sync={"settle": "1s"},
        )  # fmt: skip
        with daemon(config) as process:
            address = web_address(config, process)
            with httpx.Client(base_url=address, trust_env=False, timeout=20) as client:
                mina, ole = signed_in(client, "mina", "a kettle"), signed_in(client, "ole", "his kettle")
                wait_until(lambda: len(ids(client, mina)) == 1, 30, 0.3)
                marked = client.post(
                    f"{API}/edit-tag", headers=mina,
                    data={"i": str(ids(client, mina)[0]), "a": "user/-/state/com.google/read"},
                )  # fmt: skip
                assert marked.text == "OK"
                assert ids(client, mina, xt="user/-/state/com.google/read") == []
                assert len(ids(client, ole, xt="user/-/state/com.google/read")) == 1
                added = client.post(
                    f"{API}/subscription/quickadd",
                    headers=mina,
                    data={"quickadd": f"{outlets.address}/b.rss"},
                ).json()
                assert added["numResults"] == 1
                assert f"{outlets.address}/b.rss" in config.read_text(encoding="utf-8")
                wait_until(lambda: len(ids(client, mina, s=added["streamId"])) == 1, 30, 0.3)
                refused = client.post(
                    f"{API}/subscription/quickadd", headers=ole, data={"quickadd": f"{outlets.address}/c.rss"}
                )
                assert refused.status_code == 403


def signed_in(client: httpx.Client, name: str, password: str) -> dict[str, str]:
    """The header of a sign-in."""
    answer = client.post("/accounts/ClientLogin", data={"Email": name, "Passwd": password})
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"GoogleLogin auth={answer.text.rpartition('Auth=')[2].strip()}"}


def ids(client: httpx.Client, headers: dict[str, str], **params: Any) -> list[int]:
    """Ids of a stream."""
    answer = client.get(f"{API}/stream/items/ids", params={"output": "json", **params}, headers=headers)
    return [int(one["id"]) for one in answer.json()["itemRefs"]]
