"""Cash declared and confirmed (mobile money joins it here)."""
