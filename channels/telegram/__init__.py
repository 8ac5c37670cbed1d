"""Telegram: private chats with the bot, the same menus with buttons."""
