"""kiyas: a fine-tuning comparison lab."""

__version__ = "0.1.0"
