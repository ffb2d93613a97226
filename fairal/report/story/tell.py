"""Telling a story: which scenes an experiment has, in order."""

from collections import Counter
from collections.abc import Mapping

from fairal.report.arms import arm_colour, arm_label
from fairal.report.cards import SHORT
from fairal.report.colours import group_colours
from fairal.report.results import ExperimentResult, read_experiment
from fairal.report.story import say, seen
from fairal.report.story.cast import Cast
from fairal.report.story.read import alt_of, how_to_read, limit_cards
from fairal.report.story.scene import Look, Picture, Rounds, Scene, Story, Twins
from fairal.report.story.twins import twins_of
from fairal.report.story.words import Sentence
from fairal.runs.reader import Reader


def story_of(reader: Reader, experiment: str) -> Story:
    """Read an experiment and tell its story.

    Raises:
        InputError: There is none, or it has no round to compare two arms at.
    """
    result = read_experiment(reader, experiment)
    return tell(result, twins_of(reader, result))


def tell(result: ExperimentResult, twins: Twins | None = None) -> Story:
    """Tell the story of an experiment, as far as its records go.

    Args:
        result: From `read_experiment`.
        twins: The same brain twice; without them the scene is left out.

    Raises:
        InputError: There is no round at which two arms can be compared.
    """
    cast = Cast.of(result)
    stage = _Stage(cast)
    scenes = [*([stage.twins(twins)] if twins else []), stage.pool(), *stage.compared(), stage.limits()]
    colours = group_colours(result.groups)
    return Story(
        experiment=result.id,
        title=result.config.name,
        groups={name: Look(name, colours[name]) for name in result.groups},
        arms={arm: Look(arm_label(arm), arm_colour(arm)) for arm in (cast.baseline, *cast.others)},
        scenes=tuple(scenes),
    )


class _Stage:
    """Makes the scenes of one experiment."""

    def __init__(self, cast: Cast) -> None:
        self.cast, self.dots = cast, seen.Dots(cast)
        self._low = seen.lowest(cast, (cast.baseline, cast.lead))

    def twins(self, twins: Twins) -> Scene:
        caption = f"Coronal slice, left caudate outlined; {twins.source}. L is the patient's left."
        alt = f"One slice of the same brain, {twins.twins[0].group} and {twins.twins[1].group}, left caudate outlined."
        return Scene("twins", "One brain, twice", say.twins(twins), twins, self._about("one pair"), caption, alt)

    def pool(self) -> Scene:
        pool = seen.pool(self.cast, self.dots)
        started = self.cast.runs(self.cast.lead)[self.cast.seed].records[0].labelled_by_group
        caption = f"One dot is one scan. Labelled from the start: {_counted(started)}."
        alt = f"The pool as dots, {_counted(Counter(pool.dots))}, and {pool.budget} places that the budget pays for."
        of = f"{len(pool.dots)} scans of seed {self.cast.seed}"
        return Scene("pool", "The pool", say.pool(pool), pool, self._about(of), caption, alt)

    def compared(self) -> list[Scene]:
        """All scenes that compare arms; one that says why, where the models have not learned."""
        cast = self.cast
        if not cast.learned:
            words = say.not_learned(cast)
            return [self._scene("not_learned", "Not learned", words, self._rounds(cast.baseline), cast.baseline)]
        return [*self._entry(), *self._lead(), *self._control(), self._fair()]

    def _entry(self) -> list[Scene]:
        """What the baseline picks, and whom it serves poorly."""
        arm = self.cast.baseline
        people = seen.people(self.cast, arm)
        return [
            self._scene("baseline", f"{arm_label(arm)} picks", say.picks(self.cast), self._rounds(arm), arm),
            self._scene("people", "Poorly served", say.people(people), people, arm),
        ]

    def _lead(self) -> list[Scene]:
        """The same of the arm that the story is about, and the bill."""
        cast, arm = self.cast, self.cast.lead
        people, decided = seen.people(cast, arm), cast.outcome(arm, "dice").text
        after = self._scene("people_after", "Poorly served now", say.people_after(people), people, arm)
        anybody = any((*people.poorly().values(), *people.poorly_before().values()))
        return [
            self._scene("lead", f"{arm_label(arm)} picks", say.lead_picks(cast), self._rounds(arm), arm, decided),
            *([after] if anybody else []),
            self._scene("bill", "The bill", say.bill(cast), seen.slopes(cast, arm), arm, cast.said[arm].text),
        ]

    def _control(self) -> list[Scene]:
        cast, arm = self.cast, self.cast.control
        if arm is None:
            return []
        strips = seen.strips(cast, [cast.lead, arm])
        return [self._scene("control", "The control", say.control(cast, arm), strips, arm, cast.said[arm].text)]

    def _fair(self) -> Scene:
        cast, arm = self.cast, self.cast.fair
        if arm is None:
            each = "; ".join(f"{arm_label(a)}: {SHORT[cast.outcome(a, 'surface_dice').code]}" for a in cast.others)
            strips = seen.strips(cast, cast.others)
            return self._scene("fair", "Fair?", say.fair(cast), strips, cast.lead, f"In surface Dice, {each}.")
        caption = f"{cast.said[arm].text} Of {len(cast.others)} arms the one that leaves and costs the least, added up."
        return self._scene("fair", "Fair", say.fair(cast), seen.slopes(cast, arm), arm, caption)

    def limits(self) -> Scene:
        cards = limit_cards(self.cast)
        alt = " ".join(f"{card.title}: {' '.join(card.lines)}" for card in cards.cards)
        return Scene("limits", "What it tells", say.limits(self.cast), cards, self._n(self.cast.lead), "", alt)

    def _rounds(self, arm: str) -> Rounds:
        return seen.rounds(self.cast, self.dots, arm, self._low)

    def _scene(self, id_: str, title: str, words: Sentence, picture: Picture, arm: str, verdict: str = "") -> Scene:
        caption = " ".join(part for part in (how_to_read(picture, self.cast), verdict) if part)
        return Scene(id_, title, words, picture, self._n(arm), caption, alt_of(picture))

    def _n(self, arm: str) -> str:
        seeds = len(self.cast.runs(arm))
        tested = self.cast.result.config.cohort.test_text
        return self._about(f"n = {seeds} seed{'s' if seeds != 1 else ''}, {tested} each")

    def _about(self, of: str) -> str:
        return f"{of}; synthetic brains" if self.cast.result.synthetic else of


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())
