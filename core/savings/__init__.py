"""Savings accounts of members."""
