"""Every menu of the house. A new one is a file of data and a line here."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from channels.menus import balance, group, home, inbox, joining, loan, more, pins, save
from channels.menus.screens import Node, Route, Screen

_MENUS: Final = (home, joining, save, loan, balance, group, more, pins, inbox)
_WRITTEN: Final[tuple[Node, ...]] = tuple(node for menu in _MENUS for node in menu.NODES)
_RESUMABLE: Final = tuple(node.name for node in _WRITTEN if isinstance(node, Screen) and node.resumes)
# Where a session goes on that broke off.
_RESUMED: Final = Route("resumed", shows="resumed", to=tuple((name, name) for name in _RESUMABLE), otherwise="afresh")
NODES: Final[Mapping[str, Node]] = MappingProxyType({node.name: node for node in (*_WRITTEN, _RESUMED)})
