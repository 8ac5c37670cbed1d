"""Groups, people, members, roles, PINs and rules."""
