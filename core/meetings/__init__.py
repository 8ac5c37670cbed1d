"""Meetings and answers to the invitation."""
