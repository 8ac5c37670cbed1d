"""Messages that must be sent: written with their cause, sent later, never lost."""
