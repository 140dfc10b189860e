"""The named recipes that ship with the project."""

from model.annealing import Annealer
from model.augmentation import Augmentation
from model.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Layer,
    MaxPooling2D,
)
from model.optimizers import Optimizer
from model.recipe import Recipe


def _normalised_convolution(filters: int) -> tuple[Layer, ...]:
    # no bias: normalisation subtracts the mean, and a bias with it
    return (
        Conv2D(filters, 3, padding="same", bias=False),
        BatchNormalization(),
        Activation("relu"),
    )


def _classic_block(filters: int) -> tuple[Layer, ...]:
    pair = _normalised_convolution(filters) * 2
    return (*pair, MaxPooling2D(2), Dropout(0.25))


def _pooled_convolution(filters: int, kernel_size: int, pooled: bool) -> tuple[Layer, ...]:
    # normalised after pooling: the same to read, and a quarter of the numbers to normalise
    pooling = (MaxPooling2D(2),) if pooled else ()
    return (
        Conv2D(filters, kernel_size, bias=False),
        *pooling,
        BatchNormalization(),
        Activation("relu"),
    )


def _vgg_block(filters: int) -> tuple[Layer, ...]:
    return (Conv2D(filters, 3, padding="same"), Activation("relu")) * 2 + (MaxPooling2D(2),)


def _all_convolutional_block(filters: int) -> tuple[Layer, ...]:
    return (
        Conv2D(filters, 3, padding="same"),
        Activation("relu"),
        Conv2D(filters, 3, stride=2, padding="same"),
        Activation("relu"),
    )


_ANSWER = (Dense(10), Activation("softmax"))

