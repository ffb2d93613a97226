"""Find the scans and masks of a folder: BIDS, or the Decathlon's and nnU-Net's; recognised by what lies there."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fairal.cohort.folder.limits import FILES_MAX, SCANS_MAX
from fairal.cohort.folder.nifti import ENDINGS
from fairal.cohort.folder.opening import leads_out
from fairal.errors import InputError
from fairal.plain import listing, plain

DECATHLON, BIDS = "Decathlon / nnU-Net", "BIDS"
_CHANNEL = re.compile(r"(?P<case>.+)_(?P<channel>\d{4})")
MASK_ALONE = "There is a mask but no image."
_LINK = "It is a link that leads out of the folder; put the file itself there."
_SUBJECT = re.compile(r"sub-[^/]+")


@dataclass(frozen=True)
class LeftOut:
    """A file or participant that does not come in, and why, in one sentence."""

    participant_id: str
    file: str
    reason: str


@dataclass(frozen=True)
class Pair:
    """An image and its mask, if it has one; both relative to the folder, with slashes."""

    participant_id: str
    image: str
    mask: str | None


@dataclass
class Found:
    """What lies in a folder.

    Attributes:
        layout: To be shown.
        pairs: One per participant, by id.
        left_out: Files that belong to no pair.
    """

    layout: str
    pairs: list[Pair] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def find_scans(folder: Path) -> Found:
    """Recognise a folder's layout and pair its images with their masks. Opens no file, follows no link out.

    Raises:
        InputError: It is no folder, is neither layout, or holds more than can be meant.
    """
    if not folder.is_dir():
        raise InputError(f"{plain(folder)} is not a folder.")
    if not _is_text(str(folder)):
        raise InputError(f"The name {plain(folder)} is not UTF-8 text; rename the folder.")
    if (folder / "imagesTr").is_dir() or (folder / "imagesTs").is_dir():
        found = _decathlon(folder)
    elif (folder / "participants.tsv").exists() or any(folder.glob("sub-*/")):
        found = _bids(folder)
    else:
        raise InputError(
            f"{plain(folder)} is in no layout that is read: BIDS has participants.tsv and sub-*/anat/*_T1w.nii.gz, "
            "the Decathlon and nnU-Net have imagesTr and labelsTr."
        )
    if len(found.pairs) > SCANS_MAX:
        raise InputError(f"{plain(folder)} holds {len(found.pairs):,} scans; at most {SCANS_MAX:,} are taken.")
    return found


def _decathlon(folder: Path) -> Found:
    """Images in imagesTr and imagesTs, each mask in labelsTr under its case's name."""
    found, images = Found(DECATHLON), {}
    masks = {}
    for file in _flat(folder / "labelsTr"):
        masks.setdefault(_stem(file), []).append(f"labelsTr/{file}")
    for part in ("imagesTr", "imagesTs"):
        for file in _flat(folder / part):
            case, channel = _case(_stem(file), masks)
            if channel:
                reason = f"This is channel {channel} of {plain(case)}; one image a scan is read, that of channel 0."
                found.left_out.append(LeftOut(case, f"{part}/{file}", reason))
            else:
                images.setdefault(case, []).append(f"{part}/{file}")
    _pair(folder, found, images, masks)
    return found


def _case(stem: str, masks: dict) -> tuple[str, int]:
    """Take nnU-Net's channel off an image's name; a name that a mask bears as well has none."""
    match = None if stem in masks else _CHANNEL.fullmatch(stem)
    if match and (match["channel"] == "0000" or match["case"] in masks):
        return match["case"], int(match["channel"])
    return stem, 0


def _bids(folder: Path) -> Found:
    """T1-weighted images below sub-*/anat (or sub-*/ses-*/anat); masks below derivatives/**/sub-*/."""
    found, images, masks = Found(BIDS), {}, {}
    for name in sorted(os.listdir(folder)):
        if name != "derivatives" and not _SUBJECT.fullmatch(name):
            continue
        if leads_out(folder / name, folder):
            found.left_out.append(LeftOut(_text(name), _text(name), _LINK))
            continue
        for file in _below(folder, name):
            if name == "derivatives" and (subject := _subject_of_mask(file)):
                masks.setdefault(subject, []).append(file)
            elif name != "derivatives" and file.split("/")[-2] == "anat" and _stem(file).endswith("_T1w"):
                images.setdefault(name, []).append(file)
    _pair(folder, found, images, masks)
    return found


def _subject_of_mask(file: str) -> str | None:
    """Find whose structure a derivative is; the whole brain's mask, which preprocessing writes beside, is none."""
    if not _stem(file).endswith(("_mask", "_dseg")) or "_desc-brain_" in _stem(file):
        return None
    return next((part for part in file.split("/")[:-1] if _SUBJECT.fullmatch(part)), None)


def _pair(folder: Path, found: Found, images: dict[str, list[str]], masks: dict[str, list[str]]) -> None:
    """Pair each participant's only image with its only mask; what is there twice is left out."""
    for case in sorted(images.keys() | masks.keys()):
        here, labels = images.get(case, []), masks.get(case, [])
        if not here:
            reason = MASK_ALONE
        elif len(here) > 1:
            reason = f"There are {len(here)} images under one id; one is wanted ({listing(here)})."
        elif len(labels) > 1:
            reason = f"There are {len(labels)} masks under one id; one is wanted ({listing(labels)})."
        elif any(leads_out(folder / file, folder) for file in here + labels):
            reason = _LINK
        elif not _is_text(case + here[0] + "".join(labels)):
            reason = "Its name is not UTF-8 text; rename it."
        else:
            found.pairs.append(Pair(case, here[0], labels[0] if labels else None))
            continue
        found.left_out.append(LeftOut(_text(case), _text((here[1:] or here or labels)[0]), reason))


def _flat(folder: Path) -> Iterator[str]:
    """Name the NIfTI files right in a folder, sorted; hidden ones are those of a file manager."""
    if not folder.is_dir():
        return
    names = sorted(os.listdir(folder))
    if len(names) > FILES_MAX:
        raise InputError(f"{plain(folder)} holds {len(names):,} files; at most {FILES_MAX:,} are looked at.")
    yield from (name for name in names if _is_nifti(name))


def _below(folder: Path, start: str) -> Iterator[str]:
    """Name the NIfTI files anywhere below folder/start, relative to the folder; links to folders are not entered."""
    seen = 0
    for root, folders, names in os.walk(folder / start, followlinks=False):
        folders.sort()
        seen += len(names) + len(folders)
        if seen > FILES_MAX:
            raise InputError(f"{plain(folder / start)} holds more than {FILES_MAX:,} files.")
        yield from (Path(root, name).relative_to(folder).as_posix() for name in sorted(names) if _is_nifti(name))


def _is_nifti(name: str) -> bool:
    return name.lower().endswith(ENDINGS) and not name.startswith(".")


def _is_text(name: str) -> bool:
    """Tell whether a name can be written down; one that is no UTF-8 on the disk carries lone surrogates."""
    return not any("\ud800" <= c <= "\udfff" for c in name)


def _text(name: str) -> str:
    return name if _is_text(name) else plain(name)


def _stem(file: str) -> str:
    """Take folders and ending off."""
    name = file.rsplit("/", 1)[-1]
    return name[: -len(next(e for e in ENDINGS if name.lower().endswith(e)))]
