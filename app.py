"""The dashboard's router: page list and shared frame, nothing else. Start it with ``make app``."""

from fairal.ui.frame import frame, navigation, saying

page = navigation()
frame()
with saying():  # what no part of the page has caught: a folder of another user, a home that is gone
    page.run()
