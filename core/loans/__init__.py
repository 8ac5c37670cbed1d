"""Loans: products, schedules, lifecycle."""
