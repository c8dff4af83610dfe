"""What every test shares: one thread, so that two tests side by side do not wait for each other."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
