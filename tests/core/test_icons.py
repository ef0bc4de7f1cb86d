"""Which pictures are taken for icons, and where they are looked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.sources.icons import MOST_BYTES, media_type, named


def png(width, height):
    """The beginning of a PNG."""
    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + size + b"\x08\x06\0\0\0" + bytes(20)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (png(32, 32), "image/png"),
        (png(5_000, 32), None),
        (png(0, 32), None),
        (b"GIF89a\x10\0\x10\0" + bytes(20), "image/gif"),
        (b"GIF89a\xff\xff\x10\0" + bytes(20), None),
        (b"\xff\xd8\xff\xe0" + bytes(20), "image/jpeg"),
        (b"RIFF\0\0\0\0WEBPVP8 " + bytes(20), "image/webp"),
        (b"\0\0\1\0\2\0" + bytes(20), "image/x-icon"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>x()</script></svg>", None),
        (b"<html>GIF89a</html>" + bytes(20), None),
        (png(32, 32) + bytes(MOST_BYTES), None),
        (b"", None),
    ],
)
def test_pictures_are_known_by_their_bytes(content, kind):
    """Small pictures of five formats; nothing that could carry a script, nothing large."""
    assert media_type(content) == kind


def test_the_most_fitting_icon_first():
    """Icons that a page names, near 64 pixels first, no SVG; the well-known address last."""
    page = (
        b"<base href='/at/'><link rel='shortcut icon' href=s.ico>"
        b"<link rel=icon type=image/svg+xml href=v.svg><link rel=icon sizes=512x512 href=big.png>"
        b"<link rel=icon sizes=64x64 href='https://cdn.example/64.png'>"
        b"<link rel=icon href='javascript:x'><link rel=stylesheet href=x.css>"
    )
    assert named(page, "https://a.example/news") == [
        "https://cdn.example/64.png", "https://a.example/at/s.ico", "https://a.example/favicon.ico",
    ]  # fmt: skip


@given(st.binary(max_size=300))
def test_any_bytes_are_a_page(page):
    """Whatever a page is, it leads somewhere or to the well-known address."""
    assert named(page, "https://a.example/")[-1] == "https://a.example/favicon.ico"
    media_type(page)
