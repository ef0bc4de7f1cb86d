"""Entries: guids that are unique and stable, dates that are sane, fields that are bounded, rules that act."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator.model import Entry, FeedInfo, Rule, Source
from aggregator.sources import dates
from aggregator.sources.dates import EARLIEST, gregorian, to_utc
from aggregator.sources.entries import MAX_ENTRIES, entry_of, guids, newest, read
from aggregator.sources.raw import Markup, RawFeed, RawItem
from aggregator.sources.rules import cleaned_title, keeps, mark_read
from aggregator.sources.trim import newest_items

NOW = datetime(2018, 8, 12, tzinfo=UTC)
URL = "https://wire.example/feed"
SOURCE = Source(id="s", url=URL, title="S")


def item(guid="", link=None, title="t", published=None, digest=None):
    """An item of which only these matter."""
    told = f"{guid}|{link}|{title}|{published}" if digest is None else digest
    return RawItem(guid, link, Markup(title), told.encode(), published=published)


ITEMS = st.lists(
    st.builds(
        item,
        st.sampled_from(["", "a", "b", " a ", "x" * 2_000]),
        st.sampled_from(
            [None, "https://wire.example/1", "https://wire.example/2?utm_source=x", "https://wire.example/"]
        ),
        st.sampled_from(["", "one", "two"]),
        st.sampled_from([None, "2018-08-09"]),
    ),
    max_size=8,
    unique_by=lambda one: one.digest,
)


@settings(max_examples=60, deadline=None)
@given(ITEMS, st.randoms())
def test_guids_are_unique_and_independent_of_place(items, random):
    """Every item has a guid of its own, the same wherever it stands."""
    found = dict(zip((one.digest for one in items), guids(items, {}), strict=True))
    assert len(set(found.values())) == len(items)
    shuffled = random.sample(items, len(items))
    assert dict(zip((one.digest for one in shuffled), guids(shuffled, {}), strict=True)) == found


@settings(max_examples=60, deadline=None)
@given(ITEMS, st.data())
def test_guids_are_stable_between_polls(items, data):
    """Items that stay keep their guids while others come and go, since we know what we hold."""
    first = data.draw(st.lists(st.sampled_from(items), unique_by=lambda one: one.digest)) if items else []
    before = dict(zip((one.digest for one in first), guids(first, {}), strict=True))
    known = {guid: digest for digest, guid in before.items()}
    after = dict(zip((one.digest for one in items), guids(items, known), strict=True))
    collisions = {
        one.guid.strip() for one in items if sum(o.guid.strip() == one.guid.strip() for o in items) > 1
    }
    for one in first:
        if one.guid.strip() not in collisions:
            assert after[one.digest] == before[one.digest]


def test_a_shared_guid_keeps_its_first_owner():
    """The article that we hold under a guid keeps it when another item turns up with the same one."""
    old, new = item("a", "https://wire.example/1"), item("a", "https://wire.example/2")
    assert guids([new, old], {"a": old.digest})[1] == "a"
    marked = guids([new, old], {})
    assert guids([new], {marked[0]: new.digest}) == [marked[0]]


def test_missing_guids():
    """Without a guid the address stands for it, and without that title and date."""
    assert guids([item(link="https://www.wire.example/1/?utm_source=x")], {}) == ["https://wire.example/1"]
    assert guids([item(title="x", published="2018")], {}) == guids(
        [item(title="x", published="2018", digest="z")], {}
    )
    assert guids([item("x" * 5_000)], {})[0].startswith("sha256:")


def test_newest_are_kept():
    """Of too many items the newest stay, in their own order; exact repeats count once."""
    start = datetime(2018, 1, 1, tzinfo=UTC)
    items = [
        item(str(n), published=(start + timedelta(hours=n)).isoformat()) for n in range(MAX_ENTRIES + 50)
    ]
    kept = newest([*items, items[-1], item("undated")], None)
    assert kept == items[50:]


def test_giant_feeds_are_cut_before_parsing():
    """The text of a feed with very many items shrinks to its newest ones."""
    items = [f"<item><title>{n}</title><pubDate>{2000 + n % 18}-01-01</pubDate></item>" for n in range(90)]
    cut = newest_items("<rss>" + "".join(items) + "</rss>", 10)
    assert cut == "<rss>" + "".join(one for one in items if "2017" in one or "2016" in one) + "</rss>"
    assert newest_items("<rss>" + "".join(items[:20]) + "</rss>", 10).count("<item>") == 20


def test_known_and_excluded_items_are_left_out():
    """Known bytes need no entry; excluded entries are present in the feed, and none of ours."""
    source = Source(id="s", url=URL, title="S", rules=(Rule("exclude", "title", "^ad"),))
    raw = RawFeed(FeedInfo("rss20"), (item("1"), item("2", title="Ad of the day"), item("3")))
    found = read(raw, url=URL, source=source, now=NOW, known={"3": item("3").digest})
    assert [entry.guid for entry in found.entries] == ["1"]
    assert found.present == {"1", "2", "3"}


def test_fields_are_bounded():
    """Whatever a feed sends, an entry has a size."""
    huge = Markup("a " * 5_000_000)
    raw = RawItem("g", "https://wire.example/" + "a" * 9_000, huge, b"d", summary=huge, content=huge,
                  published="x" * 9_000, authors=("n" * 9_000,) * 900, categories=("c",) * 900)  # fmt: skip
    entry = entry_of(raw, "g", url=URL, source=SOURCE, now=NOW)
    assert (len(entry.title), len(entry.content), entry.url, len(entry.authors)) == (1_000, 999_999, None, 1)
    assert len(entry.published_claimed) == 200


RULES = [
    (Rule("exclude", "title", "tehran"), False),
    (Rule("exclude", "title", "tehran", case_sensitive=True), True),
    (Rule("include", "author", "ava"), True),
    (Rule("include", "category", "sport"), False),
    (Rule("exclude", "content", "^p>"), True),
    (Rule("exclude", "content", "two words"), False),
    (Rule("exclude", "any", "wire.example/1$"), False),
    (Rule("exclude", "title", "(broken"), True),
]


@pytest.mark.parametrize(("rule", "kept"), RULES)
def test_rules(rule, kept):
    """Include and exclude rules search the field that they name, not its markup."""
    entry = Entry(
        "g", "https://wire.example/1", "Visit to Tehran", authors=("Ava",), content="<p>two words</p>"
    )
    assert keeps(entry, Source(id="s", url=URL, title="S", rules=(rule,))) is kept


@pytest.mark.parametrize(
    ("served", "kept"),
    [
        ("&lt;p&gt;A ferry &amp;amp; a bell&lt;/p&gt;", "<p>A ferry &amp; a bell</p>"),
        (' &lt;DIV class="x"&gt;A &lt;b&gt;bell&lt;/b&gt;&lt;/DIV&gt;', "<div>A <b>bell</b></div>"),
        ("&lt;p&gt; begins a paragraph", "&lt;p&gt; begins a paragraph"),
        ("Write &lt;p&gt;so&lt;/p&gt;", "Write &lt;p&gt;so&lt;/p&gt;"),
        ("<p>&lt;p&gt;so&lt;/p&gt;</p>", "<p>&lt;p&gt;so&lt;/p&gt;</p>"),
    ],
)
def test_html_that_was_escaped_twice(served, kept):
    """Nobody reads the tags of a feed that escaped its blocks once too often; a text about tags stays."""
    raw = replace(item("a"), summary=Markup(served))
    assert entry_of(raw, "a", url=URL, source=SOURCE, now=NOW).summary == kept


def test_mark_read_and_title_cleaning():
    """Mark-read rules mark; title patterns are removed unless nothing would be left."""
    source = Source(
        id="s", url=URL, title="S", rules=(Rule("mark_read", "title", "^x$"),), title_clean=(r" - Wire$",)
    )
    assert mark_read(Entry("g", None, "X"), source)
    assert not mark_read(Entry("g", None, "Y"), source)
    assert cleaned_title("News - Wire", source) == "News"
    assert cleaned_title(" - Wire", source) == " - Wire"


DATES = [
    ("2018-08-09 14:00:00", "Asia/Seoul", "2018-08-09T05:00"),
    ("Thu, 09 Aug 2018 14:00:00 KST", None, "2018-08-09T05:00"),
    ("Thu, 9 Aug 18 14:00 IRDT", None, "2018-08-09T09:30"),
    ("2018-08-09T14:00:00.123+09:00", None, "2018-08-09T05:00"),
    ("2018-08-09T24:00:00Z", None, "2018-08-10T00:00"),
    ("20180809T140000Z", None, "2018-08-09T14:00"),
    ("2018년 8월 9일 (목) 오후 2:05", "Asia/Seoul", "2018-08-09T05:05"),
    ("2018年8月9日 14:05", "Asia/Shanghai", "2018-08-09T06:05"),
    ("پنجشنبه, ۱۸ مرداد ۱۳۹۷ - ۱۴:۰۰", "Asia/Tehran", "2018-08-09T09:30"),
    ("1397/05/18 14:00", "Asia/Tehran", "2018-08-09T09:30"),
    ("August 9, 2018 2:00 PM EDT", None, "2018-08-09T18:00"),
    ("Thu Aug  9 14:00:00 2018", None, "2018-08-09T14:00"),
    ("9 août 2018 14:00", "Europe/Paris", "2018-08-09T12:00"),
    ("1533823200", None, "2018-08-09T14:00"),
    ("Thu, 09 Aug 2018 23:59:60 GMT", None, "2018-08-09T23:59"),
    ("Thu, 31 Feb 2018 14:00:00 GMT", None, None),
    ("soon", None, None),
    ("", None, None),
]


@pytest.mark.parametrize(("text", "zone", "moment"), DATES)
def test_dates(text, zone, moment):
    """Dates in the forms that feeds use; without a zone they are in the source's."""
    found = to_utc(text, zone)
    assert (found and found.isoformat()[:16]) == moment


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 110 * 31_556_952).map(lambda seconds: EARLIEST + timedelta(seconds=seconds)))
def test_dates_round_trip(moment):
    """The standard forms are read exactly."""
    for form in ("%Y-%m-%dT%H:%M:%SZ", "%a, %d %b %Y %H:%M:%S GMT", "%Y-%m-%d %H:%M:%S +0000"):
        assert to_utc(moment.strftime(form)) == moment


