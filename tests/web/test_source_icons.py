"""Icons of outlets as our own address serves them."""

from dataclasses import replace

import newsroom

from aggregator.model import Icon

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def test_an_icon_is_ours_and_inert(make_client, room):
    """Where there is one, the pages show it from here, as a picture in which nothing runs; else the badge."""
    first, second = (view.source.id for view in room.sources()[:2])
    held = {first: Icon("https://a.example/i.png", "image/png", PNG)}
    services = replace(newsroom.services(room), icon=held.get, with_icons=lambda: frozenset(held))
    with make_client(services) as client:
        answer = client.get(f"/sources/{first}/icon")
        assert (answer.content, answer.headers["content-type"]) == (PNG, "image/png")
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        again = client.get(f"/sources/{first}/icon", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert client.get(f"/sources/{second}/icon").status_code == 404
        assert f'src="/sources/{first}/icon"' in client.get(f"/sources/{first}").text
        page = client.get("/sources").text
        assert f'src="/sources/{first}/icon"' in page
        assert f'src="/sources/{second}/icon"' not in page
