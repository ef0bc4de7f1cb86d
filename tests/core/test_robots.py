"""robots.txt: what RFC 9309 says of groups, patterns and answers that are none."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import FetchError
from aggregator.model import Fetched
from aggregator.sources.robots import Robots, matches, parse, product

FILE = b"""\xef\xbb\xbf# who may do what
User-agent: examplebot
Disallow: /

User-Agent: Aggregator
User-agent: other
Disallow: /private   # ours alone
Allow: /private/open
Disallow: /*.pdf$
Crawl-delay: 3

user-agent: *
disallow: /all
Disallow:

User-agent: aggregator
Disallow: /second
"""


@pytest.mark.parametrize(
    ("path", "token", "allowed"),
    [
        ("/", "aggregator", True),
        ("/private/x", "aggregator", False),
        ("/private/open/x", "aggregator", True),
        ("/a/b.pdf", "aggregator", False),
        ("/a/b.pdf?x", "aggregator", True),
        ("/second", "aggregator", False),  # groups of one token are joined
        ("/second", "other", True),
        ("/all", "aggregator", True),  # a group of its own: that of everybody does not hold
        ("/all/x", "someone", False),
        ("/", "examplebot", False),
    ],
)
def test_groups_and_longest_match(path, token, allowed):
    """The group of the token, else that of everybody; the longest pattern decides, allow before disallow."""
    assert parse(FILE, token).allows(path, token) is allowed


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/fish", "/fishing", True), ("/fish", "/Fish", False), ("/fish*", "/fish", True),
        ("/fish$", "/fish", True), ("/fish$", "/fishes", False), ("/*.php$", "/a.php/b.php", True),
        ("/a*b*c", "/a-b-c-d", True), ("/a*b$", "/ab/b", True), ("/ab*b$", "/ab", False), ("*", "/x", True),
    ],
)  # fmt: skip
def test_patterns(pattern, path, fits):
    """``*`` is any octets and a final ``$`` the end."""
    assert matches(pattern, path) is fits


def test_one_spelling_for_each_octet():
    """Percent-encoded and plain characters are compared alike; an encoded slash is none."""
    rules = parse("User-agent: *\nDisallow: /ü/%7Ea\nDisallow: /x%2fy".encode(), "aggregator")
    assert not rules.allows("/%c3%bc/~a", "a")
    assert not rules.allows("/x%2Fy", "a")
    assert rules.allows("/x/y", "a")


@given(st.binary(max_size=400), st.text(max_size=40))
def test_any_bytes_are_a_file(body, path):
    """Garbage is read as what rules it holds, mostly none."""
    assert parse(body, "aggregator").allows(path, "aggregator") in (True, False)


@given(st.lists(st.sampled_from(["a", "b", "*"]), max_size=12), st.text("ab", max_size=12))
def test_patterns_agree_with_a_regular_expression(parts, path):
    """The matching without backtracking finds what a regular expression would."""
    import re

    pattern = "".join(parts)
    plain = "".join(".*" if each == "*" else each for each in parts)
    assert matches(pattern, path) is (re.match(plain, path) is not None)
    assert matches(pattern + "$", path) is (re.fullmatch(plain, path) is not None)


def test_product_token():
    """A User-Agent is known by its product token."""
    assert product("aggregator/0.1 (+https://me.example/)") == "aggregator"
    assert product("Mozilla/5.0 (X11)") == "mozilla"


NOW = datetime(2018, 8, 9, 12, tzinfo=UTC)


class Host:
    """Answers each request for robots.txt with the next of what it was given."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []
        self.now = NOW

    async def fetch(self, due):
        self.asked.append(due.url)
        await asyncio.sleep(0)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, FetchError):
            raise answer
        return Fetched(200, due.url, answer, "text/plain", None, None, None, None, 0.0, len(answer))


def ask(host, *urls, agent="aggregator/1"):
    """Whether each address is allowed, all asked at once."""
    robots = Robots(host.fetch, lambda: host.now)

    async def go():
        return await asyncio.gather(*(robots.allowed(url, agent) for url in urls))

    return asyncio.run(go())


def test_one_request_for_a_host():
    """Many who ask at once cause one request; the file itself is always allowed."""
    host = Host(b"User-agent: *\nDisallow: /no")
    urls = [
        "http://a.example/no",
        "http://a.example/yes",
        "http://A.example/no?x",
        "http://a.example/robots.txt",
    ]
    assert ask(host, *urls) == [False, True, False, True]
    assert host.asked == ["http://a.example/robots.txt"]


@pytest.mark.parametrize(
    ("error", "allowed"),
    [
        (FetchError("status", "", status=404), True),
        (FetchError("status", "", status=403), True),
        (FetchError("status", "", status=429), False),
        (FetchError("status", "", status=503), False),
        (FetchError("timeout", ""), False),
        (FetchError("dns", ""), False),
        (FetchError("redirect", ""), True),
    ],
)
def test_answers_that_are_no_file(error, allowed):
    """No file allows all; a host that cannot be asked is left alone (section 2.3.1)."""
    assert ask(Host(error), "http://a.example/x") == [allowed]


def test_kept_for_a_day():
    """A file is asked for again after a day, a host that failed after an hour."""
    host = Host(FetchError("timeout", ""), b"")
    robots = Robots(host.fetch, lambda: host.now)

    async def at(hours):
        host.now = NOW + timedelta(hours=hours)
        return await robots.allowed("http://a.example/x", "aggregator")

    async def go():
        return [await at(hours) for hours in (0, 0.9, 1.1, 24.9, 25.2)]

    assert asyncio.run(go()) == [False, False, True, True, True]
    assert len(host.asked) == 3


def test_a_hostile_file_costs_little():
    """Thousands of programs with thousands of rules: one list is kept, in the time that the lines take."""
    names = b"".join(b"User-agent: a%d\n" % n for n in range(14_000))
    body = names + b"User-agent: *\n" + b"allow:/\n" * 30_000
    begun = time.process_time()
    rules = parse(body, "aggregator")
    assert time.process_time() - begun < 3
    assert list(rules.groups) == ["*"]
    assert len(rules.groups["*"]) <= 20_000


def test_rules_of_all_hosts_are_bounded():
    """Many hosts with large files: those not asked for longest are forgotten, and asked again."""
    host = Host(b"User-agent: *\n" + b"Disallow: /%s\n" % (b"x" * 400) * 1_000)
    robots = Robots(host.fetch, lambda: host.now)

    async def go():
        for number in [*range(100), 0]:
            assert await robots.allowed(f"http://h{number}.example/", "aggregator")

    asyncio.run(go())
    assert len(host.asked) == 101
    assert 0 < len(robots._held) < 50
    assert robots._weight == sum(rules.weight() for rules, _ in robots._held.values())
