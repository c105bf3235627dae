"""How good a classifier is: accuracy with its interval, confusion, reliability.

Probabilities and true labels go in; the accuracy with Wilson's interval, the confusion matrix,
the accuracy of each category and how far probabilities can be believed come out. Probabilities
are the softmax over the outputs in use, the first ten of the thesis' 1001.

Source: thesis, section 3.1.1 (average accuracy); Wilson 1927, JASA 22, 209; reliability bins:
Guo et al. 2017, arXiv:1706.04599.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Evaluation:
    """What a test set says.

    Attributes
    ----------
    n : int
        Images.
    accuracy : float
        Share whose most probable category is the true one (ties: the lower index).
    interval : (float, float)
        Wilson's 95 % interval of the accuracy.
    confusion : int64 (n_categories, n_categories)
        Row: true category; column: predicted.
    category_accuracy : float64 (n_categories,)
        The diagonal over the row sums; NaN for a category without images.
    bin_confidence, bin_accuracy : float64 (n_bins,)
        Mean probability of the predicted category and share right, by equal bins of that
        probability; NaN for an empty bin.
    bin_count : int64 (n_bins,)
    calibration_error : float
        Mean |confidence - accuracy| over the bins, weighted by their counts.
    """

    n: int
    accuracy: float
    interval: tuple[float, float]
    confusion: npt.NDArray[np.int64]
    category_accuracy: Floats
    bin_confidence: Floats
    bin_accuracy: Floats
    bin_count: npt.NDArray[np.int64]
    calibration_error: float


def probabilities(logits: npt.ArrayLike, n_categories: int) -> npt.NDArray[np.float32]:
    """Softmax over the first `n_categories` logits.

    Parameters
    ----------
    logits : (n, c) with c >= n_categories
    n_categories : int

    Returns
    -------
    float32 (n, n_categories), rows summing to 1

    Raises
    ------
    ValueError
        Too few columns, or values that aren't finite.
    """
    x = np.asarray(logits, dtype=np.float64)
    if x.ndim != 2 or not 1 <= n_categories <= x.shape[1]:
        raise ValueError(
            f"expected logits (n, {n_categories} or more), received {x.shape}: take the network "
            "that was fine-tuned on these categories"
        )
    x = x[:, :n_categories]
    if not np.isfinite(x).all():
        raise ValueError("expected finite logits, received NaN or infinity: check the checkpoint")
    raised = np.exp(x - x.max(axis=1, keepdims=True))
    return (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32)


def evaluate(probability: npt.ArrayLike, labels: npt.ArrayLike, n_bins: int = 10) -> Evaluation:
    """Compare predicted probabilities with the truth.

    Parameters
    ----------
    probability : (n, n_categories), n >= 1
    labels : int (n,), 0..n_categories - 1
    n_bins : int
        Bins of the reliability.

    Returns
    -------
    Evaluation

    Raises
    ------
    ValueError
        No images, shapes that don't fit, labels out of range.
    """
    p, y = np.asarray(probability, dtype=np.float64), np.asarray(labels)
    if p.ndim != 2 or y.shape != p.shape[:1] or y.size == 0:
        raise ValueError(
            f"expected probabilities (n, categories) and n labels, received {p.shape}, {y.shape}"
        )
    k = p.shape[1]
    if y.min() < 0 or y.max() >= k or not np.issubdtype(y.dtype, np.integer):
        raise ValueError(f"expected whole labels 0..{k - 1}, received {y.min()}..{y.max()}")
    guess = p.argmax(axis=1)
    confusion = np.zeros((k, k), dtype=np.int64)
    np.add.at(confusion, (y, guess), 1)
    right = guess == y
    rows = confusion.sum(axis=1)
    confidence = p.max(axis=1)
    bins = np.clip((confidence * n_bins).astype(np.int64), 0, n_bins - 1)
    count = np.bincount(bins, minlength=n_bins)
    sum_confidence = np.bincount(bins, weights=confidence, minlength=n_bins)
    sum_right = np.bincount(bins, weights=right, minlength=n_bins)
    return Evaluation(
        n=int(y.size),
        accuracy=float(right.mean()),
        interval=wilson(int(right.sum()), int(y.size)),
        confusion=confusion,
        category_accuracy=_ratio(np.diag(confusion), rows),
        bin_confidence=_ratio(sum_confidence, count),
        bin_accuracy=_ratio(sum_right, count),
        bin_count=count.astype(np.int64),
        calibration_error=float(np.abs(sum_confidence - sum_right).sum() / y.size),
    )


def wilson(n_right: int, n: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Wilson's score interval of a share, 95 % by default; ValueError unless 0 <= n_right <= n."""
    if not 0 <= n_right <= n or n < 1:
        raise ValueError(f"expected 0 <= right <= n and n >= 1, received {n_right} of {n}")
    share = n_right / n
    middle = share + z * z / (2 * n)
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, float((middle - half) / scale)), min(1.0, float((middle + half) / scale))


def _ratio(part: npt.NDArray[np.generic], whole: npt.NDArray[np.generic]) -> Floats:
    a, b = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    return np.divide(a, b, out=np.full(a.shape, np.nan), where=b > 0)
