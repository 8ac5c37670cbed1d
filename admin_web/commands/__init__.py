"""The commands of `pamoja`, one file each, found by file name."""
