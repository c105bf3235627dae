"""Images a second through Inception V3: ours beside a bare TensorFlow loop on ready arrays.

    python benchmarks/features.py [--n 64] [--size 299] [--threads 1 2] [--rounds 5] [--stage 256]

Each number of threads is a process of its own, for TensorFlow fixes them when it starts. In it
both sides run by turns on the same weights, batch 16, after a warm-up: the bare loop is a
`tf.function` of Keras' own network on uint8 batches that lie ready; ours is `Network.extract` on
a list of gray images of the network's size (network alone) and on 1024 x 768 ones. With --stage,
so many JPEGs in Parquet go through the features stage on local Spark, a core a task.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from sempark.networks import inception

BATCH = 16


def drawn(n, shape, seed=0):
    """Draw n gray images: blobs of several sizes, so that areas and features differ."""
    rng = np.random.default_rng(seed)
    images = []
    for _ in range(n):
        coarse = rng.integers(0, 256, (shape[0] // 8 + 1, shape[1] // 8 + 1), dtype=np.uint8)
        images.append(np.kron(coarse, np.ones((8, 8), np.uint8))[: shape[0], : shape[1]].copy())
    return images


def bare(network, size):
    """A loop as one would write it: fixed shape, one graph, uint8 in, both tensors out."""
    signature = [tf.TensorSpec((BATCH, size, size, 3), tf.uint8)]

    @tf.function(input_signature=signature)
    def run(pixels):
        return network.model(tf.cast(pixels, tf.float32) / 127.5 - 1.0, training=False)

    def loop(ready):
        return [[x.numpy() for x in run(batch)] for batch in ready]

    return loop


def rate(call, n):
    start = time.perf_counter()
    call()
    return n / (time.perf_counter() - start)


def one_process(options, threads):
    """Measure all sides by turns with one number of threads; print a line of JSON."""
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    size, n = options.size, options.n - options.n % BATCH
    network = inception.load("random:1", input_size=size)
    reduced = inception.load("random:1", input_size=size, precision="bfloat16")
    small, large = drawn(n, (size, size)), drawn(n, (768, 1024))
    stacked = np.repeat(np.stack(small)[..., None], 3, axis=3)
    ready = [tf.constant(stacked[i : i + BATCH]) for i in range(0, n, BATCH)]
    loop = bare(network, size)
    sides = {
        "bare loop": lambda: loop(ready),
        "network alone": lambda: network.extract(small, BATCH),
        "with resizing": lambda: network.extract(large, BATCH),
        "bfloat16": lambda: reduced.extract(small, BATCH),
    }
    for call in sides.values():
        call()
    rates = {name: [] for name in sides}
    for _ in range(options.rounds):
        for name, call in sides.items():
            rates[name].append(rate(call, n))
    exact, close = network.extract(small, BATCH), reduced.extract(small, BATCH)
    cosine = min(float(np.min(_cosines(exact[name], close[name]))) for name in exact)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rates": rates, "cosine": cosine, "megabytes": megabytes}))


def _cosines(a, b):
    return (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def stage(n, size, cores):
    """Images a second of the features stage on local Spark: Parquet, decoding, network, Parquet."""
    from pyspark.sql import SparkSession

    from sempark import config
    from sempark.imaging import jpeg
    from sempark.stages import features

    os.environ["PYSPARK_PYTHON"] = sys.executable
    spark = (
        SparkSession.builder.master(f"local[{cores}]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "64")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    sets = [f"features.input_size={size}", f"features.batch={BATCH}", "features.crop_databar=false"]
    settings = config.load(None, sets).features
    contents = [jpeg.encode(image) for image in drawn(n, (768, 1024))]
    rows = [(f"{i:032x}", bytearray(data), "ok") for i, data in enumerate(contents)]
    with tempfile.TemporaryDirectory() as folder:
        made = spark.createDataFrame(rows, "md5 string, jpeg binary, status string")
        made.repartition(cores).write.parquet(f"{folder}/images")
        scale = spark.createDataFrame([], "md5 string, databar array<int>")

        def run(name):
            images = spark.read.parquet(f"{folder}/images")
            found = features.build(images, scale, {"in": "random:1"}, settings, {}, cores)
            found.write.parquet(f"{folder}/{name}")

        run("warm")
        found = rate(lambda: run("timed"), n)
    spark.stop()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=64)
    parser.add_argument("--size", type=int, default=299)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--stage", type=int, default=0)
    parser.add_argument("--child", type=int, default=0)
    options = parser.parse_args()
    if options.child:
        one_process(options, options.child)
        return
    print(
        f"Inception V3 at {options.size} px, batch {BATCH}, {options.n} images a round, "
        f"{options.rounds} rounds by turns; TensorFlow {tf.__version__}, Keras {keras.__version__}"
    )
    for threads in options.threads:
        command = [sys.executable, __file__, "--child", str(threads), "--n", str(options.n)]
        command += ["--size", str(options.size), "--rounds", str(options.rounds)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found = json.loads(output.splitlines()[-1])
        base = found["rates"]["bare loop"]
        for name, rates in found["rates"].items():
            ratio = statistics.median(a / b for a, b in zip(rates, base, strict=True))
            print(
                f"{threads} threads  {name:14s} {statistics.median(rates):7.1f} images/s   "
                f"{ratio:.2f} of the bare loop"
            )
        print(
            f"           bfloat16's smallest cosine {found['cosine']:.6f}; peak memory of the "
            f"process, both networks {found['megabytes']:.0f} MB",
            flush=True,
        )
        if options.stage:
            found = stage(options.stage, options.size, threads)
            print(f"{threads} cores    stage          {found:7.1f} images/s", flush=True)


if __name__ == "__main__":
    main()
