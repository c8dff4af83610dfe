"""Run folder and study in, one stage's work on disk out: done once, read back after that."""
