"""Menus as data: screens, the machine that moves between them, readers of replies, the renderer."""
