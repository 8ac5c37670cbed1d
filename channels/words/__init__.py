"""Words: what a channel says, in the reader's language and within what a phone can show."""
