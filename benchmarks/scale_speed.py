"""What reading a scale costs an image, and Tesseract's share of it, in one run.

python benchmarks/scale_speed.py [--images 128] [--batch 128] [--rounds 3]

Draws micrographs of 1024 x 768 px with data bars, stores them as JPEG, and times decoding,
`read_many` and, alternately in the same run, one Tesseract call an image through
pytesseract as it is commonly done. One OpenCV thread, one Tesseract thread; numbers of a
busy machine are worth their ratios only.
"""

import argparse
import os
import time

os.environ.setdefault("OMP_THREAD_LIMIT", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cv2
import numpy as np
import pytesseract

from sempark.scalebar import ocr, reading
from sempark.synthetic import cases, databars


def pictures(count: int, rng: np.random.Generator) -> list[bytes]:
    """Draw legible cases and keep those of about 1024 x 768 px."""
    kept: list[bytes] = []
    layouts = [n for n in databars.LAYOUTS if n not in ("author", "jeol_overlay")]
    while len(kept) < count:
        gray, _ = cases.draw_case("legible", layouts[len(kept) % len(layouts)], rng)
        if 700_000 <= gray.size <= 1_100_000:
            kept.append(cv2.imencode(".jpg", gray, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes())
    return kept


class Clock:
    """Sums the seconds spent in Tesseract while `read_many` runs."""

    def __init__(self) -> None:
        self.seconds, self.crops = 0.0, 0
        self.inner = ocr.read_lines

    def read_lines(self, crops, page_mode: int = 7, engine: ocr.Engine = "tesseract"):
        """Read as `ocr.read_lines` does, and note the time."""
        start = time.perf_counter()
        lines = self.inner(crops, page_mode, engine)
        self.seconds += time.perf_counter() - start
        self.crops += len(crops)
        return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=128)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    data = pictures(args.images, np.random.default_rng(5))
    rows = []
    for _ in range(args.rounds):
        start = time.perf_counter()
        grays = [cv2.imdecode(np.frombuffer(d, np.uint8), cv2.IMREAD_GRAYSCALE) for d in data]
        decoded = time.perf_counter()
        clock = Clock()
        ocr.read_lines = clock.read_lines
        readings = []
        for i in range(0, len(grays), args.batch):
            readings += reading.read_many(grays[i : i + args.batch])
        done = time.perf_counter()
        ocr.read_lines = clock.inner
        few = grays[:8]
        for gray in few:
            pytesseract.image_to_string(gray[-gray.shape[0] // 8 :], config="--psm 11")
        single = (time.perf_counter() - done) / len(few)
        n = len(data) / 1e3
        rows.append(((decoded - start) / n, (done - decoded) / n, clock.seconds / n, single * 1e3))
    right = sum(r.status == "ok" for r in readings)
    best = np.array(rows).min(axis=0)
    print(f"{len(data)} images, {right} read, {clock.crops} crops, batches of {args.batch}")
    for name, value in zip(
        ("decode JPEG", "read_many", "  of it Tesseract", "one call an image"), best, strict=True
    ):
        print(f"{name:20}{value:8.1f} ms an image")
    print(
        f"whole stage {best[0] + best[1]:.1f} ms, {best[3] / (best[0] + best[1]):.1f} times faster"
    )


if __name__ == "__main__":
    main()
