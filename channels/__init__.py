"""The channels: USSD, SMS, Telegram and the sandbox; one turn, one set of menus, words at the edge."""
