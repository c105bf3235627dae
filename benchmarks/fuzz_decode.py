"""Throw mutated pictures at the decoder and count what comes back.

    python benchmarks/fuzz_decode.py [--files 10000] [--seed 1] [--from FOLDER] [--memory-mb 512]

Takes TIFFs and JPEGs (drawn ones of many layouts, and those of a folder), changes bytes, cuts,
repeats, swaps parts, and hands each to a watched child process. Every file must end in pixels or
in a status with a reason, and the child must stay within its memory. Prints a table; exits with 1
if a file has neither or the memory was exceeded. The same seed makes the same files.
"""

import argparse
import collections
import io
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import tifffile

from sempark.imaging import formats, vendor
from sempark.imaging.decode import Undecodable
from sempark.imaging.isolated import Decoder

MAX_SEED_BYTES = 4_000_000


def drawn(rng: np.random.Generator) -> list[bytes]:
    """Small files of many layouts."""
    gray = cv2.GaussianBlur(rng.integers(0, 256, (96, 128), dtype=np.uint8), (0, 0), 1.5)
    rgb = np.dstack([gray, gray[::-1], gray // 2])
    layouts: list[tuple[np.ndarray, dict]] = [
        (gray, {}),
        (gray, {"byteorder": ">", "bigtiff": True}),
        (gray > 128, {}),
        (gray.astype(np.uint16) * 100, {"tile": (32, 32)}),
        (gray.astype(np.float32), {"compression": "zlib", "predictor": 3}),
        (rgb, {"photometric": "rgb", "planarconfig": "contig"}),
        (rgb, {"photometric": "rgb", "compression": "jpeg", "tile": (32, 32)}),
        (gray, {"photometric": "palette", "colormap": np.ones((3, 256), np.uint16)}),
        (rgb, {"photometric": "rgb", "compression": "webp"}),
    ]
    for name in ("lzw", "zlib", "packbits", "zstd", "lzma", "jpeg", "jpeg2000", "png"):
        layouts.append((gray, {"compression": name, "rowsperstrip": 20}))
    files = []
    for pixels, options in layouts:
        file = io.BytesIO()
        tifffile.imwrite(file, pixels, metadata=None, **options)
        files.append(file.getvalue())
    for flags in ([], [cv2.IMWRITE_JPEG_PROGRESSIVE, 1], [cv2.IMWRITE_JPEG_RST_INTERVAL, 2]):
        files += [cv2.imencode(".jpg", picture, flags)[1].tobytes() for picture in (gray, rgb)]
    return files


def mutated(seeds: list[bytes], n_files: int, rng: np.random.Generator) -> Iterator[bytes]:
    """Files with one to eight changes each."""
    interesting = [0, 1, 0x7F, 0x80, 0xFF]
    for _ in range(n_files):
        data = bytearray(seeds[rng.integers(len(seeds))])
        for _ in range(rng.integers(1, 9)):
            # headers and directories are where a byte matters: half of the changes go there
            near = min(len(data), 600) if rng.random() < 0.5 else len(data)
            at = int(rng.integers(max(near, 1)))
            manner = rng.integers(6)
            length = int(rng.integers(1, 65))
            if manner == 0:
                data[at : at + 1] = bytes([rng.integers(256)])
            elif manner == 1:
                data[at : at + 4] = bytes([interesting[rng.integers(5)]] * 4)
            elif manner == 2:
                data[at : at + length] = rng.bytes(length)
            elif manner == 3:
                del data[len(data) - length * int(rng.integers(1, 60)) :]
            elif manner == 4:
                data[at:at] = data[at : at + length]
            else:
                other = int(rng.integers(max(len(data), 1)))
                data[at : at + length] = data[other : other + length]
        yield bytes(data)


def peak_mb(process_id: int) -> tuple[float, float]:
    """Peak resident and virtual memory of a process, MB."""
    lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    found = dict(line.split(":", 1) for line in lines if line.startswith(("VmHWM", "VmPeak")))
    resident, virtual = (int(found[key].split()[0]) / 1024 for key in ("VmHWM", "VmPeak"))
    return resident, virtual


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--from", dest="folder", type=Path, help="folder of TIFFs and JPEGs")
    parser.add_argument("--memory-mb", type=int, default=512)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    seeds = drawn(rng)
    if arguments.folder:
        paths = sorted(path for path in arguments.folder.iterdir() if path.is_file())
        real = [path.read_bytes()[:MAX_SEED_BYTES] for path in paths]
        seeds += [data for data in real if formats.sniff(data) in ("TIFF", "JPEG")]
    decoder = Decoder(10.0, arguments.memory_mb << 20, 25_000_000)
    counts: collections.Counter[str] = collections.Counter()
    reasons: collections.Counter[str] = collections.Counter()
    strange: list[str] = []
    slowest = resident = 0.0
    start = time.perf_counter()
    for number, data in enumerate(mutated(seeds, arguments.files, rng)):
        began = time.perf_counter()
        vendor.pixel_size(data, data[:4000])
        try:
            picture = decoder.decode(data)
            counts["ok"] += 1
            if picture.gray.ndim != 2 or picture.gray.size > 25_000_000:
                strange.append(f"file {number}: shape {picture.gray.shape}")
        except Undecodable as why:
            counts[why.status] += 1
            reasons[why.reason.split(":")[0][:40]] += 1
            if not why.reason:
                strange.append(f"file {number}: no reason")
            if why.status in ("crashed", "timeout"):
                print(f"file {number}: {why.status}: {why.reason}")
        slowest = max(slowest, time.perf_counter() - began)
        if decoder._child is not None and number % 20 == 0:
            resident = max(resident, peak_mb(decoder._child.pid)[0])
    seconds = time.perf_counter() - start
    print(
        f"{arguments.files} files from {len(seeds)} seeds, seed {arguments.seed}, {seconds:.0f} s"
    )
    for status, count in counts.most_common():
        print(f"  {status:<12} {count:>6}")
    print(f"  most frequent reasons: {', '.join(f'{r} ({n})' for r, n in reasons.most_common(5))}")
    print(f"  child's largest resident memory {resident:.0f} MB, slowest file {slowest:.2f} s")
    rest = 300  # MB: interpreter and libraries
    if resident > arguments.memory_mb + rest:
        strange.append(f"memory {resident:.0f} MB, bound {arguments.memory_mb + rest} MB")
    if sum(counts.values()) != arguments.files:
        strange.append(f"{sum(counts.values())} results for {arguments.files} files")
    print("\n".join(strange) or "  every file has its row")
    return 1 if strange else 0


if __name__ == "__main__":
    sys.exit(main())