@settings(max_examples=200, deadline=None)
@given(st.from_regex(dates._RFC, fullmatch=True) | st.from_regex(dates._RFC_3339, fullmatch=True))
@example("Sun, 31 Dec 2000 23:59:59 +1459")
@example("1999-02-29T00:00:00Z")
def test_the_usual_forms_are_read_as_any_other(text):
    """What has a way of its own gives the moment that a full look gives."""
    assert to_utc(text, "Asia/Tehran") == dates._of_any(text, "Asia/Tehran")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60) | st.from_regex(r"\d{1,4}[-/. ]\d{1,2}[-/. ]\d{1,2}[T ]?.{0,20}", fullmatch=True))
def test_no_text_breaks_the_reader_of_dates(text):
    """Any text is a date in UTC or none."""
    found = to_utc(text, "Asia/Tehran")
    assert found is None or found.utcoffset() == timedelta(0)


@settings(max_examples=50, deadline=None)
@given(st.dates(date(1980, 3, 21), date(2100, 3, 19)))
def test_solar_hijri_days_follow_each_other(day):
    """Consecutive days of the Solar Hijri calendar are consecutive Gregorian ones."""
    base = datetime(1979, 3, 21, tzinfo=UTC)  # 1 Farvardin 1358
    year = 1358 + (datetime(day.year, day.month, day.day, tzinfo=UTC) - base).days // 366
    first = datetime(*gregorian(year, 1, 1), tzinfo=UTC)
    assert (datetime(*gregorian(year, 7, 1), tzinfo=UTC) - first).days == 186
    assert (datetime(*gregorian(year + 1, 1, 1), tzinfo=UTC) - first).days in (365, 366)
    assert first.month == 3
    assert first.day in (20, 21)
