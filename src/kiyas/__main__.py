"""``python -m kiyas``."""

from kiyas.cli import main

main()
