"""Adam whose steps are relative to the size of what they change.

Batch norm makes a convolution's output the same whatever the scale of its kernel, so that a step
counts by its share of the kernel: with one rate for all, the first layers of a network drawn by
He's rule, whose kernels are ten times larger than the last ones', hardly learn while the last
ones churn. Each kernel's rate is its root mean square times the rate given, over `TYPICAL`; biases
and offsets take the rate as it is.

Source: Kingma and Ba 2015, arXiv:1412.6980; relative steps: Shazeer and Stern 2018,
arXiv:1804.04235, section 8; You et al. 2020, arXiv:1904.00962.
"""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

TYPICAL = 0.03
"""Root mean square of a kernel that takes the rate as it is."""
_BETA_1, _BETA_2, _EPSILON = 0.9, 0.999, 1e-7


class RelativeAdam:
    """Optimizer of a fixed list of variables.

    Parameters
    ----------
    variables : sequence of keras.Variable

    Attributes
    ----------
    learning_rate : tf.Variable
        Scalar; assign to it before a step.
    state : list of tf.Variable
        All that steps change beside the variables, in a fixed order.
    """

    def __init__(self, variables: Sequence[Any]) -> None:
        self._variables = [variable.value for variable in variables]
        self.learning_rate = tf.Variable(0.0)
        self._step = tf.Variable(0.0)
        self._means = [tf.Variable(tf.zeros(v.shape)) for v in self._variables]
        self._squares = [tf.Variable(tf.zeros(v.shape)) for v in self._variables]
        self.state = [self._step, *self._means, *self._squares]

    def apply(self, gradients: Sequence[Any]) -> None:
        """Take one step; inside a `tf.function`."""
        self._step.assign_add(1.0)
        parts = zip(self._variables, self._means, self._squares, gradients, strict=True)
        for variable, mean, square, gradient in parts:
            share = 1.0
            if len(variable.shape) > 1:
                size = tf.sqrt(tf.reduce_mean(tf.square(variable)))
                share = tf.clip_by_value(size / TYPICAL, 0.1, 30.0)
            # TensorFlow's own kernel: one pass over the memory where Keras takes ten.
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=mean.handle,
                v=square.handle,
                beta1_power=_BETA_1**self._step,
                beta2_power=_BETA_2**self._step,
                lr=self.learning_rate * share,
                beta1=_BETA_1,
                beta2=_BETA_2,
                epsilon=_EPSILON,
                grad=gradient,
            )
