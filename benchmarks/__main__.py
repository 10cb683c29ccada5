"""``python -m benchmarks`` is ``ferbench``."""

from benchmarks.cli import main

main()
