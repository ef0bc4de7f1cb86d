"""The detector over an archive, in five steps. What ``aggregator dedup`` runs, here or on many machines.

    1 learning     boilerplate by source, over the whole archive
    2 prints       each document's fingerprint
    3 candidates   pairs that share a key
    4 deciding     pairs by the two texts, then with what others say; exact: by address and by text
    5 assembling   stories, by replaying what was decided in order

Each is a pure function of the set of documents: no step depends on how the archive is cut into parts or in
which order its lines come. `whole` takes them in memory, `aggregator.archives.spark` on a cluster; `arriving`
places an archive as the daemon would.
"""

from __future__ import annotations

from aggregator.dedup.archive.arriving import BATCH, place_all
from aggregator.dedup.archive.documents import Document
from aggregator.dedup.archive.whole import dedup

__all__ = ["BATCH", "Document", "dedup", "place_all"]
