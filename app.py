"""The dashboard's router: page list and shared frame, nothing else. Start it with ``make app``."""

from fairal.ui.frame import frame, navigation

page = navigation()
frame()
page.run()
