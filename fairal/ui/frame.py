"""The frame that all pages share: navigation, home, what starts with the server, and what a page does with errors."""

import math
import threading
import time
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import streamlit as st

from fairal import __version__, settings
from fairal.errors import FairalError
from fairal.runs.claims import settle
from fairal.runs.crews.engine import crew_of
from fairal.runs.library import Library
from fairal.runs.paths import default_home
from fairal.runs.reserve import full_sentence, is_full
from fairal.runs.standing import live_workers
from fairal.runs.store import Store
from fairal.ui.literal import literal
from fairal.ui.live import LINGER_SECONDS
from fairal.ui.login import admitted, gate, say_who

ROOT = Path(__file__).parents[2]
PAGES = {
    "overview": ("Overview", ":material/home:"),
    "story": ("Story", ":material/auto_stories:"),
    "cohort": ("Cohort", ":material/neurology:"),
    "launch": ("Launch", ":material/rocket_launch:"),
    "runs": ("Runs", ":material/list:"),
    "compare": ("Compare", ":material/compare_arrows:"),
    "slices": ("Slices", ":material/layers:"),
    "next": ("Label next", ":material/playlist_add:"),
}
ICON = str(ROOT / "fairal" / "ui" / "assets" / "icon.png")
SIDEBAR_PX = 230
"""Its links are short: on a projector of 1024 pixels the page needs the room."""
_STEADY = "<style>[data-stale=true]{opacity:1!important}</style>"
"""While a script runs, Streamlit fades after half a second what has not been drawn anew. What is seen here stays right
until then: a page that grows under one's eyes must not flicker on a busy machine. Without effect where the attribute
goes; a test looks."""
_CHOSEN = "<style>.stButtonGroup button:is([aria-checked=true],[aria-pressed=true]) *{{color:{}}}</style>"
"""Of several buttons the chosen one is written in the accent on its own tint: in the dark less than 4.5 : 1, and no
setting of the theme mends that while a primary button's label is white. So it is written as text is."""
_ADDRESS = {"overview": "start"}


def page_path(name: str) -> str:
    """Where a page's script is, as `st.switch_page` wants it."""
    return f"pages/{name}.py"


def navigation():
    """Declare all pages. The default page has an address of its own as well, so that a link to it works."""
    # The icon is a file of ours: Streamlit fetches named icons for the browser's tab from elsewhere.
    st.set_page_config(page_title="fairal", page_icon=ICON, layout="wide", initial_sidebar_state=SIDEBAR_PX)
    pages = [
        # The default page reserves an address that it does not answer to: give it one that nobody types.
        st.Page(page_path(name), title=title, icon=icon, default=name == "overview", url_path=_ADDRESS.get(name, name))
        for name, (title, icon) in PAGES.items()
    ]
    alias = st.Page(_to_overview, title="Overview", url_path="overview", visibility="hidden")
    return st.navigation([*pages, alias], position="sidebar" if _is_open() else "hidden")


def _is_open() -> bool:
    try:
        return admitted()
    except FairalError:  # the gate says what is wrong
        return False


def _to_overview() -> None:
    st.switch_page(page_path("overview"), query_params=st.query_params.to_dict())


def begin(title: str) -> Store:
    """Start a page: its first line.

    On a cold server Streamlit runs a deep link's script without the router; then the router is declared here and the
    run starts again, with the same address.

    Returns:
        The home; if it cannot be used the page says so and ends.
    """
    if not st.session_state.get("_routed"):
        st.session_state["_routed"] = True
        navigation()
        st.rerun()
    gate()
    _drop_endless_numbers()
    st.title(title)
    try:
        store = open_store()
        store.check_there()
        return store
    except FairalError as error:
        st.error(literal(error, 1000))
        st.stop()


def _drop_endless_numbers() -> None:
    """Take 1e999 and the like out of the address, and start again: Streamlit has no whole number for it."""
    endless = {name for name in set(st.query_params) - {"name", "study"} if _is_endless(st.query_params[name])}
    for name in endless:
        del st.query_params[name]
    if endless:
        st.rerun()