PRESETS: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        # The plain design that the lab grew from. Its schedule was fixed before the training.
        Recipe(
            name="classic",
            layers=(
                *_classic_block(32),
                *_classic_block(64),
                Flatten(),
                Dense(128, bias=False),
                BatchNormalization(),
                Activation("relu"),
                Dropout(0.5),
                *_ANSWER,
            ),
            optimizer=Optimizer("adam", learning_rate=3e-3),
            annealer=Annealer("one-cycle"),
            epochs=8,
            batch_size=128,
            seed=1,
        ),
        # The network in hand on the first day: to read what anybody writes. Most of its multiply-adds are
        # spent on some 10×10 cells, where a kernel sees a stroke and its neighbour. `benchmarks.ablation`
        # says what each part of the augmentation gives. Averaged weights gave nothing more: at the end of the
        # cycle the steps are so small that the weights hardly move.
        Recipe(
            name="flagship",
            layers=(
                *_pooled_convolution(40, 5, pooled=True),
                *_pooled_convolution(80, 3, pooled=False),
                *_pooled_convolution(80, 3, pooled=True),
                *_pooled_convolution(160, 3, pooled=False),
                Flatten(),
                Dropout(0.4),
                *_ANSWER,
            ),
            optimizer=Optimizer("adamw", learning_rate=5e-3, weight_decay=0.01),
            annealer=Annealer("one-cycle"),
            epochs=40,
            batch_size=128,
            seed=1,
            augmentation=Augmentation(
                rotation_degrees=12,
                zoom=0.1,
                shift_cells=1.5,
                shear_degrees=15,
                elastic_cells=0.8,
                aspect=0.3,
                thickness_cells=1.5,
                written=0.2,
            ),
        ),
        # For live training: few filters and early pooling keep the multiply-adds low, one cycle with a high
        # rate and little momentum keeps the epochs few. The cheapest of 13 that stayed above 99.0% of the
        # validation digits with every seed that was tried.
        Recipe(
            name="quick",
            layers=(
                Conv2D(8, 5),
                MaxPooling2D(2),
                Activation("relu"),
                Conv2D(24, 3),
                MaxPooling2D(2),
                Activation("relu"),
                Flatten(),
                Dense(128),
                Activation("relu"),
                *_ANSWER,
            ),
            optimizer=Optimizer("adam", learning_rate=1e-2, beta_1=0.7, beta_2=0.9),
            annealer=Annealer("one-cycle"),
            epochs=3,
            batch_size=256,
            seed=1,
        ),
        # Few enough numbers to look at every one of them.
        Recipe(
            name="tiny",
            layers=(
                Conv2D(6, 5, stride=2),
                Activation("relu"),
                Conv2D(10, 3),
                Activation("relu"),
                MaxPooling2D(2),
                GlobalAveragePooling2D(),
                *_ANSWER,
            ),
            optimizer=Optimizer("adam", learning_rate=1e-2),
            annealer=Annealer("one-cycle"),
            epochs=10,
            batch_size=128,
            seed=1,
        ),
        # For the lesson on the annealer. A first rate that is too high for small batches: validation is noisy
        # and stays low, until a drop brings it to another level. Dropout leaves work for the second.
        # Better by fewer than two of 1,000 digits is no better: that much is chance.
        Recipe(
            name="plateau",
            layers=(
                Conv2D(8, 5),
                MaxPooling2D(2),
                Activation("relu"),
                Conv2D(16, 3),
                MaxPooling2D(2),
                Activation("relu"),
                Flatten(),
                Dropout(0.3),
                *_ANSWER,
            ),
            dataset="mini",
            optimizer=Optimizer("sgd", learning_rate=0.1, momentum=0.9),
            annealer=Annealer("plateau", factor=0.3, patience=3, min_delta=0.002, min_lr=1e-4),
            epochs=20,
            batch_size=32,
            seed=1,
        ),
        # LeCun et al. 1998, but with a softmax instead of radial basis functions, and every map connected.
        Recipe(
            name="lenet5",
            layers=(
                Conv2D(6, 5, padding="same"),
                Activation("tanh"),
                AveragePooling2D(2),
                Conv2D(16, 5),
                Activation("tanh"),
                AveragePooling2D(2),
                Flatten(),
                Dense(120),
                Activation("tanh"),
                Dense(84),
                Activation("tanh"),
                *_ANSWER,
            ),
            annealer=Annealer("plateau"),
            epochs=12,
            seed=1,
        ),
        # After Simonyan and Zisserman 2015: 3×3 kernels alone, in pairs; after each pooling twice as many.
        # As narrow as a laptop wants it: theirs begins with 64 and has two dense layers of 4,096 units.
        Recipe(
            name="vgg",
            layers=(
                *_vgg_block(16),
                *_vgg_block(32),
                *_vgg_block(64),
                Flatten(),
                Dense(128),
                Activation("relu"),
                Dropout(0.5),
                *_ANSWER,
            ),
            optimizer=Optimizer("adam", learning_rate=2e-3),
            annealer=Annealer("one-cycle"),
            epochs=5,
            batch_size=128,
            seed=1,
        ),
        # After Springenberg et al. 2015: convolutions with a stride in the place of pooling, one of 1×1 in
        # that of the dense layer, and the mean of each of its ten maps is a digit's logit.
        Recipe(
            name="all-convolutional",
            layers=(
                *_all_convolutional_block(24),
                *_all_convolutional_block(48),
                Conv2D(48, 3, padding="same"),
                Activation("relu"),
                Conv2D(10, 1),
                GlobalAveragePooling2D(),
                Activation("softmax"),
            ),
            optimizer=Optimizer("adam", learning_rate=5e-3),
            annealer=Annealer("one-cycle"),
            epochs=5,
            batch_size=128,
            seed=1,
        ),
        # No convolution, to compare: each pixel votes for each digit ...
        Recipe(name="linear", layers=(Flatten(), *_ANSWER), epochs=8, seed=1),
        # ... or through one hidden layer.
        Recipe(
            name="dense",
            layers=(Flatten(), Dense(128), Activation("relu"), Dropout(0.2), *_ANSWER),
            epochs=10,
            seed=1,
        ),
    )
}
