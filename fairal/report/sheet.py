"""Tables for spreadsheets: what others wrote stays text there, and is never taken for a formula."""

import csv

import pandas as pd

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def inert(cell: object) -> object:
    """Give a cell that no spreadsheet computes: text that would start a formula gets an apostrophe before it."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(_STARTS_FORMULA) else cell


def csv_text(frame: pd.DataFrame) -> str:
    """Write a frame as CSV with a header; numbers stay as they are."""
    text = frame.select_dtypes(exclude="number")
    shown = frame.assign(**{column: text[column].map(inert) for column in text})
    return shown.rename(columns=inert).to_csv(index=False, quoting=csv.QUOTE_MINIMAL)
