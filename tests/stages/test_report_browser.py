"""The browser in a real headless Chromium: what a reader clicks, types and sees.

The pages are opened from disk, as a reader would, with a file named like an attack among them.
"""

import base64
import io
import json
import os
import select
import shutil
import subprocess
import time

import numpy as np
import pytest
from PIL import Image

from sempark.clustering.merges import from_scipy

pytestmark = [
    pytest.mark.browser,
    pytest.mark.spark,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium"),
]


class Chromium:
    """A headless Chromium, spoken to by the DevTools protocol over a pipe.

    The pipe (file descriptors 3 and 4, messages that end in a zero byte) needs no library beside
    the standard one.
    """

    def __init__(self, profile):
        to_browser, self.write = os.pipe()
        self.read, from_browser = os.pipe()

        def descriptors():  # the child finds its ends as 3 and 4
            a, b = os.dup(to_browser), os.dup(from_browser)
            os.dup2(a, 3)
            os.dup2(b, 4)

        self.process = subprocess.Popen(
            [
                *(shutil.which("chromium"), "--headless", "--no-sandbox", "--disable-gpu"),
                *("--hide-scrollbars", "--remote-debugging-pipe", "--no-first-run"),
                *("--disable-background-networking", f"--user-data-dir={profile}", "about:blank"),
            ],
            close_fds=False,
            preexec_fn=descriptors,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self.number, self.rest, self.session = 0, b"", None
        self.events = []
        targets = self.send("Target.getTargets")["targetInfos"]
        page = next(t["targetId"] for t in targets if t["type"] == "page")
        self.session = self.send("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next(60)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def _next(self, seconds):
        end = time.monotonic() + seconds
        while b"\0" not in self.rest:
            ready, _, _ = select.select([self.read], [], [], max(0, end - time.monotonic()))
            if not ready:
                raise TimeoutError("Chromium does not answer")
            self.rest += os.read(self.read, 1 << 16)
        line, _, self.rest = self.rest.partition(b"\0")
        message = json.loads(line)
        if "method" in message:
            self.events.append(message)
        return message

    def run(self, script):
        """The value of an expression in the page; promises are awaited."""
        found = self.send(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in found:
            raise RuntimeError(json.dumps(found["exceptionDetails"])[:500])
        return found["result"].get("value")

    def until(self, script, seconds=20):
        """Wait for an expression to become true."""
        end = time.monotonic() + seconds
        while True:
            if self.run(f"Boolean({script})"):
                return
            if time.monotonic() > end:
                raise TimeoutError(f"{script}: still not so after {seconds} s")
            time.sleep(0.05)

    def open(self, url):
        self.events.clear()
        self.send("Page.navigate", url=url)
        self.until("document.readyState === 'complete'")

    def go(self, address):
        """Follow an address within the browser page, and wait until it is shown."""
        self.run("document.querySelector('#view').replaceChildren()")
        script = f"location.hash = {json.dumps(address)}; dispatchEvent(new Event('hashchange'))"
        self.run(script)
        self.until("document.querySelector('#view').children.length > 0")

    def key(self, key, text=""):
        self.send("Input.dispatchKeyEvent", type="keyDown", key=key, text=text)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key)

    def look(self, width=1300, height=900, dark=False):
        """A PNG of the page at a window size."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.send("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])
        time.sleep(0.3)
        return base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"])

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.read)
        os.close(self.write)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    browser = Chromium(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture
def browse(chromium, report_folder):
    """The browser's page, just opened."""
    chromium.look(1300, 900)
    chromium.open("about:blank")
    chromium.open((report_folder / "browse.html").as_uri())
    chromium.until("document.body.classList.contains('ready')")
    return chromium


def text(browser, selector="#view"):
    return browser.run(f"document.querySelector({json.dumps(selector)}).innerText")


def errors(browser):
    """What went wrong in the page: exceptions, failed loads, refused policies."""
    kinds = ("Runtime.exceptionThrown", "Log.entryAdded", "Network.loadingFailed")
    return [event for event in browser.events if event["method"] in kinds]


def requests(browser):
    names = (e for e in browser.events if e["method"] == "Network.requestWillBeSent")
    return [event["params"]["request"]["url"] for event in names]


def all_of(browser, selector, value):
    """An expression of each element `e` that a selector finds."""
    elements = f"Array.from(document.querySelectorAll({json.dumps(selector)}))"
    return browser.run(f"{elements}.map(e => {value})")


def choose(browser, selector, value):
    """Set a slider or a choice, as a reader's hand would."""
    browser.run(
        f"(e => {{ e.value = {json.dumps(value)}; e.dispatchEvent(new Event('change')) }})"
        f"(document.querySelector({json.dumps(selector)}))"
    )


def first_view(browser):
    return browser.run("document.querySelectorAll('.grid .thumb').length")


def test_first_view_shows_images_and_asks_nothing_of_a_network(browse):
    assert first_view(browse) == 110
    assert "110 images" in text(browse)
    assert not errors(browse)
    assert not [url for url in requests(browse) if not url.startswith(("file:", "data:", "about:"))]


def test_clicks_through_tree_to_an_image_and_on(browse):
    browse.run("document.querySelector('#tree [data-id=Patterned_surface]').click()")
    browse.until("document.querySelector('#view h1').textContent === 'Patterned surface'")
    assert "11 images" in text(browse)
    assert browse.run("document.querySelectorAll('#tree [aria-level=\"2\"]').length") == 2
    assert browse.run("document.querySelector('#tree [aria-selected=true]').dataset.id") == (
        "Patterned_surface"
    )
    browse.run("document.querySelector('#view .sheet:last-child .thumb').click()")
    browse.until("document.querySelector('article.image img')?.complete")
    assert browse.run("document.querySelector('article.image img').naturalWidth") == 320
    shown = text(browse)
    assert "Patterned surface" in shown and "/data/session" in shown and "Nearest in" in shown
    before = browse.run("location.hash")
    browse.run("document.querySelector('#next').click()")
    browse.until(f"location.hash !== {json.dumps(before)} && document.querySelector('#previous')")
    browse.until(
        f"document.querySelector('#previous').getAttribute('href') === {json.dumps(before)}"
    )
    assert not errors(browse)


def test_image_page_draws_the_scale_bar_to_scale_and_boxes_the_data_bar(browse):
    row = browse.run("Array.from(sempark.state.index.scale_status).indexOf(0)")
    browse.go(f"#/image/{row}")
    box = browse.run(
        "['x', 'y', 'width', 'height'].map(n => document.querySelector('.databar').getAttribute(n))"
    )
    assert box == ["0", "210", "320", "30"]
    drawn = browse.run(
        "(l => [Number(l.getAttribute('x2')) - Number(l.getAttribute('x1')),"
        " document.querySelector('.scalebar-text').textContent])"
        "(document.querySelector('.scalebar'))"
    )
    assert drawn == [80, "1 µm"]  # 12.5 nm a pixel: 1 µm is 80 px
    assert "4 µm" in text(browse)  # field width
    browse.run("document.querySelector('.steps input').click()")
    assert browse.run("getComputedStyle(document.querySelector('.marks')).display") == "none"


def test_thumbnails_show_the_image_they_stand_for(browse, report_folder):
    """Each tile's sheet, position and size cut out the picture of its own row."""
    browse.look(1300, 900)
    for row in (0, 13, 109):
        browse.go(f"#/image/{row}")
        browse.until("document.querySelector('article.image img')?.complete")
        md5 = browse.run(f"sempark.md5({row})")
        browse.go(f"#/search/{md5}")
        place = browse.run(
            "(r => [r.x, r.y, r.width, r.height])"
            "(document.querySelector('#view .thumb .tile').getBoundingClientRect())"
        )
        browse.run("document.querySelectorAll('.flag').forEach(flag => flag.remove())")
        whole = Image.open(io.BytesIO(browse.look(1300, 900))).convert("L")
        x, y, w, h = place
        tile = np.asarray(whole.crop((x + 8, y + 8, x + w - 8, y + h - 8)).resize((40, 40)), float)
        picture = report_folder / "pictures" / "000" / f"{row:06d}.jpg"
        full = np.asarray(Image.open(picture), float)
        top = full[:210] if browse.run(f"sempark.state.index.scale_status[{row}]") == 0 else full
        side, left = len(top), (320 - len(top)) // 2
        cut = 8 * side / w
        middle = Image.fromarray(top[:, left : left + side].astype(np.uint8)).crop(
            (cut, cut, side - cut, side - cut)
        )
        expected = np.asarray(middle.resize((40, 40)), float)
        assert np.corrcoef(tile.ravel(), expected.ravel())[0, 1] > 0.9


def test_search_by_md5_path_and_name(browse):
    md5 = browse.run("sempark.md5(5)")
    browse.run(
        f"document.querySelector('#query').value = '{md5[:10]}';"
        "document.querySelector('#search').requestSubmit()"
    )
    browse.until("document.querySelectorAll('#view .thumb').length === 1")
    assert browse.run("document.querySelector('#view .thumb').getAttribute('href')") == "#/image/5"
    browse.go("#/search/session 2")
    assert browse.run("document.querySelectorAll('#view .thumb').length") == 27
    browse.go("#/search/ROUND ONES")
    assert browse.run("document.querySelectorAll('#view li a').length") == 4
    browse.go("#/search/nothing like it")
    assert "0 images" in text(browse)


def test_slider_cuts_the_merges_as_the_library_does(browse, report_run):
    runs = browse.run("sempark.state.run.clusterings.map(c => [c.space, c.method])")
    number = runs.index(["1u-2u_1001in_18", "ward"])
    rows = [
        row.asDict()
        for row in report_run.read("merges")
        .where("space = '1u-2u_1001in_18' and method = 'ward'")
        .orderBy("step")
        .collect()
    ]
    merges = from_scipy([[r["left"], r["right"], r["height"], r["size"]] for r in rows])
    for k in (1, 2, 7, merges.n):
        labels = browse.run(
            f"sempark.clustering(sempark.state.run.clusterings[{number}])"
            f".then(d => Array.from(sempark.cut(d.pairs, {merges.n}, {k})))"
        )
        pairs = set(zip(labels, merges.cut(k).tolist(), strict=True))
        assert len(pairs) == k == len(set(labels))
    browse.go(f"#/cut/{number}/7")
    assert "7 clusters of 97 images" in text(browse)
    sizes = np.sort(np.bincount(merges.cut(7)))[::-1].tolist()
    summaries = all_of(browse, ".cluster summary > span:first-child", "parseInt(e.textContent)")
    assert summaries == sizes
    choose(browse, "#slider", 1000)
    browse.until(f"location.hash === '#/cut/{number}/{merges.n}'")
    browse.until(f"document.querySelector('#k')?.value === '{merges.n}'")
    assert not errors(browse)


def test_dendrogram_and_decision_graph_can_be_clicked(browse):
    browse.go("#/cut/1/8")
    assert browse.run("document.querySelectorAll('.dendrogram path').length") == 7
    root = "document.querySelector('.dendrogram path:last-of-type')"
    browse.run(f"{root}.dispatchEvent(new MouseEvent('click'))")
    browse.until("document.querySelector('#view').innerText.includes('The branch: 97 images')")
    browse.run(
        "(s => { const r = s.getBoundingClientRect(); s.dispatchEvent(new MouseEvent('click',"
        " {clientX: r.right - 1, clientY: r.top + 5, bubbles: true})) })"
        "(document.querySelectorAll('.graphs svg')[1])"
    )
    browse.until("Number(document.querySelector('#k')?.value) > 80")


def test_flat_partitions_put_noise_last(browse):
    number = browse.run("sempark.state.run.clusterings.findIndex(c => c.method === 'hdbscan')")
    browse.go(f"#/cut/{number}")
    assert browse.run("document.querySelector('#slider')") is None
    last = browse.run("Array.from(document.querySelectorAll('.cluster summary')).pop().innerText")
    assert last.startswith("In no cluster")


def test_filters_narrow_every_view_and_clear(browse):
    def only(name, word):
        options = all_of(browse, f"#filter-{name} option", "[e.textContent, e.value]")
        choose(browse, f"#filter-{name}", dict(options)[word])

    only("category", "Tips")
    browse.until("document.querySelectorAll('#view .grid .thumb').length === 11")
    assert "11 images of 110" in text(browse)
    only("by", "prediction")
    browse.until("document.querySelectorAll('#view .grid .thumb').length === 3")
    only("scale_status", "data bar not detected")
    browse.until("document.querySelectorAll('#view .grid .thumb').length < 3")
    browse.run("document.querySelector('#clear').click()")
    browse.until("document.querySelectorAll('#view .grid .thumb').length === 110")
    only("scale", "200 nm")
    browse.go("#/cut/1/5")
    shown = browse.run("Array.from(document.querySelectorAll('.cluster .thumb')).map(t => t.title)")
    assert shown and all("200 nm" in title for title in shown)


def test_failed_rows_with_their_reasons(browse):
    browse.go("#/failed")
    shown = text(browse)
    assert "13 rows" in shown and "no stripe of one gray" in shown and "0 bytes" in shown
    choose(browse, "#failed-filter", "labels · unmatched")
    assert browse.run("document.querySelectorAll('#view tbody tr').length") == 1
    assert "SEM_Dataset/Tips/lost.jpg" in text(browse)


@pytest.mark.parametrize(
    "address",
    [
        "#/failed",
        "#/search/onerror",
        "#/search/<img src=x onerror=hacked=1>",
        "#/node/<img src=x onerror=hacked=1>",
        "#/image/-1",
        "#/image/x",
        "#/cut/99/99999",
        "#/cut/x/y",
        "#/%E0%A4%A",
    ],
)
def test_names_from_strangers_and_odd_addresses_do_nothing(browse, address):
    browse.go(address)
    time.sleep(0.2)
    assert browse.run("typeof window.hacked") == "undefined"
    assert browse.run("document.querySelectorAll('img[src=x], #view script, #view b').length") == 0
    assert not errors(browse)


def test_the_attacking_file_is_shown_by_its_name(browse):
    browse.go("#/search/onerror")
    browse.run("document.querySelector('#view .thumb').click()")
    browse.until("document.querySelector('.paths li')")
    assert text(browse, ".paths li") == "/data/<img src=x onerror=window.hacked=1>.tif"
    assert browse.run("typeof window.hacked") == "undefined"


def test_keyboard_walks_tree_and_sheet(browse):
    browse.key("/", "/")
    assert browse.run("document.activeElement.id") == "query"
    browse.key("Escape")
    browse.run("document.querySelector('#tree [tabindex=\"0\"]').focus()")
    names = browse.run(
        "Array.from(document.querySelectorAll('#tree [role=treeitem]')).map(e => e.dataset.id)"
    )
    browse.key("ArrowDown")
    browse.key("ArrowDown")
    assert browse.run("document.activeElement.dataset.id") == names[2] == "Films_Coated_Surface"
    browse.key("ArrowRight")
    assert browse.run("document.activeElement.getAttribute('aria-expanded')") == "true"
    browse.key("ArrowRight")
    assert browse.run("document.activeElement.dataset.id").startswith("Films_Coated_Surface/")
    browse.key("ArrowLeft")
    browse.key("ArrowLeft")
    assert browse.run("document.activeElement.getAttribute('aria-expanded')") == "false"
    browse.run("document.querySelector('#view .thumb').focus()")
    browse.key("ArrowRight")
    browse.key("ArrowDown")
    assert (
        browse.run(
            "Array.from(document.querySelectorAll('#view .thumb')).indexOf(document.activeElement)"
        )
        > 1
    )
    browse.key("ArrowUp")
    browse.key("ArrowLeft")
    assert browse.run("document.activeElement === document.querySelector('#view .thumb')")
    browse.go("#/image/4")
    browse.run("document.activeElement.blur()")
    browse.key("ArrowRight")
    browse.until("location.hash === '#/image/5'")


def test_everything_has_a_name_for_those_who_do_not_see(browse):
    for address in ("#/node/", "#/node/Tips", "#/image/3", "#/cut/1/5", "#/failed"):
        browse.go(address)
        named = (
            "e.getAttribute('alt') || e.getAttribute('aria-label') || e.title"
            " || e.textContent.trim() || e.labels?.length || e.querySelector('[aria-label]')"
        )
        each = "img, [role=img], input, select, button, a"
        unnamed = [html for html in all_of(browse, each, f"({named}) ? null : e.outerHTML") if html]
        assert unnamed == []


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1300, 390])
def test_light_dark_narrow(browse, width, dark):
    for address in ("#/node/Patterned_surface", "#/image/12", "#/cut/1/12", "#/failed"):
        browse.go(address)
        picture = Image.open(io.BytesIO(browse.look(width, 800, dark))).convert("L")
        corner = np.asarray(picture)[-40:-10, 2:12].mean()
        assert corner < 60 if dark else corner > 220
        assert browse.run("document.documentElement.scrollWidth") <= width
    drawer = browse.run("getComputedStyle(document.querySelector('#drawer')).display")
    assert (drawer != "none") == (width < 600)
    if width < 600:
        assert browse.run("document.querySelector('#panel').offsetHeight") == 0
        browse.run("document.querySelector('#drawer').click()")
        assert browse.run("document.querySelector('#panel').offsetHeight") > 100


