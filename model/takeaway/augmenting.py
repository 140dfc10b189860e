"""How the take-away script changes its digits: as `model.augmentation` does, by NumPy alone.

A script says only what its recipe does. Random numbers are drawn in the lab's order, so that the changes are
the same.
"""

import inspect
from dataclasses import fields

from model.augmentation import SMOOTHNESS, Augmentation, Probabilities, written

_NAMES = [field.name for field in fields(Probabilities)]

_HEAD = '''
# Where the cells of a digit are, (3, 784): across, down, and 1 for the part of a map that moves.
CELLS = np.stack([*np.indices((28, 28))[::-1], np.ones((28, 28))]).reshape(3, -1).astype("float32")


def augment(digits, random):
    """Change every digit a little, at random: uint8 (n, 28, 28)."""
    mirror, zoom, slant, turn, across, down = random.uniform(-1, 1, (6, len(digits))).astype("float32")
'''
_FURTHER = f"""    further = random.spawn(1)[0]  # a stream of its own, so that it doesn't disturb the first
    shares = further.random((8, len(digits)), "float32")
    chances = further.random(({len(_NAMES)}, len(digits)), "float32")
"""
_MAPS = """    enlarged = np.exp(zoom * {zoom!r})
    slant = np.tan(np.radians(slant * {shear_degrees!r}))  # degrees
    turn = np.radians(turn * {rotation_degrees!r})  # degrees
    moved = 13.5 + np.stack([across, down], axis=-1)[..., None] * {shift_cells!r}  # cells, from the centre
    # all of it as one map, from a place in the changed digit back to the place in the original
    cos, sin = np.cos(turn), np.sin(turn)
    back = np.array([[cos + slant * sin, sin - slant * cos], [-sin, cos]]) / enlarged
"""
_ASPECT = """    wider = np.exp((2 * shares[0] - 1) * {aspect!r}{chance}) ** 0.5  # and as much lower
    back[0] /= wider
    back[1] *= wider
"""
_FLIP = "    back[0] *= np.where(mirror < {bound!r}, -1, 1)  # some of them change left and right\n"
_UPSIDE_DOWN = "    back[1] *= np.where({happens}, -1, 1)  # some of them change top and bottom\n"
_PLACES = """    back = back.transpose(2, 0, 1)
    maps = np.concatenate([back, 13.5 - back @ moved], axis=-1, dtype="float32")
    places = (maps @ CELLS).reshape(-1, 2, 28, 28)
"""
_PULL = """    # and neighbouring places are pulled about, each by a smooth random field
    knots = random.standard_normal((len(digits), 2, SPREAD.shape[1], SPREAD.shape[1]), dtype="float32")
    knots *= {strengths}
    places = places + SPREAD @ knots @ SPREAD.T
"""
_INK = """    ink = resample(digits, places).astype("float32")
"""
_THICKNESS = "    ink = thicken(ink, (2 * shares[1] - 1) * {thickness_cells!r}{chance})  # cells\n"
_BLUR = "    ink = blur(ink, shares[4] * {blur_cells!r}{chance})  # cells\n"
_CONTRAST = """    middle = ink.mean(axis=(1, 2), keepdims=True)
    factor = np.exp((2 * shares[2] - 1) * {contrast!r}{chance})
    ink = middle + factor[:, None, None] * (ink - middle)
"""
_NOISE = """    strength = shares[3] * {noise!r}{chance}  # 1 is full ink
    noise = further.standard_normal((len(digits), 28, 28), dtype="float32")
    ink = ink + 255 * strength[:, None, None] * noise
"""
_CUT = """    side = shares[5] * {cutout_cells!r}{chance}  # cells, left blank
    x, y = (covered(28 * middle - 0.5, side) for middle in shares[6:])
    ink = ink * (1 - y[:, :, None] * x[:, None, :])
"""
_RINSE = """    return np.clip(np.rint(ink), 0, 255).astype("uint8")
"""
_RESAMPLE = '''

def resample(digits, places):
    """The ink at places between the cells, by bilinear interpolation; outside a digit there is none."""
    ink = np.pad(digits, ((0, 0), (1, 2), (1, 2))).astype("float32")
    x, y = np.clip(places, -1, 28).transpose(1, 0, 2, 3) + 1
    left, top = x.astype(int), y.astype(int)
    right, below = x - left, y - top  # shares
    which = np.arange(len(digits))[:, None, None]
    upper = ink[which, top, left] * (1 - right) + ink[which, top, left + 1] * right
    lower = ink[which, top + 1, left] * (1 - right) + ink[which, top + 1, left + 1] * right
    return np.rint(upper * (1 - below) + lower * below).astype("uint8")
'''
_SPREAD = f'''

def spread():
    """What each knot of a coarse grid adds to each cell along one axis: (28, knots)."""
    knots = np.arange(-2.0, 27 / {SMOOTHNESS:g} + 2.01) * {SMOOTHNESS:g}
    weights = np.exp(-((np.arange(28)[:, None] - knots) ** 2) / (2 * {SMOOTHNESS:g}**2))
    return (weights / np.linalg.norm(weights, axis=1, keepdims=True)).astype("float32")


SPREAD = spread()
'''
_THICKEN = '''

def thicken(ink, cells):
    """Let the ink, or the paper, grow into the four neighbours of each cell, by half of it on each side."""
    done = ink
    for sign, extreme in ((1, np.maximum), (-1, np.minimum)):
        growth, grown = np.maximum(sign * cells / 2, 0), ink
        for step in range(int(np.ceil(growth.max()))):
            round_about = np.pad(grown, ((0, 0), (1, 1), (1, 1)), mode="edge")
            beside = extreme(round_about[:, 1:-1, 2:], round_about[:, 1:-1, :-2])
            above = extreme(round_about[:, 2:, 1:-1], round_about[:, :-2, 1:-1])
            further = extreme(grown, extreme(beside, above))
            done = done + np.clip(growth - step, 0, 1)[:, None, None] * (further - grown)
            grown = further
    return done
'''
_BLURRING = '''

def blur(ink, cells):
    """Blur by a Gaussian of so many cells; outside a digit there is no ink."""
    falling = np.exp(-((np.arange(28) / np.maximum(cells, 1e-3)[:, None]) ** 2) / 2)
    falling /= 2 * falling.sum(axis=1, keepdims=True) - 1
    weights = falling[:, abs(np.arange(28)[:, None] - np.arange(28))].astype("float32")
    return weights @ ink @ weights
'''
_COVERED = '''

def covered(middle, side):
    """The share of each cell along one axis that a square covers."""
    cells, side = np.arange(28), side[:, None]
    low, high = (np.clip(middle[:, None] + end * side, cells - 0.5, cells + 0.5) for end in (-0.5, 0.5))
    return (high - low).astype("float32")
'''


