"""Who may come in: where Streamlit's secrets configure a login (OIDC), nothing is shown or started before it."""

from collections.abc import Collection, Mapping
from typing import Any, NoReturn

import streamlit as st
from streamlit.errors import StreamlitAuthError

from fairal import settings
from fairal.errors import InputError
from fairal.ui.literal import literal

NOT_CONFIGURED = (
    "FAIRAL_ALLOWED_EMAILS says who may come in, and no login is configured: [auth] of .streamlit/secrets.toml, see "
    "docs/serving.md."
)


def visitor() -> Mapping[str, Any] | None:
    """Give what the login's provider says of who looks; None where no login is configured."""
    return st.user.to_dict() if "is_logged_in" in st.user else None


def may_enter(who: Mapping[str, Any], allowed: Collection[str] | None) -> bool:
    """Tell whether a visitor gets in.

    Args:
        who: What the provider says.
        allowed: Addresses, and domains as ``@example.org``, in small letters; None lets in whoever has logged in.
    """
    if not who.get("is_logged_in"):
        return False
    if allowed is None:
        return True
    address = str(who.get("email") or "").lower()
    # An address that nobody has verified is whatever its owner wrote.
    return who.get("email_verified") is True and (address in allowed or f"@{address.rpartition('@')[2]}" in allowed)


def admitted() -> bool:
    """Tell whether who looks gets in; without a login everybody does.

    Raises:
        InputError: FAIRAL_ALLOWED_EMAILS is not what it must be.
    """
    who, allowed = visitor(), settings.allowed_emails()
    return allowed is None if who is None else may_enter(who, allowed)


def gate() -> None:
    """Let in who may come in; everybody else is told why not, with a button, and the script ends."""
    try:
        if admitted():
            return
    except InputError as error:
        _turn_away(str(error))
    who = visitor()
    if who is None:
        _turn_away(NOT_CONFIGURED)
    if who["is_logged_in"]:
        address = literal(who.get("email") or "who gives no address", 120)
        st.error(f"{address} is not among those who may come in here, or the address is not verified.")
        st.button("Log out", on_click=st.logout)
    else:
        _offer_login()
    st.stop()


def say_who() -> None:
    """Draw who has logged in, and the way out; nothing where no login is configured."""
    if who := visitor():
        st.caption(literal(who.get("email") or who.get("name") or "Logged in", 120))
        st.button("Log out", icon=":material/logout:", on_click=st.logout)


def _turn_away(why: str) -> NoReturn:
    st.error(literal(why, 400))
    st.stop()


def _offer_login() -> None:
    st.title("fairal")
    if st.button("Log in", type="primary", icon=":material/login:"):
        try:
            st.login()
        except StreamlitAuthError as error:  # Authlib is not installed, or [auth] lacks something
            st.error(literal(error, 400))
