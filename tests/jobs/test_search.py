"""The words after search: queries, a settings file, options of its own and of all jobs."""

from pathlib import Path

from jobs import search


def test_queries_are_what_is_no_option_and_no_settings_file() -> None:
    words = ["a.tif", "--k", "5", "my.toml", "--set", "search.k=3", "b c.png", "--json", "--force"]
    mine, others = search.parse(words)
    assert (mine.queries, mine.k, mine.json) == (["a.tif", "b c.png"], 5, True)
    assert (others.conf, others.set, others.force) == ("my.toml", ["search.k=3"], True)


def test_without_a_query_the_folder_is_made() -> None:
    mine, others = search.parse(["my.toml", "--limit", "500"])
    assert mine.queries == [] and others.limit == 500
    assert search.parse(["x.tif", "--page", "found.html"])[0].page == Path("found.html")
