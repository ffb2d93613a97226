"""An experiment told to a room of people: scenes as data, and one file that shows them offline.

All numbers come from the records; what a sentence says of two arms is what `fairal.report.verdict` allows.
"""

from fairal.report.story.offline import offline_html
from fairal.report.story.scene import Scene, Story
from fairal.report.story.tell import story_of, tell

__all__ = ["Scene", "Story", "offline_html", "story_of", "tell"]
