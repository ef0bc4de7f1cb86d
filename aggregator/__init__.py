"""aggregator: polls many outlets' feeds politely and shows each story once."""

import os

__version__ = "0.1.0"

# Before numpy is imported: its OpenBLAS starts a thread for each core, which spins for a while, and no matrix
# here is large enough for a second one.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
