"""No chapter of the built site is longer than fifteen screens, folded cells folded."""

from pathlib import Path

import pytest
from checks import shift_faults

BOOK = Path(__file__).parents[2] / "book"
FILES = [file for file in BOOK.rglob("*.ipynb") if ".ipynb_checkpoints" not in file.parts]
CHAPTERS = sorted(file.relative_to(BOOK).with_suffix("").as_posix() for file in FILES)
SCREEN = {"width": 1440, "height": 900}
LIMIT = 15
# Chapters that may be longer: how many screens, and why.
LONGER = {
    "open-questions/your-own-teacher": (16, "three pools and two laws are one argument"),
}


@pytest.mark.parametrize("name", CHAPTERS)
def test_no_chapter_is_longer_than_fifteen_screens(browser, site, name):
    page = browser.new_page(viewport=SCREEN)
    page.goto(f"{site}/book/{name}.html")
    page.wait_for_load_state("networkidle")
    assert shift_faults(page) == []
    height = page.evaluate("document.querySelector('article').getBoundingClientRect().height")
    page.close()
    limit, _ = LONGER.get(name, (LIMIT, ""))
    assert 1 < height / SCREEN["height"] <= limit
