"""A person's own scans on the Cohort page: groups, volumes, pictures, what was left out and what was done."""

from pathlib import Path

import pandas as pd
import streamlit as st

from fairal.cohort.folder.collection import Collection, Collections
from fairal.cohort.folder.content import FILE, Other, Steps
from fairal.cohort.folder.wishes import report_on
from fairal.plain import plain
from fairal.report.colours import group_colours
from fairal.report.slices import PLANES, centre, picture, to_grey
from fairal.report.volumes import volume_strip
from fairal.ui.charts import chart
from fairal.ui.frame import page_path
from fairal.ui.literal import literal

A_GROUP = 6
"""Pictures of each group in the gallery."""
_PICTURE_PIXELS = 260
_NAME_CHARACTERS = 60


def choose_collection(collections: Collections) -> str:
    """Draw the choice between the synthetic cohort ('') and what was imported; the address names it."""
    names = collections.names()
    if any(name not in names for name in st.query_params.get_all("collection") if name):
        st.warning("The collection in the address is not here (any more); this is the synthetic cohort.")
    return st.selectbox(
        "Cohort",
        ["", *names],
        key="collection",
        bind="query-params",
        format_func=lambda name: name or "Synthetic: drawn around a template, with a bias of known strength",
        width=520,
    )


def show_collection(collections: Collections, name: str) -> None:
    """Draw a collection.

    Raises:
        InputError: There is none of this name.
        RunError: It is damaged.
    """
    collection = open_collection(collections, name)
    left, right = st.columns([2, 3], gap="large")
    with left:
        _groups(collection)
        if st.button("Use in Launch", type="primary", icon=":material/rocket_launch:"):
            st.switch_page(page_path("launch"), query_params={"scans": name})
    with right:
        _volumes(collection)
    _gallery(collection)
    _assumed(collection)
    _left_out(collection)
    _steps(collection)


def open_collection(collections: Collections, name: str) -> Collection:
    """Open a collection, from memory while its file is the same. Errors as `Collections.open`."""
    collections.check_there(name)
    try:
        stamp = (collections.folder(name) / FILE).stat().st_mtime_ns
    except OSError:
        stamp = 0  # a folder without its file; opening it says so
    return _opened(str(collections.home), name, stamp)


@st.cache_resource(max_entries=8, show_spinner=False)
def _opened(home: str, name: str, stamp: int) -> Collection:
    return Collections(Path(home)).open(name)


def group_rows(collection: Collection) -> pd.DataFrame:
    """Count each group's scans: columns group, usable, labelled, unlabelled, mean_volume_mm3 (over the labelled)."""
    frame = pd.DataFrame(
        [(scan.group, scan.has_mask, scan.volume_mm3) for scan in collection.scans],
        columns=["group", "labelled", "volume_mm3"],
    )
    frame["group"] = frame.group.map(lambda group: plain(group, _NAME_CHARACTERS))
    rows = frame.groupby("group").agg(
        usable=("labelled", "size"), labelled=("labelled", "sum"), mean_volume_mm3=("volume_mm3", "mean")
    )
    rows.insert(2, "unlabelled", rows.usable - rows.labelled)
    return rows.reset_index()


def _groups(collection: Collection) -> None:
    content, rows = collection.content, group_rows(collection)
    st.subheader("Groups")
    st.caption(f"By {literal(content.group_column, _NAME_CHARACTERS)}, as written in the table.")
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            "group": "Group",
            "usable": st.column_config.NumberColumn("Usable"),
            "labelled": st.column_config.NumberColumn("Labelled"),
            "unlabelled": st.column_config.NumberColumn("No mask"),
            "mean_volume_mm3": st.column_config.NumberColumn("Mean mm³", format="%.0f"),
        },
        alt=f"{len(rows)} groups with {rows.usable.sum()} usable scans, {rows.labelled.sum()} of them labelled",
    )


