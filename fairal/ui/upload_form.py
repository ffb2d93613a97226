"""Upload a zip of scans on the Cohort page: its fields, how far it is, and what came of it, all as text."""

import pandas as pd
import streamlit as st

from fairal.plain import plain
from fairal.runs.store import Store
from fairal.ui.frame import saying
from fairal.ui.launching import may_change
from fairal.ui.literal import literal
from fairal.ui.upload import Upload, start_upload

_LOOK_SECONDS = 1.0
_RULES = (
    "BIDS, or the Decathlon's or nnU-Net's layout, with a table participants.tsv (or .csv) whose first column is "
    "participant_id. Only scans and tables are unpacked; links, archives in the archive and names that lead out of it "
    "are refused. The zip is removed when its scans are in. For more than the limit: fairal import at the command line."
)


def upload_section(store: Store) -> None:
    """Draw the upload, or the import that this page began."""
    upload: Upload | None = st.session_state.get("upload")
    with st.expander("Import scans of your own", icon=":material/upload:", expanded=upload is not None):
        if upload is None:
            _fields(store)
        elif upload.running:
            _follow()
        else:
            _outcome(upload)


def _fields(store: Store) -> None:
    archive = st.file_uploader("Scans and masks, as a zip", type="zip", key="upload_archive")
    name, group, structure = st.columns(3)
    wanted = name.text_input("Name of the collection", key="upload_name", max_chars=48, placeholder="my-scans")
    column = group.text_input("Group column of the table", key="upload_group", max_chars=80, placeholder="sex")
    labels = structure.text_input("Label values of the structure", key="upload_structure", max_chars=80,
                                  placeholder="all of a mask's only one",
                                  help="Such as 1,2: joined into one structure.")  # fmt: skip
    st.caption(_RULES)
    if st.button(
        "Check and import", type="primary", icon=":material/upload:", disabled=archive is None or not may_change()
    ):
        with saying():
            st.session_state["upload"] = start_upload(store.home, wanted.strip(), column, labels, archive)
            st.rerun()


@st.fragment(run_every=_LOOK_SECONDS)
def _follow() -> None:
    """Look in while it runs; when it has ended the whole page is drawn again, and this is not."""
    upload: Upload = st.session_state["upload"]
    if not upload.running:
        st.rerun()
    what, share = upload.progress()
    st.progress(share, f"{literal(upload.name)}: {literal(what)}")
    st.caption("You may look at other pages meanwhile; the import goes on if the browser is closed.")
    if st.button("Stop the import"):
        upload.close()
        del st.session_state["upload"]
        st.rerun()


def _outcome(upload: Upload) -> None:
    reason, report = upload.reason(), upload.report()
    if reason:
        st.error(literal(reason, 1000), icon=":material/error:")
    else:
        st.success(f"{literal(upload.name)} is imported: {counts_text(report)}.", icon=":material/check:")
    if report and (warnings := report.get("warnings")):
        st.warning("Something had to be assumed; look whether it is right.", icon=":material/warning:")
        _rows(warnings, "What", f"{len(warnings)} scans and what was assumed about each")
    if report and (left_out := report["left_out"]):
        _rows(left_out, "Why", f"{len(left_out)} files or participants that became no scan, and why")
    left, right, _ = st.columns([1, 1, 2])
    if not reason:
        left.button("Show it", type="primary", on_click=_show, args=(upload,))
    right.button("Import another", on_click=_forget, args=(upload,))


def _rows(rows: list[dict], reason: str, alt: str) -> None:
    cells = [[plain(row[field], 300) for field in ("participant_id", "file", "reason")] for row in rows]
    st.dataframe(pd.DataFrame(cells, columns=["Participant", "File", reason]), hide_index=True, alt=alt)


def counts_text(report: dict) -> str:
    """Say how many scans came in, and how many of each group."""
    groups = ", ".join(f"{literal(group, 60)} {count}" for group, count in report["groups"].items())
    return f"{report['usable']} usable scans ({groups}), {report['labelled']} of them labelled"


def _show(upload: Upload) -> None:
    st.session_state["collection"] = upload.name
    _forget(upload)


def _forget(upload: Upload) -> None:
    upload.close()
    del st.session_state["upload"]
