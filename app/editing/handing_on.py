"""What leaves the editor and comes back: a link, the recipe as JSON, the network as Keras code."""

from dataclasses import replace

import streamlit as st

from app import state
from app.editing import acting
from app.link import DEFAULT, to_link
from app.prose import plain, say
from model.recipe import Recipe, RecipeError
from model.takeaway import file_name, to_script
from model.takeaway.network import building

MOST_BYTES = 400_000  # of an uploaded recipe: four to a character, as many as UTF-8 may take

_PASTED, _UPLOADED, _PROBLEM = "pasted recipe", "uploaded recipe", "recipe that can't be read"


def show() -> None:
    """Shows the button that opens the drawer, and the drawer."""
    with st.popover("Save and share", on_change="rerun", key="hand on") as drawer:
        if drawer.open:
            _show_link()
            _show_files()
            _show_taking()


def show_code() -> None:
    """Shows the network's layers as Keras builds them."""
    recipe = state.now().recipe
    with st.expander("In Keras", key="in keras", on_change="rerun") as drawer:
        if drawer.open:
            st.caption(say("editing", "keras"))
            st.code(building(recipe, None).strip(), language="python")
            _script(recipe, "script below")


def _show_link() -> None:
    address = f"{st.context.url or ''}?{state.query()}"
    if state.now().recipe == DEFAULT.recipe or "recipe" in to_link(state.now()):
        st.caption(say("editing", "link"))
        st.code(address, language=None, height=92, wrap_lines=True)
    else:
        st.caption(say("editing", "no link"))


def _show_files() -> None:
    recipe = state.now().recipe
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Recipe, JSON",
            recipe.to_json() + "\n",
            file_name(recipe, ".json"),
            on_click="ignore",
            help=say("training", "control recipe file"),
        )
        _script(recipe, "script")


def _script(recipe: Recipe, key: str) -> None:
    st.download_button(
        "Keras script",
        lambda: to_script(recipe),
        file_name(recipe, ".py"),
        on_click="ignore",
        help=say("training", "control script"),
        key=key,
    )


def _show_taking() -> None:
    st.file_uploader(
        "Open a recipe", type="json", on_change=_take_file, key=_UPLOADED, help=say("editing", "control file")
    )
    st.text_area(
        "or paste one",
        height=100,
        placeholder='{"name": "mine", "layers": [{"layer": "Flatten"}, …',
        on_change=_take_text,
        key=_PASTED,
    )
    if problem := state.kept(_PROBLEM):
        st.error(problem)


def _take_file() -> None:
    file = state.widget(_UPLOADED)
    if file is None:
        state.keep(_PROBLEM, None)
        return
    content = file.getvalue()
    if len(content) > MOST_BYTES:
        state.keep(_PROBLEM, say("editing", "too large"))
        return
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        state.keep(_PROBLEM, say("editing", "no text"))
        return
    read(text)


def _take_text() -> None:
    if text := (state.widget(_PASTED) or "").strip():
        read(text)
    else:
        state.keep(_PROBLEM, None)


def read(text: str) -> None:
    """Puts a recipe's JSON into the editor; what is none is said to be none, and nothing is lost.

    Args:
        text: anybody's.
    """
    try:
        recipe = Recipe.from_json(text)
    except RecipeError as error:
        # letter by letter: what a file says is never Markdown
        state.keep(_PROBLEM, f"{say('editing', 'no recipe')} {plain(str(error)[:400])}")
        return
    state.keep(_PROBLEM, None)
    acting.take(recipe, then=0)


def rename(name: str) -> Recipe:
    """The recipe by another name; by its own where that can be none.

    Args:
        name: what a person typed.
    """
    recipe = state.now().recipe
    return replace(recipe, name=name.strip()[:60]) if name.strip() else recipe