def _volumes(collection: Collection) -> None:
    groups = [plain(group, _NAME_CHARACTERS) for group in collection.groups]
    rows = [(plain(s.group, _NAME_CHARACTERS), s.volume_mm3) for s in collection.scans if s.volume_mm3 is not None]
    st.subheader("Volume of the structure")
    if not rows:
        st.info("No scan has a mask yet; the structure's volume by group will stand here.")
        return
    frame = pd.DataFrame(rows, columns=["group", "volume_mm3"])
    means = frame.groupby("group").volume_mm3.agg(["mean", "size"])
    each = "; ".join(f"{group}: {row['mean']:,.0f} mm³ (n = {row['size']:.0f})" for group, row in means.iterrows())
    chart(
        lambda: volume_strip(frame, groups, "structure"),
        frame,
        f"volumes_{collection.name}",
        f"Mean volume of the structure. {each}",
        f"Mean of each group: {literal(each, 2000)}. Of the masks, at each scan's own resolution.",
        options=tuple(groups),
    )


def _gallery(collection: Collection) -> None:
    st.subheader("A few scans of each group")
    plane = st.segmented_control("Plane", PLANES, default="coronal", key="own_plane", bind="query-params") or "coronal"
    where = f"{collection.folder} {collection.digest}"
    for group, colour in group_colours(collection.groups).items():
        of_group = sorted((s for s in collection.scans if s.group == group), key=lambda scan: not scan.has_mask)
        st.markdown(f"**{literal(group, _NAME_CHARACTERS)}**")
        for column, scan in zip(st.columns(A_GROUP), of_group[:A_GROUP], strict=False):
            shown = literal(scan.participant_id, _NAME_CHARACTERS)
            image = _slice(collection, where, scan.participant_id, plane, colour)
            said = f"{plane} slice of {plain(scan.participant_id, _NAME_CHARACTERS)}"
            caption = shown if scan.has_mask else f"{shown}, no mask"
            column.image(image, caption=caption, width="stretch", alt=said)
    st.caption(
        f"The {plane} slice with most of the structure, outlined; the middle one where there is no mask. L is the "
        "patient's left."
        if plane != "sagittal"
        else "The sagittal slice with most of the structure, outlined; P is behind, A in front."
    )


@st.cache_data(max_entries=256, show_spinner=False)
def _slice(_collection: Collection, where: str, participant: str, plane: str, colour: str):
    """Draw one scan; `where` names the collection and what it holds by now."""
    t1, mask = _collection.load([participant])
    scale = max(1, round(_PICTURE_PIXELS / max(_collection.shape)))
    return picture(to_grey(t1[0]), plane, centre(mask[0], plane), [(mask[0], colour)], scale=scale)


def _left_out(collection: Collection) -> None:
    rows = report_on(collection.content).left_out
    st.subheader("What was left out")
    if not rows:
        st.caption("Nothing: every file and every participant became a scan.")
        return
    said = f"{len(rows)} files or participants that became no scan, and why"
    st.dataframe(_table(rows, "Why"), hide_index=True, alt=said)


def _assumed(collection: Collection) -> None:
    if rows := report_on(collection.content).warnings:
        st.subheader("What was assumed")
        st.warning(f"Of {len(rows)} usable scans the files do not say all that is needed.", icon=":material/warning:")
        st.dataframe(_table(rows, "What"), hide_index=True, alt=f"{len(rows)} scans and what was assumed about each")


def _table(rows: list[Other], reason: str) -> pd.DataFrame:
    return pd.DataFrame(
        [(plain(row.participant_id, 80), plain(row.file, 200), plain(row.reason, 400)) for row in rows],
        columns=["Participant", "File", reason],
    )


def _steps(collection: Collection) -> None:
    content, steps = collection.content, collection.content.steps
    with st.expander("What was done to every scan", icon=":material/list:"):
        for line in (*step_lines(steps), f"Layout: {content.layout}. Imported {content.imported[:10]}."):
            st.text(plain(line, 300))


def step_lines(steps: Steps) -> list[str]:
    """Say in sentences what was done to every scan, and on which grid it lies."""
    shape, (low, high) = " × ".join(map(str, steps.shape)), steps.clip_percentiles
    box = "around where the structures lie" if steps.crop else "around the middle of each scan's field of view"
    return [
        f"Grid: {shape} voxels of {steps.spacing_mm:g} mm, {steps.orientation}; resampled {steps.image_interpolation} "
        f"(masks: {steps.mask_interpolation}).",
        f"One box for all, {box}; padded with {steps.pad_value:g} where a scan ends.",
        f"Intensities clipped at percentiles {low:g} and {high:g}, then {steps.intensities}, kept as "
        f"{steps.image_type}.",
    ]
