"""The store's parts: a class for each kind of use, whose methods are short; the statements are elsewhere."""
