"""The makers of the synthetic study ``gist``: one step of its construction a file.

Importing the package limits numpy to one thread: sums are then added in one order, and two runs give the same file.
"""

import os

for _threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_threads] = "1"
