"""Batch normalisation as one operation, for training.

Keras composes it of a dozen operations, each of which reads and writes the whole batch of maps. TensorFlow
has one for all, with which a network that normalises a lot learns half as fast again. The layer is Keras's
own in all else (weights, their names, moving averages), so that weights go from one to the other; what is
saved for others is built of Keras's.
"""

from typing import Any

import keras
import tensorflow as tf


class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Keras's ``BatchNormalization`` of maps (n, height, width, channels), computed by one operation.

    Vectors, other layouts and other backends than TensorFlow are left to Keras.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:  # noqa: ANN401
        """Normalise.

        Args:
            inputs: a tensor.
            training: whether by the batch's own mean and variance, which are then remembered.
            mask: which values don't count; Keras's own code handles it.

        Returns:
            A tensor of the same shape.
        """
        learns = bool(training) and self.trainable
        if (
            not learns
            or len(inputs.shape) != 4
            or mask is not None
            or keras.backend.backend() != "tensorflow"
        ):
            return super().call(inputs, training=training, mask=mask)
        normalised, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.convert_to_tensor(self.gamma),
            offset=tf.convert_to_tensor(self.beta),
            mean=[],
            variance=[],
            epsilon=self.epsilon,
            is_training=True,
        )
        # The operation estimates the variance of all there might be; Keras remembers the batch's own.
        values = tf.cast(tf.size(inputs) // tf.shape(inputs)[-1], variance.dtype)
        self._remember(self.moving_mean, mean)
        self._remember(self.moving_variance, variance * (values - 1) / values)
        return normalised

    def _remember(self, average: keras.Variable, value: Any) -> None:  # noqa: ANN401
        average.assign(average * self.momentum + value * (1 - self.momentum))
