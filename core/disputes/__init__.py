"""What a member does not agree with: an entry is frozen until others than those concerned have looked at it."""
