"""Make the pictures of brains: ``python docs/pictures.py`` writes docs/bias.png and the Overview's pair.

One subject of the cohort's own generator, the same anatomy and scan at each strength. A test runs this again.
"""

from pathlib import Path

from PIL import Image, ImageDraw

from fairal.cohort.synthetic.anatomy import cohort_grid, draw_anatomy
from fairal.presets import STRENGTHS, preset
from fairal.report.colours import GROUP_COLOURS
from fairal.report.slices import PLANES, centre, picture, sheet, to_grey

ROOT = Path(__file__).parents[1]
SEED, ANATOMY = 0, "test0001"


def bias_sheet() -> Image.Image:
    """One subject without bias, weak and strong: three planes with the left caudate outlined."""
    anatomy = draw_anatomy(SEED, ANATOMY, cohort_grid(preset("demo")[0].cohort))
    rows, labels = [], []
    for name, strength in STRENGTHS.items():
        t1, mask, _ = anatomy.biased(strength)
        grey, mask = to_grey(t1.numpy()), mask.numpy()
        colour = GROUP_COLOURS[1] if strength else GROUP_COLOURS[0]
        places = {plane: centre(anatomy.inside.numpy(), plane) for plane in PLANES}
        rows.append([picture(grey, plane, at, [(mask, colour)], scale=6) for plane, at in places.items()])
        labels.append(f"{name}\n{strength:g}\n{anatomy.volume_mm3(mask) / 1000:.2f} ml")
    return sheet(rows, labels, PLANES)


def pair() -> Image.Image:
    """The reference brain and its biased twin, side by side."""
    anatomy = draw_anatomy(SEED, ANATOMY, cohort_grid(preset("demo")[0].cohort))
    at = centre(anatomy.inside.numpy(), "coronal")
    images = []
    for strength, colour in ((0.0, GROUP_COLOURS[0]), (1.0, GROUP_COLOURS[1])):
        t1, mask, _ = anatomy.biased(strength)
        images.append(picture(to_grey(t1.numpy()), "coronal", at, [(mask.numpy(), colour)], scale=9))
    return sheet([images])


def icon() -> Image.Image:
    """The browser tab's icon: two discs in the groups' colours."""
    image = Image.new("RGBA", (64, 64))
    draw = ImageDraw.Draw(image)
    draw.ellipse((2, 14, 37, 49), fill=GROUP_COLOURS[0])
    draw.ellipse((39, 20, 62, 43), fill=GROUP_COLOURS[1])
    return image


if __name__ == "__main__":
    bias_sheet().save(ROOT / "docs" / "bias.png", optimize=True)
    (ROOT / "fairal" / "ui" / "assets").mkdir(exist_ok=True)
    pair().save(ROOT / "fairal" / "ui" / "assets" / "pair.png", optimize=True)
    icon().save(ROOT / "fairal" / "ui" / "assets" / "icon.png", optimize=True)
