"""An error is one line that names its cause."""

import pytest

from sempark import terminal

JAVA = """An error occurred while calling o12.close.
: org.apache.hadoop.fs.FSError: java.io.IOException: No space left on device
\tat org.apache.hadoop.fs.RawLocalFileSystem.write(RawLocalFileSystem.java:1)
Caused by: java.io.IOException: No space left on device
\tat java.base/java.io.FileOutputStream.writeBytes(Native Method)
"""
WORKER = """Job aborted due to stage failure: Task 1 in stage 3.0 failed 4 times
org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "worker.py", line 1, in main
ValueError: expected 3, received 4

\tat org.apache.spark.api.python.BasePythonRunner.read(PythonRunner.scala:1)
Caused by: org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "worker.py", line 1, in main
ValueError: expected 3, received 4
"""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (JAVA, "java.io.IOException: No space left on device"),
        (WORKER, "ValueError: expected 3, received 4"),
        ("no such thing", "RuntimeError: no such thing"),
        ("", "RuntimeError: no message"),
    ],
)
def test_the_cause_is_named(text: str, line: str) -> None:
    assert terminal.first_line(RuntimeError(text)) == line