def test_report_page_shows_every_picture_in_light_and_dark(chromium, report_folder):
    chromium.open((report_folder / "index.html").as_uri())
    chromium.run("document.querySelectorAll('img').forEach(i => { i.loading = 'eager' })")
    chromium.until("Array.from(document.images).every(i => i.complete)", 60)
    broken = chromium.run(
        "Array.from(document.images).filter(i => !i.naturalWidth).map(i => i.src)"
    )
    assert broken == []
    assert chromium.run("Array.from(document.images).filter(i => !i.alt).length") == 0
    assert not errors(chromium)
    for width in (1300, 390):
        chromium.look(width, 800)
        assert chromium.run("document.documentElement.scrollWidth") <= width
    light, dark = (
        np.asarray(Image.open(io.BytesIO(chromium.look(1300, 800, dark))).convert("L")).mean()
        for dark in (False, True)
    )
    assert light > 200 and dark < 80


def test_hidden_report_opens_and_names_nobody(chromium, hidden_folder):
    chromium.open((hidden_folder / "browse.html").as_uri())
    chromium.until("document.body.classList.contains('ready')")
    assert first_view(chromium) == 110
    chromium.go("#/search/session")
    assert "0 images" in text(chromium)
    chromium.go("#/image/3")
    assert "Sources" not in text(chromium) and "/data" not in text(chromium)
