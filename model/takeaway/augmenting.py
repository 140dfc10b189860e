"""How the take-away script changes its digits: as `model.augmentation` does, by NumPy alone."""

from model.augmentation import SMOOTHNESS, Augmentation

_HEAD = '''
# Where the cells of a digit are, (3, 784): across, down, and 1 for the part of a map that moves.
CELLS = np.stack([*np.indices((28, 28))[::-1], np.ones((28, 28))]).reshape(3, -1).astype("float32")


def augment(digits, random):
    """Change every digit a little, at random: uint8 (n, 28, 28)."""
    mirror, zoom, slant, turn, across, down = random.uniform(-1, 1, (6, len(digits))).astype("float32")
    enlarged = np.exp(zoom * {zoom!r})
    slant = np.tan(np.radians(slant * {shear_degrees!r}))  # degrees
    turn = np.radians(turn * {rotation_degrees!r})  # degrees
    moved = 13.5 + np.stack([across, down], axis=-1)[..., None] * {shift_cells!r}  # cells, from the centre
    # all of it as one map, from a place in the changed digit back to the place in the original
    cos, sin = np.cos(turn), np.sin(turn)
    back = np.array([[cos + slant * sin, sin - slant * cos], [-sin, cos]]) / enlarged
'''
_FLIP = "    back[0] *= np.where(mirror < 0, -1, 1)  # half of them change left and right\n"
_PLACES = """    back = back.transpose(2, 0, 1)
    maps = np.concatenate([back, 13.5 - back @ moved], axis=-1, dtype="float32")
    places = (maps @ CELLS).reshape(-1, 2, 28, 28)
"""
_PULL = """    # and neighbouring places are pulled about, each by a smooth random field
    knots = random.standard_normal((len(digits), 2, SPREAD.shape[1], SPREAD.shape[1]), dtype="float32")
    places = places + np.float32({elastic_cells!r}) * (SPREAD @ knots @ SPREAD.T)
"""
_TAIL = '''    return resample(digits, places)


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


def changing(augmentation: Augmentation | None) -> str:
    """The functions that change digits, in Python, the first `augment(digits, random)`; "" for no change."""
    if augmentation is None:
        return ""
    numbers = vars(augmentation)
    elastic = augmentation.elastic_cells > 0
    return "".join(
        [
            _HEAD.format(**numbers),
            _FLIP if augmentation.flip else "",
            _PLACES,
            _PULL.format(**numbers) if elastic else "",
            _TAIL,
            _SPREAD if elastic else "",
        ]
    )
