"""What the files of a take-away are called, and what a person's words may look like in them."""

from model.recipe import Recipe

START_FILE = "start.npz"  # the weights that a fork begins with, beside its script


def file_name(recipe: Recipe, ending: str) -> str:
    """A file's name for something made from a recipe, such as "my-recipe.py"."""
    return f"{plain(recipe.name).lower().replace(' ', '-') or 'recipe'}{ending}"


def plain(name: str) -> str:
    """A name without anything that could mean something to a program or a file system.

    Returns:
        Its ASCII letters, digits and hyphens, everything else as single spaces; may be empty.
    """
    kept = (c if c == "-" or (c.isalnum() and c.isascii()) else " " for c in name)
    return " ".join("".join(kept).split())
