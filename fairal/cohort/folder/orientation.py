"""What a NIfTI header says about left and right: refused where it says two things, named where it says nothing."""

import nibabel as nib
import numpy as np
from nibabel.spatialimages import HeaderDataError

from fairal.errors import InputError


def is_said(header: nib.Nifti1Header) -> bool:
    """Tell whether a header says how its axes lie; else whoever reads it guesses.

    The library's guess is that of the format's first days: right to left, as stored (LAS).
    """
    return int(header["qform_code"]) != 0 or int(header["sform_code"]) != 0


def guess(orientation: str) -> str:
    """Say in a sentence what was assumed about an image whose header says nothing.

    Args:
        orientation: In which its axes run by the guess, such as ``LAS``.
    """
    return (
        f"Its header gives no orientation (qform_code and sform_code are 0); its axes were taken as {orientation}, so "
        "left and right may be swapped."
    )


def check_agreement(header: nib.Nifti1Header) -> None:
    """Check that sform and qform, where both are given, do not turn an axis round or swap two of them.

    They may lead into spaces that differ a little, such as a scanner's and a template's. But all spaces of the standard
    are right-handed, and a head lies upright in each: where the two differ by a mirror or a quarter of a turn, one of
    them is wrong, and which cannot be known.

    Raises:
        InputError: They do.
    """
    if int(header["sform_code"]) == 0 or (qform := _qform(header)) is None:
        return
    sform = header.get_sform()
    codes = ["".join(map(str, nib.aff2axcodes(affine))) for affine in (sform, qform)]
    mirrored = np.linalg.det(sform[:3, :3]) * np.linalg.det(qform[:3, :3]) < 0
    if mirrored or codes[0] != codes[1]:
        raise InputError(
            f"Its sform and qform contradict each other (axes {codes[0]} by the one and {codes[1]} by the other), so "
            "nobody knows left from right; make them agree, or set the code of the wrong one to 0."
        )


def _qform(header: nib.Nifti1Header) -> np.ndarray | None:
    """Give the qform; None where there is none, or nothing that could be compared."""
    if int(header["qform_code"]) == 0:
        return None
    header = header.copy()
    if header["pixdim"][0] == 0:
        header["pixdim"][0] = 1.0  # so the standard reads it
    try:
        found = header.get_qform()
    except (HeaderDataError, ValueError, FloatingPointError):
        return None
    return found if np.isfinite(found).all() else None
