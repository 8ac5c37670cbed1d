"""The shared core: groups, savings, loans, meetings and the ledger; no channel, no screen, no sentence."""
