"""Which addresses are refused, in every spelling."""

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.errors import FetchError
from aggregator.sources.guard import AddressRefusedError, check_url, guarded_socket, literal, refused

REFUSED = """
    0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 169.254.169.254
    172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255
    198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::7f00:1
    ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:0:7f00:1 64:ff9b::7f00:1 64:ff9b:1::1 100::1 2001::1
    2001:0:1:2:3:4:5:6 2001:db8::1 2002:7f00:1:: 3fff::1 5f00::1 fc00::1 fdff::1 fe80::1 fe80::1%eth0
    febf::1 fec0::1 ff02::1
"""
ALLOWED = """
    1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.1 172.15.255.255 172.32.0.1 192.0.1.1 192.169.0.1
    198.17.0.1 198.20.0.1 223.255.255.255 2001:4860:4860::8888 2606:4700::1111 2a00:1450::1
"""
LOOPBACK = """
    127.0.0.1 127.1 127.0.1 0x7f.1 0x7f000001 2130706433 0177.0.0.1 017700000001 127.0.0.1. [::1]
    [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:0:0:1] １２７.０.０.１ 127。0。0。1 ①②⑦.⓪.⓪.①
"""
WRONG = """
    ftp://example.ir/ file:///etc/passwd gopher://example.ir/ data:text/plain,x http:///x
    http://user@example.ir/ http://user:secret@example.ir/ http://@example.ir/ http://example.ir:99999/
    http://example.ir:0/ http://example.ir\\@evil/ http://[::1 example.ir //example.ir/
    javascript:alert(1)
"""


@pytest.mark.parametrize("address", REFUSED.split())
def test_refused(address):
    """No address of a private, local, reserved or translated range is reached."""
    assert refused(address)
    family = 10 if ":" in address else 2
    with pytest.raises(AddressRefusedError):
        guarded_socket(allow_private=False)((family, 1, 6, "", (address, 80)))


@pytest.mark.parametrize("address", ALLOWED.split())
def test_allowed(address):
    """The neighbours of those ranges are the public internet."""
    assert not refused(address)


@pytest.mark.parametrize("name", LOOPBACK.split())
def test_every_spelling(name):
    """A literal is seen for what it is, however it is written."""
    assert refused(str(literal(name)))
    with pytest.raises(FetchError) as raised:
        check_url(f"http://{name}/feed", allow_private=False)
    assert raised.value.kind in ("address", "url")


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST.", "a.localhost", "printer.local", "db.internal"])
def test_local_names(name):
    """Names that only mean something here are refused before they are looked up."""
    with pytest.raises(FetchError, match="public internet"):
        check_url(f"http://{name}/", allow_private=False)


@pytest.mark.parametrize(
    "url", [*WRONG.split(), "http://example.ir/a b", "http://example.ir/\r\nX: y", "", "http://a\0b/"]
)
def test_wrong_addresses(url):
    """Other schemes, credentials, line ends and garbage are refused, private addresses allowed or not."""
    with pytest.raises(FetchError) as raised:
        check_url(url, allow_private=True)
    assert raised.value.kind == "url"
    assert "secret" not in raised.value.message


def test_private_when_allowed():
    """A person may allow private addresses."""
    check_url("http://127.0.0.1:8080/feed", allow_private=True)
    guarded_socket(allow_private=True)((2, 1, 6, "", ("127.0.0.1", 80))).close()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["{}", "0x{:x}", "0{:o}"]))
def test_numbers_are_addresses(number, spelling):
    """A host that is one number is the address that a resolver makes of it."""
    assert literal(spelling.format(number)) == str(ipaddress.IPv4Address(number))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_carriers_of_ipv4_are_refused(number):
    """No IPv6 form that carries an IPv4 address is reached, whatever the address."""
    high, low = number >> 16, number & 0xFFFF
    for form in ("::{:x}:{:x}", "::ffff:{:x}:{:x}", "64:ff9b::{:x}:{:x}", "2002:{:x}:{:x}::"):
        assert refused(form.format(high, low))
