"""Invented groups: a small one for the demo, a large one for benchmarks."""