# The whole room, as it stands: how code writes digits can't be said in fewer words.
_WRITTEN = "\n" + inspect.getsource(written).partition("import numpy as np\n")[2].strip("\n") + "\n\n"


def changing(augmentation: Augmentation | None) -> str:
    """The functions that change digits, in Python: `augment(digits, random)` and what it needs; "" for none.

    Where code writes some of them, `with_written(digits, labels, share, random)` comes first.
    """
    if augmentation is None:
        return ""
    said, likely = augmentation, augmentation.probabilities
    numbers = vars(said)

    def happens(name: str) -> str:
        return f"chances[{_NAMES.index(name)}] < {getattr(likely, name)!r}"

    def chance(name: str) -> str:
        return "" if getattr(likely, name) == 1 else f" * ({happens(name)})"

    def filled(part: str, name: str = "") -> str:
        return part.format(**numbers, chance=chance(name) if name else "")

    inked = [
        (said.thickness_cells, filled(_THICKNESS, "thickness"), _THICKEN),
        (said.blur_cells, filled(_BLUR, "blur"), _BLURRING),
        (said.contrast, filled(_CONTRAST, "contrast"), ""),
        (said.noise, filled(_NOISE, "noise"), ""),
        (said.cutout_cells, filled(_CUT, "cutout"), _COVERED),
    ]
    inked = [(amount, line, function) for amount, line, function in inked if amount]
    sometimes = [
        f"    {word} *= {happens(name)}  # some of them not\n"
        for name, words in (
            ("zoom", ["zoom"]),
            ("shear", ["slant"]),
            ("rotation", ["turn"]),
            ("shift", ["across", "down"]),
        )
        for word in words
        if getattr(likely, name) != 1
    ]
    strengths = f"np.float32({said.elastic_cells!r})"
    if likely.elastic != 1:
        strengths += f" * ({happens('elastic')})[:, None, None, None]"
    moving = [
        *sometimes,
        filled(_MAPS),
        filled(_ASPECT, "aspect") if said.aspect else "",
        _FLIP.format(bound=2 * likely.flip - 1) if said.flip else "",
        _UPSIDE_DOWN.format(happens=happens("upside_down")) if said.flip_upside_down else "",
        _PLACES,
        _PULL.format(strengths=strengths) if said.elastic_cells else "",
    ]
    ending = (
        [_INK, *(line for _, line, _ in inked), _RINSE]
        if inked
        else ["    return resample(digits, places)\n"]
    )
    body = "".join(moving + ending)
    is_further = "shares[" in body or "chances[" in body
    functions = [_RESAMPLE, _SPREAD if said.elastic_cells else "", *(function for *_, function in inked)]
    return "".join(
        [_WRITTEN if said.written else "", _HEAD, _FURTHER if is_further else "", body, *functions]
    )
