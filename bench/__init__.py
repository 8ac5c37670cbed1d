"""Benchmarks, each beside its peer or its floor in the same run (`make bench`), and faults on purpose (`make chaos`)."""
