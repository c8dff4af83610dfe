"""Command line in, one verb's work out; front door: ``main``."""

from kiyas.cli.app import main as main
