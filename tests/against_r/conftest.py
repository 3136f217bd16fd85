"""Makes ``reference`` importable from every test in this folder, however pytest was called."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
