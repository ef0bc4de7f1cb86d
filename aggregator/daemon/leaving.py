"""A daemon that is told to stop has ended within ten seconds, whatever hangs: a database that somebody holds,
a look-up that nobody answers, a worker that is stuck.

Everything may be killed at any moment without loss, so leaving late is the only thing that could go wrong.
"""

from __future__ import annotations

import logging
import os
import threading

log = logging.getLogger(__name__)

LATEST = 9.0  # seconds from being told to the end


class Leaving:
    """Counts the seconds from `begin` on, unless `done` comes first."""

    def __init__(self) -> None:
        self._timer: threading.Timer | None = None

    def begin(self) -> None:
        """From now on there are `LATEST` seconds left."""
        if self._timer is None:
            self._timer = threading.Timer(LATEST, _leave)
            self._timer.daemon = True
            self._timer.start()

    def done(self) -> None:
        """All has ended in time."""
        if self._timer is not None:
            self._timer.cancel()


def _leave() -> None:
    log.warning("not everything ended within %g s: leaving. What was not stored is polled again", LATEST)
    logging.shutdown()
    os._exit(0)
