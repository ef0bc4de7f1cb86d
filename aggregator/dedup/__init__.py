"""The detector: which articles are one story, and why. Pure: no clock, no chance, no database.

The data's way, with the modules that do it:

    text → fingerprint      fingerprint, prints, shingles, minhash, keys, evidence, boilerplate
    arrivals → candidates   place, neighbourhood (who holds the articles), memory, nearby, screen, board
    pairs → decided         signals (of one pair), pairs (of many at once), counting, forms, swapping,
                            hearsay, decide
    decided → stories       assembly, bounds, ties, regroup, canonical, marks
    why, in words           explain, argument, said, standing, sides, passages, patience, places
    a text that changed     reuse (the same article, or another?), corrected
    settings, weights       rules, tuning, weights.json (fitted by `scripts/fit`)
    what serves these       joined, sorting, lately, views; `native` counts what nearby, pairs, forms and
                            marks ask, where it is compiled

`archive` takes the same steps over a whole archive.
"""
