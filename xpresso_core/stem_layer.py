"""The stem as a Keras layer, and Keras models that take DNA codes.

A plain model takes one-hot DNA. `codes_model` gives a model of the same layers, hence the same weights, that
takes uint8 codes: with the stem in place of the first convolution and pooling or, as reference and for a GPU,
with a one-hot layer in front. Training one trains the other; the plain model is the one to save.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from xpresso_core.errors import DeviceError
from xpresso_core.keras_graph import first_block, promoter_of, replay
from xpresso_core.stem import stem_forward, stem_forward_argmax, stem_gradient
from xpresso_core.stem_geometry import reach


@keras.saving.register_keras_serializable(package="xpresso")
class OneHot(keras.layers.Layer):
    """DNA codes ``[batch, position]`` to one-hot ``[batch, position, 4]``; N (4) becomes zeros."""

    def call(self, codes: Any) -> Any:
        """Return the one-hot tensor in the layer's own float type."""
        # Not keras.ops.one_hot: PyTorch refuses a code beyond the last class.
        letters = keras.ops.convert_to_tensor(np.arange(4, dtype=np.uint8))
        same = keras.ops.equal(keras.ops.expand_dims(keras.ops.cast(codes, "uint8"), -1), letters)
        return keras.ops.cast(same, self.compute_dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Append the four letters."""
        return (*input_shape, 4)


class Stem(keras.layers.Layer):
    """Convolution, ReLU and maximum pooling over DNA codes, with the weights of an existing layer.

    Needs the TensorFlow backend and runs on the processor, in graph mode but not under XLA.

    Parameters
    ----------
    conv
        The built convolution over one-hot DNA; its own variables are used, read and trained.
    pool
        Positions per pool.
    """

    def __init__(self, conv: keras.layers.Conv1D, pool: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.conv = conv
        self.pool = pool
        self.supports_jit = False

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Do nothing: the convolution brings its weights."""
        self.built = True

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return ``[batch, bin, filter]``."""
        batch, length = input_shape
        if length is None:
            return (batch, None, self.conv.filters)
        valid = self.conv.padding == "valid"
        taken = reach(self.conv.kernel_size[0], self.conv.dilation_rate[0]) if valid else 0
        return (batch, (length - taken) // self.pool, self.conv.filters)

    def call(self, codes: Any, training: bool | None = None) -> Any:
        """Return the pooled tensor, float32 ``[batch, bin, filter]``."""
        import tensorflow as tf

        settings = {"pool": self.pool, "padding": self.conv.padding, "dilation": self.conv.dilation_rate[0]}
        width = self.conv.kernel_size[0]
        shape = self.compute_output_shape(tuple(codes.shape))

        def forward(codes: Any, kernel: Any, bias: Any) -> Any:
            return stem_forward(codes, kernel, bias, **settings)

        def forward_argmax(codes: Any, kernel: Any, bias: Any) -> Any:
            return stem_forward_argmax(codes, kernel, bias, **settings)

        def backward(codes: Any, winners: Any, upstream: Any) -> Any:
            return stem_gradient(codes, winners, upstream, width=width, **settings)

        @tf.custom_gradient
        def stem(codes: Any, kernel: Any, bias: Any) -> Any:
            def with_winners() -> Any:
                return tf.numpy_function(
                    forward_argmax, [codes, kernel, bias], (tf.float32, tf.int16), stateful=False
                )

            if training:
                pooled, winners = with_winners()
            else:
                pooled = tf.numpy_function(forward, [codes, kernel, bias], tf.float32, stateful=False)
                winners = None
            pooled.set_shape(shape)

            def gradient(upstream: Any) -> tuple[None, Any, Any]:
                won = with_winners()[1] if winners is None else winners
                by_kernel, by_bias = tf.numpy_function(
                    backward, [codes, won, upstream], (tf.float32, tf.float32), stateful=False
                )
                by_kernel.set_shape(kernel.shape)
                by_bias.set_shape(bias.shape)
                return None, by_kernel, by_bias

            return pooled, gradient

        kernel = tf.convert_to_tensor(self.conv.kernel)
        bias = tf.convert_to_tensor(self.conv.bias) if self.conv.use_bias else tf.zeros(self.conv.filters)
        return stem(codes, kernel, bias)


def supports_stem(model: keras.Model) -> bool:
    """Return whether the first layers of a plain model can be run by the stem here.

    True on the TensorFlow backend with no GPU visible, where the promoter goes to nothing but a Conv1D of
    stride 1 and any dilation in float32, ReLU (inside it or next), and a MaxPooling1D whose stride is its size.
    """
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return not tf.config.get_visible_devices("GPU") and first_block(model) is not None


def codes_model(model: keras.Model, use_stem: bool | None = None) -> keras.Model:
    """Return a model of the same layers whose promoter input is DNA codes.

    Parameters
    ----------
    model
        A functional model with an input ``promoter``, float one-hot ``[position, 4]``, and any others.
    use_stem
        True for the stem, False for a one-hot layer in front of ``model``, None to choose what runs here.

    Returns
    -------
    keras.Model
        Its inputs are those of ``model`` in the same order and with the same names, but ``codes``, uint8
        ``[position]``, in the place of ``promoter``. It shares every weight with ``model``.

    Raises
    ------
    InputError
        If there is no input ``promoter``.
    DeviceError
        If the stem is asked for and cannot be used.
    """
    promoter = promoter_of(model)
    if use_stem is None:
        use_stem = supports_stem(model)
    elif use_stem and not supports_stem(model):
        message = "the stem cannot run the first layers of this model here"
        raise DeviceError(message, remedy="It needs TensorFlow without a GPU; pass use_stem=False")
    inputs = [
        keras.Input(promoter.shape[1:2], dtype="uint8", name="codes")
        if tensor is promoter
        else keras.Input(tensor.shape[1:], dtype=tensor.dtype, name=tensor.name)
        for tensor in model.inputs
    ]
    given = {id(tensor): replaced for tensor, replaced in zip(model.inputs, inputs, strict=True)}
    first = first_block(model) if use_stem else None
    if first is None:
        given[id(promoter)] = OneHot(name="one_hot")(given[id(promoter)])
    else:
        conv, pool, pooled = first
        given[id(pooled)] = Stem(conv, pool, name="stem")(given[id(promoter)])
    outputs = [replay(tensor, given) for tensor in model.outputs]
    return keras.Model(inputs, outputs, name=f"{model.name}_codes")