def _is_endless(text: str) -> bool:
    try:
        return not math.isfinite(float(text))
    except ValueError:
        return False


def frame() -> None:
    """Draw what stands around every page, for those who may come in; called by the router alone."""
    st.session_state["_routed"] = True
    st.html(_STEADY + _CHOSEN.format(st.get_option(f"theme.{st.context.theme.type or 'light'}.textColor")))
    gate()
    with st.sidebar:
        say_who()
        try:
            store = open_store()
            start_server_side(str(store.home))
            st.caption(f"fairal {__version__} · {live_workers(store)} workers alive")
            st.caption(f"Home: {literal(store.home)}")
        except (FairalError, OSError) as error:
            st.caption(literal(error))


@st.cache_resource(max_entries=4)
def _store(home: str) -> Store:
    return Store(home)


def open_store() -> Store:
    """Give the home of this server."""
    return _store(str(default_home()))


@st.cache_resource(max_entries=4, show_spinner="Looking through the home …")
def start_server_side(home: str) -> bool:
    """Once per server: take interrupted runs up again, and warm what the first click will need.

    FAIRAL_WARM=0 leaves out the warming, for tests and small machines.
    """
    _load_pages()
    warm, store = settings.warm(), Store(home)
    settle(store)
    crew_of().ensure(store, LINGER_SECONDS if warm else 0.0)
    if warm:
        threading.Thread(target=_warm, args=(home,), daemon=True).start()
    return True


def _load_pages() -> None:
    """Load what pages are made of before the first is drawn.

    Visitors that come at the same moment would load it in different orders, and Python gives up where two wait for each
    other's modules (seen with twenty of them, tests/slow/test_sessions.py).
    """
    for module in iter_modules([str(Path(__file__).parent)]):
        import_module(f"fairal.ui.{module.name}")


def _warm(home: str) -> None:
    time.sleep(2)  # the first page goes first
    crew_of().ensure(Store(home), LINGER_SECONDS, warm=True)
    time.sleep(8)  # then the workers
    from fairal.cohort.synthetic.anatomy import load_template

    load_template()


def say_origin(library: Library, experiment: str) -> None:
    """Say of a bundle that it is one, and where its numbers come from; nothing of one's own experiment."""
    with saying():
        if provenance := library.provenance(experiment):
            what = {"added": "Added bundle, read only.", "shipped": "Shipped with fairal, read only."}
            st.caption(f"{what[library.origin(experiment)]} {literal(provenance.sentence())}")


def warn_if_missing(parameter: str, there: list[str], instead: str) -> None:
    """Say that the address names an experiment that is not here; the bound widget falls back by itself."""
    if any(name not in there for name in st.query_params.get_all(parameter)):
        st.warning(f"An experiment in the address is not here (any more); {instead}.")


def latest_unless_asked(key: str, value) -> None:
    """Start a bound widget with the latest experiment, not as its default: what equals a default is not in the address,
    and the address must show the same thing tomorrow."""
    if key not in st.session_state and not st.query_params.get_all(key):
        st.session_state[key] = value


@contextmanager
def saying():
    """Turn what went wrong into a sentence on the page; the rest of the page stays alive."""
    try:
        yield
    except FairalError as error:
        st.error(literal(error, 1000), icon=":material/error:")
    except OSError as error:
        if is_full(error):
            st.error(literal(full_sentence(error, default_home()), 1000), icon=":material/error:")
            return
        st.error(literal(f"{error.strerror or error}: {error.filename or 'no file named'}"), icon=":material/error:")


def empty(text: str, button: str = "Run the demo", page: str = "overview") -> None:
    """Say what will stand here, and give the button that makes it happen; ends the page."""
    st.info(text, icon=":material/info:")
    if st.button(button, type="primary"):
        st.switch_page(page_path(page))
    st.stop()
