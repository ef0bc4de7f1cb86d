"""Polling: one source once (`pipeline`), many of them (`poller`), and what comes beside their polls."""
