"""What happens to an image on its way: decoys in it, resizing, blur, fading, JPEG, cuts.

In: a gray image, uint8 (h, w), and a generator. Out: another one.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from sempark.synthetic.fields import Shape
from sempark.synthetic.lettering import wheel_fonts
from sempark.synthetic.sheet import Box, Scale, Sheet

Gray = NDArray[np.uint8]

# heights and widths in pixels of what instruments store
SIZES: tuple[Shape, ...] = (
    (480, 640),
    (484, 712),
    (516, 645),
    (600, 800),
    (768, 1024),
    (884, 1024),
    (960, 1280),
    (1024, 1280),
)

# of figures in papers
FIGURE_SIZES: tuple[Shape, ...] = ((300, 400), (330, 440), (420, 560), (500, 500))


def burn_in(picture: Gray, rng: np.random.Generator, nm_per_px: float) -> Gray:
    """Add, to some pictures, what misleads: measurements, letters, boxes, flat dark areas."""
    kind = float(rng.random())
    if kind > 0.3:
        return picture
    picture = picture.copy()
    h, w = picture.shape
    sheet = Sheet(picture, Scale(1, "um", nm_per_px), rng, wheel_fonts())
    sheet.face = sheet.pick(rng.uniform(0.02, 0.035) * h + 4)
    x, y = rng.uniform(0.15, 0.6) * w, rng.uniform(0.15, 0.6) * h
    if kind < 0.1:  # a measured length: two crossed marks, a line between, a boxed text
        reach = rng.uniform(0.05, 0.3) * w
        cv2.arrowedLine(picture, (int(x), int(y)), (int(x), int(y + reach)), 255, 1, cv2.LINE_AA)
        cv2.arrowedLine(picture, (int(x), int(y + reach)), (int(x), int(y)), 255, 1, cv2.LINE_AA)
        size = reach * nm_per_px
        text = f"Pa 1 = {size:.1f} nm" if size < 1e3 else f"{size / 1e3:.2f} µm"
        wide = sheet.measure(text)
        sheet.rule(x + 6, y, x + 14 + wide, y + 2.2 * sheet.face.digit_px, 0)
        sheet.text(x + 10, y + 1.6 * sheet.face.digit_px, text)
    elif kind < 0.18:  # a panel's letter
        sheet.rule(0, 0, 3 * sheet.face.digit_px, 3 * sheet.face.digit_px, 255)
        sheet.gray = 0
        sheet.text(
            sheet.face.digit_px, 2 * sheet.face.digit_px, str(rng.choice(list("abcd"))) + ")"
        )
    elif kind < 0.24:  # a hole or vacuum: flat and black near the bottom
        sheet.rule(0.0, h * rng.uniform(0.7, 0.9), w * rng.uniform(0.5, 1.0), h, 0)
    else:  # marks of an analysis
        for k in range(int(rng.integers(1, 4))):
            x, y = rng.uniform(0.1, 0.8) * w, rng.uniform(0.1, 0.7) * h
            cv2.rectangle(picture, (int(x), int(y)), (int(x + 0.08 * w), int(y + 0.06 * h)), 255, 1)
            sheet.text(x + 3, y - 3, str(k + 1))
    return picture


def without(picture: Gray, rng: np.random.Generator) -> Gray:
    """Return a picture without any data bar, at times with what could be taken for one."""
    kind = int(rng.integers(0, 5))
    h, w = picture.shape
    picture = picture.copy()
    rows = int(h * rng.uniform(0.05, 0.1))
    if kind == 0:  # rows mirrored over where a data bar was
        picture[h - rows :] = picture[h - 2 * rows : h - rows][::-1]
    elif kind == 1:  # a flat strip with nothing in it
        picture[h - rows :] = int(rng.choice([0, 255, 53]))
    elif kind == 2:  # a strip cut off just below its upper edge
        picture[h - 4 :] = int(rng.choice([0, 255]))
    elif kind == 3:  # a strip with a caption but no scale
        picture[h - rows :] = 0
        sheet = Sheet(picture, Scale(1, "um", 1.0), rng, wheel_fonts())
        sheet.face = sheet.pick(0.35 * rows)
        sheet.text(0.02 * w, h - 0.3 * rows, f"WD = {rng.uniform(2, 20):.1f} mm  EHT = 5.00 kV")
    return picture


def resize(image: Gray, factor: float) -> Gray:
    """Scale an image; shrinking averages, enlarging interpolates."""
    size = (max(16, round(image.shape[1] * factor)), max(16, round(image.shape[0] * factor)))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, size, interpolation=how), np.uint8)


def blur(image: Gray, rng: np.random.Generator, text_px: float) -> Gray:
    """Blur some images, the less the smaller their text."""
    if rng.random() > 0.3:
        return image
    sigma = float(rng.uniform(0.3, 0.3 + 0.05 * min(text_px, 16)))
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)


def fade(image: Gray, rng: np.random.Generator) -> Gray:
    """Lower the contrast of some images."""
    if rng.random() > 0.2:
        return image
    low, high = rng.uniform(0, 60), rng.uniform(150, 255)
    table = np.linspace(low, high, 256).round().astype(np.uint8)
    return np.asarray(cv2.LUT(image, table), np.uint8)


def compress(image: Gray, rng: np.random.Generator) -> Gray:
    """Pass half of the images through JPEG."""
    if rng.random() > 0.5:
        return image
    quality = int(rng.integers(50, 98))
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8) if done else image


def cut(
    image: Gray, value_box: Box, bar: tuple[float, float, float], rng: np.random.Generator
) -> Gray:
    """Cut rows or columns off, through the middle of the value."""
    x0, y0, x1, y1 = value_box
    across = x0 + (x1 - x0) * rng.uniform(0.2, 0.5)
    if x0 > 0.6 * image.shape[1]:
        return np.ascontiguousarray(image[:, : int(across)])
    if x1 < 0.4 * image.shape[1] and bar[0] < x1:
        return np.ascontiguousarray(image[:, int(across) :])
    if y0 > 0.5 * image.shape[0]:
        return np.ascontiguousarray(image[: int(y0 + (y1 - y0) * rng.uniform(0.3, 0.5))])
    return np.ascontiguousarray(image[int(y0 + (y1 - y0) * rng.uniform(0.5, 0.7)) :])


def wash_out(image: Gray, value_box: Box | None, rng: np.random.Generator) -> Gray:
    """Make the value unreadable: all of the image out of focus, or the value all but gone."""
    if value_box is None:
        return image
    x0, y0, x1, y1 = value_box
    if rng.random() < 0.5:
        sigma = float((y1 - y0) * rng.uniform(0.35, 0.6))
        return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)
    image = image.copy()
    part = image[max(0, y0 - 1) : y1 + 1, max(0, x0 - 1) : x1 + 1]
    paper = float(np.median(part))
    part[:] = np.round(paper + (part - paper) * rng.uniform(0, 0.03)).astype(np.uint8)
    return image
