"""Make the pictures of brains: ``python docs/pictures.py`` writes those of docs and the Overview's pair.

All show subjects of the cohort's own generator. A test runs this again.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fairal.cohort.synthetic.anatomy import cohort_grid, draw_anatomy
from fairal.presets import STRENGTHS, preset
from fairal.report.colours import GROUP_COLOURS
from fairal.report.slices import PLANES, Paper, centre, picture, sheet, to_grey

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


def cohort_sheet(count: int = 40) -> Image.Image:
    """The first three anatomies of a cohort in three planes, and the volumes of all by group."""
    config = preset("demo")[0].cohort
    grid, rows, labels = cohort_grid(config), [], []
    volumes: dict[str, list[float]] = {name: [] for name in config.group_names}
    for i in range(count):
        anatomy = draw_anatomy(SEED, f"test{i:04d}", grid)
        for j, group in enumerate(config.groups):
            t1, mask, _ = anatomy.biased(group.strength)
            volumes[group.name].append(anatomy.volume_mm3(mask) / 1000)
            if i < 3 and j == i % 2:
                grey, mask = to_grey(t1.numpy()), mask.numpy()
                outlined = [(mask, GROUP_COLOURS[j])]
                rows.append([picture(grey, plane, centre(mask, plane), outlined, scale=6) for plane in PLANES])
                labels.append(f"{group.name}\n{volumes[group.name][-1]:.2f} ml")
    brains = sheet(rows, labels, PLANES)
    strip = volume_strip(volumes, brains.width)
    whole = Image.new("RGB", (brains.width, brains.height + strip.height), "white")
    whole.paste(brains, (0, 0))
    whole.paste(strip, (0, brains.height))
    return whole


def volume_strip(volumes: dict[str, list[float]], width: int) -> Image.Image:
    """One dot per subject over an axis of volume in ml, one line per group with its mean."""
    left, right, line, font = 110, 24, 84, ImageFont.load_default(16)
    height = 24 + line * len(volumes) + 52
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    top = int(np.ceil(max(map(max, volumes.values()))))
    across = lambda ml: left + ml / top * (width - left - right)  # noqa: E731
    for j, (name, values) in enumerate(volumes.items()):
        middle = 24 + line * j + line // 2
        draw.text((8, middle), f"{name}\nn = {len(values)}", fill="black", font=font, anchor="lm")
        scatter = np.random.default_rng(j).uniform(-line / 3, line / 3, len(values))
        for ml, off in zip(values, scatter, strict=True):
            x, y = across(ml), middle + off
            draw.ellipse((x - 4, y - 4, x + 4, y + 4), outline="white", fill=GROUP_COLOURS[j])
        mean = across(np.mean(values))
        draw.line((mean, middle - line / 2 + 4, mean, middle + line / 2 - 4), fill="black", width=3)
    floor = height - 46
    draw.line((left, floor, width - right, floor), fill="black")
    for ml in range(top + 1):
        draw.line((across(ml), floor, across(ml), floor + 6), fill="black")
        draw.text((across(ml), floor + 8), str(ml), fill="black", font=font, anchor="mt")
    draw.text((width - right, floor + 28), "volume of the left caudate, ml", fill="black", font=font, anchor="rt")
    return image


def pair() -> Image.Image:
    """The reference brain and its biased twin, side by side."""
    anatomy = draw_anatomy(SEED, ANATOMY, cohort_grid(preset("demo")[0].cohort))
    at = centre(anatomy.inside.numpy(), "coronal")
    images = []
    for strength, colour in ((0.0, GROUP_COLOURS[0]), (1.0, GROUP_COLOURS[1])):
        t1, mask, _ = anatomy.biased(strength)
        images.append(picture(to_grey(t1.numpy()), "coronal", at, [(mask.numpy(), colour)], scale=9))
    return sheet([images], paper=Paper("", None))  # the gaps show the page, light or dark


def icon() -> Image.Image:
    """The browser tab's icon: two discs in the groups' colours."""
    image = Image.new("RGBA", (64, 64))
    draw = ImageDraw.Draw(image)
    draw.ellipse((2, 14, 37, 49), fill=GROUP_COLOURS[0])
    draw.ellipse((39, 20, 62, 43), fill=GROUP_COLOURS[1])
    return image


if __name__ == "__main__":
    bias_sheet().save(ROOT / "docs" / "bias.png", optimize=True)
    cohort_sheet().save(ROOT / "docs" / "cohort.png", optimize=True)
    (ROOT / "fairal" / "ui" / "assets").mkdir(exist_ok=True)
    pair().save(ROOT / "fairal" / "ui" / "assets" / "pair.png", optimize=True)
    icon().save(ROOT / "fairal" / "ui" / "assets" / "icon.png", optimize=True)
