"""The ledger: books, accounts, entries and postings; `post_entry` is the only way in."""
