"""One Spark session for all tests; tests over a minute run with CI=true or --slow.

Those marked by_hand run with --slow only: clusters and their failures, too long for every run.
"""

import os
import sys
from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run tests that take over a minute")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow"):
        return
    slow = pytest.mark.skip(reason="slow: run with CI=true or --slow")
    by_hand = pytest.mark.skip(
        reason="clusters and their failures, too long for every run: run with --slow"
    )
    for item in items:
        if "by_hand" in item.keywords:
            item.add_marker(by_hand)
        elif "slow" in item.keywords and os.environ.get("CI") != "true":
            item.add_marker(slow)


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    yield (
        SparkSession.builder.master("local[2,4]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "64")
        .config("spark.sql.session.timeZone", "UTC")
        # hundreds of plans for a few rows each: compiling and planning them anew costs most
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1")
        .getOrCreate()
    )
