"""Answers to pictures that are known, new, broken, too small, or without a data bar."""

import hashlib
import io
import json
import shutil
import subprocess

import numpy as np
import pyarrow as pa
import pytest
import tifffile
from PIL import Image

from sempark import config
from sempark.figures import found
from sempark.imaging import hashes, jpeg
from sempark.retrieval import answers, queries, thumbnails
from sempark.retrieval import folder as search_folder
from sempark.retrieval.records import COLUMNS
from sempark.retrieval.searching import Layer, Space
from sempark.synthetic import corpus

pytestmark = pytest.mark.ocr
CONFIG = config.load()
NASTY = "/data/<img src=x onerror=window.hacked=1>.tif"


def tiff(gray: np.ndarray) -> bytes:
    out = io.BytesIO()
    tifffile.imwrite(out, gray)
    return out.getvalue()


def seen(gray: np.ndarray) -> np.ndarray:
    """A stand-in for a network: 16 mean brightnesses."""
    small = np.asarray(Image.fromarray(gray).resize((4, 4), Image.Resampling.BOX), np.float32)
    return small.ravel() / 8


def extract(checkpoint: str, gray: np.ndarray) -> dict[str, np.ndarray]:
    """Tips are bright, Powder is dark."""
    vector = seen(gray)
    bright = float(vector.mean()) - 16
    return {"features": vector, "logits": np.array([bright, -bright], np.float32)}


def pictures() -> list[np.ndarray]:
    """Gray pictures of two categories with two looks each; two of them with a data bar."""
    rng = np.random.default_rng(3)
    out = []
    for i in range(60):
        level, stripes = (60, 180)[i % 2], (i // 2) % 2
        gray = np.full((96, 128), level, np.float64)
        gray[:, : 64 if stripes else 128] += 30 if stripes else 0
        out.append((gray + rng.normal(0, 4, gray.shape)).clip(0, 255).astype(np.uint8))
    return out


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    rows, vectors = [], []
    for i, gray in enumerate(pictures()):
        content = jpeg.encode(gray, CONFIG.images.jpeg_quality)
        node = ("Powder", "Tips")[i % 2] + f"/{1 + (i // 2) % 2}"
        rows.append(
            dict.fromkeys(COLUMNS)
            | {
                "md5": hashlib.md5(tiff(gray)).hexdigest(),
                "jpeg_md5": hashlib.md5(content).hexdigest(),
                "pixel_hash": hashes.pixel_hash(gray),
                "paths": [NASTY] if i == 3 else [f"/data/{i}.tif"],
                "category": node[:-2],
                "category_by": "label",
                "node": node,
                "names": [node[:-2], node[-1]],
            }
        )
        vectors.append(seen(jpeg.decode(content)))
    order = np.argsort([row["md5"] for row in rows])
    X = np.array(vectors, np.float32)[order]
    numbers = np.arange(len(X))
    about = {
        "default": "16ft",
        "categories": ["Tips", "Powder"],
        "min_probability": 0.7,
        "far_below": 0.05,
    }
    folder = tmp_path_factory.mktemp("search")
    layer = Layer("16ft", "ft", "features", numbers, X)
    space = Space("16ft", "ft", "features", numbers, "16ft")
    table = pa.Table.from_pylist([rows[i] for i in order])
    for name, content in search_folder.files(about, table, [layer], [space]):
        (folder / name).write_bytes(content)
    return search_folder.opened(folder)


def ask(index, data: bytes, **more):
    return answers.search(data, index, extract, CONFIG, **more)


def test_an_old_image_finds_itself_and_is_placed_as_the_tree_holds_it(index) -> None:
    for i, gray in enumerate(pictures()[:12]):
        answer = ask(index, tiff(gray), k=3)
        assert answer.known is not None and answer.hits[0].distance == 0.0
        assert answer.hits[0].record["md5"] == answer.query.md5
        assert answer.place.status == "known"
        assert answer.place.node == ("Powder", "Tips")[i % 2] + f"/{1 + (i // 2) % 2}"


def test_the_same_picture_in_another_file_is_known_by_its_pixels(index) -> None:
    out = io.BytesIO()
    Image.fromarray(pictures()[4]).save(out, "PNG")
    answer = ask(index, out.getvalue())
    assert answer.known is not None and answer.query.md5 != answer.known["md5"]


def test_a_new_picture_is_placed_by_prediction_and_vote(index) -> None:
    gray = np.full((96, 128), 183, np.uint8)
    answer = ask(index, tiff(gray), k=5)
    assert answer.known is None and answer.place.status in ("ok", "far")
    assert answer.place.category == "Tips" and answer.place.probability > 0.7
    assert {hit.record["node"] for hit in answer.hits} == {"Tips/1"}
    distances = [hit.distance for hit in answer.hits]
    assert distances == sorted(distances) and distances[0] > 0


def test_what_fits_nowhere_and_what_is_unsure_are_said_so(index) -> None:
    gray = np.zeros((96, 128), np.uint8)
    gray[:, 32:] = 255
    answer = ask(index, tiff(gray))
    assert answer.place.status == "far" and "fits nowhere" in answers.words(answer)[1]
    unsure = ask(index, tiff(np.full((96, 128), 128, np.uint8)))
    assert unsure.place.status == "unsure" and unsure.hits
    assert "no category is probable enough" in answers.words(unsure)[1]


def test_a_picture_without_data_bar_is_answered_without_scale(index) -> None:
    answer = ask(index, tiff(pictures()[5]))
    assert answer.query.status == "ok" and answer.query.reading.status != "ok"
    assert "no scale" in answers.told(answer.query)
    assert answers.plain(answer)["query"]["scale"]["value"] is None


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", "empty"),
        (b"II*\0nonsense", "undecodable"),
        (b"<html>no picture</html>", "undecodable"),
        (tiff(np.zeros((500, 500), np.uint8))[:900], "undecodable"),
        (tiff(np.zeros((20, 30), np.uint8)), "too_small"),
        (tiff(np.zeros((1, 1), np.uint8)), "too_small"),
    ],
)
def test_a_bad_query_is_told_why(index, data: bytes, status: str) -> None:
    answer = ask(index, data)
    assert answer.query.status == status and answer.query.reason
    assert answer.place is None and not answer.hits
    plain = json.loads(json.dumps(answers.plain(answer), allow_nan=False))
    assert plain["query"]["status"] == status and plain["hits"] == []
    assert answer.query.reason in "\n".join(answers.lines(answer))


