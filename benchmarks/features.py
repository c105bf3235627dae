"""Images a second through Inception V3: ours beside a bare TensorFlow loop on ready arrays.

    python benchmarks/features.py [--n 64] [--size 299] [--threads 1 2] [--rounds 5] [--stage 256]

Each number of threads is a process of its own, for TensorFlow fixes them when it starts. In it
both sides run by turns on the same weights, batch 16, after a warm-up: the bare loop is a
`tf.function` of Keras' own network on uint8 batches that lie ready; ours is `Network.extract` on
a list of gray images of the network's size (network alone) and on 1024 x 768 ones; then the other
runtimes and precisions, and XLA, with the smallest cosine of their features to the bare loop's.
Memory is that of a fresh process with one network, as a Python worker has. With --stage, so many
JPEGs in Parquet go through the features stage on local Spark, a core a task, in as many tasks as
the job takes.
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

from sempark.networks import inception, openvino_runtime

BATCH = 16
OTHERS = {
    "bfloat16": ("tensorflow", "bfloat16"),
    "OpenVINO": ("openvino", "float32"),
    "OpenVINO bfloat16": ("openvino", "bfloat16"),
}


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

    return looped(run)


def xla(network):
    """The same graph compiled by XLA."""
    return looped(tf.function(network.model, jit_compile=True, autograph=False), scaled=True)


def looped(run, scaled=False):
    """Both tensors of all batches, as arrays."""

    def loop(ready):
        inputs = (tf.cast(x, tf.float32) / 127.5 - 1.0 if scaled else x for x in ready)
        return [
            np.concatenate([y.numpy() for y in x])
            for x in zip(*[run(x) for x in inputs], strict=True)
        ]

    return loop


def rate(call, n):
    """Images a second and a second of the processor; the latter holds on a busy machine too."""
    start, busy = time.perf_counter(), time.process_time()
    call()
    return n / (time.perf_counter() - start), n / (time.process_time() - busy)


def one_process(options, threads):
    """Measure all sides by turns with one number of threads; print a line of JSON."""
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    size, n = options.size, options.n - options.n % BATCH
    network = inception.load("random:1", input_size=size)
    small, large = drawn(n, (size, size)), drawn(n, (768, 1024))
    stacked = np.repeat(np.stack(small)[..., None], 3, axis=3)
    ready = [tf.constant(stacked[i : i + BATCH]) for i in range(0, n, BATCH)]
    loop, compiled = bare(network, size), xla(network)
    sides = {
        "bare loop": lambda: loop(ready),
        "network alone": lambda: network.extract(small, BATCH).values(),
        "with resizing": lambda: network.extract(large, BATCH).values(),
        "XLA": lambda: compiled(ready),
    }
    for name, (runtime, precision) in OTHERS.items():
        other = inception.load("random:1", input_size=size, runtime=runtime, precision=precision)
        sides[name] = lambda other=other: other.extract(small, BATCH).values()
    outputs = {name: list(call()) for name, call in sides.items()}
    cosines = {
        name: min(_cosine(a, b) for a, b in zip(found, outputs["bare loop"], strict=True))
        for name, found in outputs.items()
        if name != "with resizing"
    }
    for call in sides.values():
        call()  # once more: a change of precision makes TensorFlow optimize every graph anew
    rates = {name: [] for name in sides}
    for _ in range(options.rounds):
        for name, call in sides.items():
            rates[name].append(rate(call, n))
    print(json.dumps({"rates": rates, "cosines": cosines}))


def memory(options, runtime):
    """Print the peak memory in MB of a process with one network that extracts."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    network = inception.load("random:1", input_size=options.size, runtime=runtime)
    network.extract(drawn(4 * BATCH, (768, 1024)), BATCH)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _cosine(a, b):
    products = (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    return float(products.min())


def stage(n, size, cores, runtime, precision):
    """Images a second of the features stage on local Spark: Parquet, decoding, network, Parquet."""
    from pyspark.sql import SparkSession

    from sempark import config, job
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
    sets += [f"features.runtime={runtime}", f"features.precision={precision}"]
    settings = config.load(None, sets).features
    contents = [jpeg.encode(image) for image in drawn(n, (768, 1024))]
    rows = [(f"{i:032x}", bytearray(data), "ok") for i, data in enumerate(contents)]
    with tempfile.TemporaryDirectory() as folder:
        made = spark.createDataFrame(rows, "md5 string, jpeg binary, status string")
        made.repartition(cores).write.parquet(f"{folder}/images")
        scale = spark.createDataFrame([], "md5 string, databar array<int>")

        def run(name):
            images = spark.read.parquet(f"{folder}/images")
            tasks = job.tasks_for(n, cores)
            found = features.build(images, scale, {"in": "random:1"}, settings, {}, tasks)
            found.write.parquet(f"{folder}/{name}")

        run("warm")
        found, _ = rate(lambda: run("timed"), n)
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
    parser.add_argument("--memory", default="")
    options = parser.parse_args()
    if options.child:
        one_process(options, options.child)
        return
    if options.memory:
        memory(options, options.memory)
        return
    print(
        f"Inception V3 at {options.size} px, batch {BATCH}, {options.n} images a round, "
        f"{options.rounds} rounds by turns; TensorFlow {tf.__version__}, Keras "
        f"{keras.__version__}, OpenVINO {openvino_runtime.version()}"
    )
    for threads in options.threads:
        found = json.loads(child(options, "--child", str(threads)))
        base, busy = zip(*found["rates"]["bare loop"], strict=True)
        for name, both in found["rates"].items():
            rates, own = zip(*both, strict=True)
            ratio, ratio_busy = (
                statistics.median(a / b for a, b in zip(x, y, strict=True))
                for x, y in ((rates, base), (own, busy))
            )
            cosine = found["cosines"].get(name)
            print(
                f"{threads} threads  {name:18s} {statistics.median(rates):7.1f} images/s   "
                f"{ratio:.2f} of the bare loop, by processor time {ratio_busy:.2f}"
                + (f"   smallest cosine {cosine:.6f}" if cosine is not None else ""),
                flush=True,
            )
        ways = [("tensorflow", "float32"), ("openvino", "bfloat16")] if options.stage else []
        for runtime, precision in ways:
            found = stage(options.stage, options.size, threads, runtime, precision)
            print(
                f"{threads} cores    stage, {runtime} {precision}: {found:.1f} images/s, "
                f"{found / statistics.median(base):.2f} of the bare loop",
                flush=True,
            )
    for runtime in ("tensorflow", "openvino"):
        megabytes = float(child(options, "--memory", runtime))
        print(f"peak memory of a worker, {runtime}: {megabytes:.0f} MB")


def child(options, *arguments):
    """Last line of this script's output in a process of its own."""
    command = [sys.executable, __file__, *arguments, "--n", str(options.n)]
    command += ["--size", str(options.size), "--rounds", str(options.rounds)]
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return found.stdout.splitlines()[-1]


if __name__ == "__main__":
    main()
