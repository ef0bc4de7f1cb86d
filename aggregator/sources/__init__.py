"""Outlets as the network shows them: from an address to entries that are clean, unique and bounded.

The data's way, with the modules that do it:

    asking and answers   http (the client), asking, guard, turns, headers, decoding, answers, trouble, robots
    bytes → feed         encoding, feed (which parser), authority (feedparser), fast… (our own), jsonfeed
    feed → entries       raw, entries, dates, hints, sanitize, rules, trim, flood
    beside feeds         discover, conventions, icons, fulltext, extract, websub, opml, brought
"""