def test_the_scale_of_a_query_is_read(index) -> None:
    item = next(i for i in corpus.plan(60, 2018) if i.kind == "picture" and i.layout != "empty")
    (data,) = [content for path, content in corpus.render(item) if path.endswith(b".tif")][:1]
    query = queries.read(data, CONFIG)
    assert query.reading.status == "ok"
    assert (query.reading.value, query.reading.unit) == (item.value, item.unit)
    assert query.gray.shape[0] < query.height  # without its data bar
    assert queries.read(data, config.load(None, ["features.crop_databar=false"])).gray.shape == (
        query.height,
        query.width,
    )


def test_json_and_lines_say_the_same(index) -> None:
    answer = ask(index, tiff(pictures()[7]), k=4, name="query.tif")
    plain = json.loads(json.dumps(answers.plain(answer), allow_nan=False))
    lines = answers.lines(answer)
    assert plain["query"]["file"] == "query.tif" and lines[0].startswith("query.tif: 128 x 96 px")
    assert plain["space"] == "16ft" and len(plain["hits"]) == 4
    for hit, line in zip(plain["hits"], lines[-4:], strict=True):
        assert hit["paths"][0] in line and hit["category"] in line
    assert plain["query"]["place"]["names"] == ["Tips", "2"]


def page_of(index, hide: bool = False) -> str:
    done = [ask(index, tiff(pictures()[3]), k=3, name="" if hide else NASTY), ask(index, b"II*")]
    told = [answers.plain(answer) | {"words": answers.words(answer)} for answer in done]
    tile = jpeg.encode(np.full((40, 40), 90, np.uint8))
    tiles = {done[0].hits[0].record["md5"]: tile}
    return found.page(told, [answers.picture(a.query, hide) for a in done], tiles).decode()


def test_the_page_escapes_names_and_runs_no_script(index) -> None:
    page = page_of(index)
    assert "<img src=x" not in page and "&lt;img src=x onerror" in page
    assert "default-src 'none'" in page and "<script" not in page
    assert page.count("data:image/jpeg;base64,") == 2  # the query and one tile
    assert page.count('class="none"') == 2


def test_a_hidden_query_shows_no_picture_that_may_hold_a_name(index) -> None:
    answer = ask(index, tiff(pictures()[3]))
    assert answers.picture(answer.query, hide=True) == b""  # no data bar was found for sure
    assert answers.picture(answer.query, hide=False) == answer.query.jpeg


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed")
def test_the_page_in_a_browser(index, tmp_path) -> None:
    path = tmp_path / "found.html"
    path.write_text(page_of(index), encoding="utf-8")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--timeout=20000",
               "--virtual-time-budget=2000", "--dump-dom", path.as_uri()]  # fmt: skip
    dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    assert dom.count("<li>") == 3 and "hacked" in dom and 'src="x"' not in dom


def test_thumbnails_are_cut_out_of_the_reports_sheets(tmp_path) -> None:
    from sempark.figures import browser_data, sheets

    md5s = [f"{i:032x}" for i in range(7)]
    tiles = [jpeg.encode(np.full((20, 20), 20 * i, np.uint8)) for i in range(7)]
    run = {"paths": True, "sheet": {"px": 20, "images": 4, "columns": 2}}
    content = [browser_data.script("run", run)]
    content += browser_data.index({"md5": md5s}, {})
    content += [
        (f"sheets/{n:04d}.jpg", sheets.sheet(tiles[4 * n : 4 * n + 4], 2, 20)) for n in (0, 1)
    ]
    for path, data in content:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(data)
    found_tiles = thumbnails.of_report(tmp_path, {md5s[2], md5s[5], "f" * 32}, hide=False)
    assert set(found_tiles) == {md5s[2], md5s[5]}
    for i in (2, 5):
        assert abs(float(jpeg.decode(found_tiles[md5s[i]]).mean()) - 20 * i) < 3
    assert thumbnails.of_report(tmp_path, md5s, hide=True) == {}
    assert thumbnails.of_report(tmp_path / "nowhere", md5s, hide=False) == {}
