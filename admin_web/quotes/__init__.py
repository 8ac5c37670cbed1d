"""The kinds of `pamoja quote`, one file each, found by file name: each has a `command`."""
