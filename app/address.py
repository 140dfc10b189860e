"""The address bar follows the state, so that its link opens the page as it is now.

Streamlit's own way of setting query parameters adds an entry to the browser's history each time: after five
strokes it would take six presses of the Back button to leave the page. This component replaces the entry.
"""

import streamlit as st

from app import state

_FOLLOW = """
export default function ({ data }) {
  const here = new URL(window.location.href)
  const query = new URLSearchParams(data.query)
  for (const [name, value] of here.searchParams) {
    if (name.startsWith("embed")) query.append(name, value)
  }
  if (query.toString() === here.searchParams.toString()) return
  here.search = query
  window.history.replaceState(window.history.state, "", here)
}
"""

_follow = st.components.v2.component("digit_lab_address", js=_FOLLOW, html="<span hidden></span>\n")


def follow(page: str, key: str) -> None:
    """Puts the present state into the address bar.

    Args:
        page: the page's path; a new page has a new address, which needs its query anew.
        key: who calls: the frame of every page, or a fragment that changes the state without the frame.
    """
    _follow(data={"page": page, "query": state.query()}, key=f"address by {key}", height=1)
