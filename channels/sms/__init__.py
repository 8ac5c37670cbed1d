"""SMS through Africa's Talking."""
