"""Source and store on s3a://, against an S3 server on loopback: the tables of a local run.

The session is local: the executors of a cluster go the same way to the server. A pointer that was
cut off is passed over there too, and what a killed run left is swept.
"""

import json
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.cluster import processes, runs, short

pytestmark = [pytest.mark.cluster, pytest.mark.ocr, pytest.mark.by_hand]
BUCKET = "sempark"
TWO = ("inventory", "images_flat")


@dataclass(frozen=True)
class Bucket:
    """The server's bucket, and the options by which spark-submit reaches it."""

    client: Any
    options: tuple[str, ...]

    def put(self, folder: Path, prefix: str) -> None:
        for path in folder.rglob("*"):
            if path.is_file():
                key = f"{prefix}/{path.relative_to(folder)}"
                self.client.put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes())

    def keys(self, prefix: str) -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [found["Key"] for page in pages for found in page.get("Contents", ())]

    def fetch(self, prefix: str, folder: Path) -> Path:
        """What lies below a prefix as local files; S3's markers of folders are none."""
        for key in self.keys(prefix):
            if not key.endswith("/"):
                path = folder / key.removeprefix(f"{prefix}/")
                path.parent.mkdir(parents=True, exist_ok=True)
                body = self.client.get_object(Bucket=BUCKET, Key=key)["Body"]
                path.write_bytes(body.read())
        return folder


@pytest.fixture(scope="module")
def bucket(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    mark, port = secrets.token_hex(8), processes.free_port()
    log = tmp_path_factory.mktemp("s3") / "server.log"
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    others = ("hadoop-client-minicluster", "junit", "opentest4j", "apiguardian", "bc", "slf4j")
    own = [str(jar) for jar in sorted(jars.glob("*.jar")) if not jar.name.startswith(others)]
    settings = {
        "endpoint": url,
        "endpoint.region": "us-east-1",
        "access.key": "key",
        "secret.key": "secret",
        "path.style.access": "true",
        "connection.expect.continue": "false",  # the server answers it, but not as S3 does
    }
    try:
        processes.start(command, mark, log)
        processes.wait_for("the S3 server", lambda: "Running on" in log.read_text())
        client = boto3.client(
            "s3", endpoint_url=url, region_name="us-east-1",
            aws_access_key_id="key", aws_secret_access_key="secret",
        )  # fmt: skip
        client.create_bucket(Bucket=BUCKET)
        options = ["--jars", ",".join(own)]
        for key, value in settings.items():
            options += ["--conf", f"spark.hadoop.fs.s3a.{key}={value}"]
        yield Bucket(client, tuple(options))
    finally:
        processes.end(mark)


@pytest.fixture(scope="module")
def bench(bucket: Bucket, tmp_path_factory: pytest.TempPathFactory) -> short.Short:
    """Settings that name the bucket; the same files lie there and here."""
    found = short.prepared(tmp_path_factory.mktemp("bench"))
    bucket.put(found.root / "corpus", "corpus")
    return found


def test_the_tables_are_those_of_a_local_run(
    bucket: Bucket, bench: short.Short, tmp_path: Path, mark: str
) -> None:
    local = tmp_path / "local"
    ended = bench.run(local, mark)
    assert ended.code == 0, ended.said[-3000:]
    runs.settings(bench.root / "small.toml", f"s3a://{BUCKET}/corpus")
    store = f"s3a://{BUCKET}/store"
    dead = "store/images_flat/20200101T000000-dead00/rows/part-0.parquet"
    bucket.client.put_object(Bucket=BUCKET, Key=dead, Body=b"half")
    try:
        ended = bench.run(store, mark, more=bucket.options, stages=(*short.STAGES, "report"))
    finally:
        runs.settings(bench.root / "small.toml", str(bench.root / "corpus"))
    assert ended.code == 0, ended.said[-3000:]
    found = bucket.fetch("store", tmp_path / "fetched")
    for name in short.STAGES:
        expected = runs.rows(local, name, str(bench.root / "corpus"))
        assert runs.rows(found, name, f"s3a://{BUCKET}/corpus") == expected, name
    assert runs.clean(found) == [] and dead not in bucket.keys("store")


def test_a_pointer_that_was_cut_off_is_passed_over(
    bucket: Bucket, bench: short.Short, tmp_path: Path, mark: str
) -> None:
    store = f"s3a://{BUCKET}/cut"
    assert bench.run(store, mark, more=bucket.options, stages=TWO[:1]).code == 0
    before = runs.manifests(bucket.fetch("cut", tmp_path / "before"))
    half = json.dumps({"version": "20200101T000000-dead00"})[:20].encode()
    pointer = "cut/inventory/pointers/00000002.json"
    bucket.client.put_object(Bucket=BUCKET, Key=pointer, Body=half)
    again = bench.run(store, mark, more=bucket.options, stages=TWO[:1])
    assert again.code == 0 and "up to date" in again.said
    bucket.client.delete_object(Bucket=BUCKET, Key=pointer)
    assert runs.manifests(bucket.fetch("cut", tmp_path / "after")) == before
