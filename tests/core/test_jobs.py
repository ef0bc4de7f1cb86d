"""What a worker process hands back: flattened for the way, and the same again."""

from datetime import UTC, datetime

from aggregator import jobs
from aggregator.jobs import Job, flat, run, whole
from aggregator.model import Source

FEED = b"""<rss version="2.0"><channel><title>Lake news</title>
<item><guid>1</guid><title>The lake froze</title><description>&lt;p&gt;Boats stay in the harbour
until spring, the harbour master says.&lt;/p&gt;</description><category>Weather</category></item>
<item><guid>2</guid><title>A dog swam</title><pubDate>Thu, 09 Aug 2018 14:00:00 GMT</pubDate></item>
</channel></rss>"""


def result() -> jobs.Parsed:
    """The feed above, read."""
    source = Source(id="lake", url="https://lake.example/feed", title="Lake")
    return run(Job(FEED, source.url, None, source, {}, frozenset(), datetime(2018, 8, 9, 15, tzinfo=UTC)))


def test_what_was_flattened_is_whole_again() -> None:
    """Nothing of a result is lost on its way."""
    parsed = result()
    assert len(parsed.prepared) == 2
    assert whole(flat(parsed)) == parsed
