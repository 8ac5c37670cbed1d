"""A local Africa's Talking that speaks the real wire formats, and the phones on it: for demonstrations, training and tests."""
