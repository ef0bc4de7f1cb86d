"""Pictures of the demo's pages, for the README."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.commands import daemon, web_address  # noqa: E402
from tests.demo.build import build  # noqa: E402
from tests.demo.server import DemoServer  # noqa: E402

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def settled(address: str) -> list[dict[str, object]]:
    """The visit's stories, once no more come."""
    before = -1
    while True:
        with urllib.request.urlopen(f"{address}/api/v1/stories?topic=tehran-pyongyang", timeout=10) as answer:
            listed = json.loads(answer.read())
        stories: list[dict[str, object]] = listed["stories"] if isinstance(listed, dict) else listed
        articles = sum(len(story["articles"]) for story in stories)  # type: ignore[arg-type]
        if articles and articles == before:
            return stories
        before = articles
        time.sleep(6)


def check_fonts() -> None:
    """Refuse to take pictures of empty boxes."""
    for language in ("ko", "zh", "fa"):
        found = subprocess.run(["fc-list", f":lang={language}"], capture_output=True, text=True, check=False)
        if not found.stdout.strip():
            sys.exit(f"No font here has the script of {language}. On Debian: apt-get install fonts-noto-cjk")


def main() -> None:
    """Front page, story page, sources and tuning, at 1280 px."""
    check_fonts()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with DemoServer(root) as server:
            build(datetime.now(UTC).replace(microsecond=0), root, server.address)
            config = root / "aggregator.yaml"
            with daemon(config) as process, sync_playwright() as playwright:
                address = web_address(config, process)
                stories = settled(address)
                largest = max(stories, key=lambda story: len(story["articles"]))  # type: ignore[arg-type]
                browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                for name, path in (
                    ("front-page", "/"),
                    ("story", f"/stories/{largest['id']}"),
                    ("sources", "/sources"),
                    ("tuning", "/dedup?threshold=0.9"),
                ):
                    page.goto(address + path)
                    if name == "story":  # the text is as everywhere: what others made of it is shown
                        page.locator(".copies summary", has_text="What it changed").nth(1).click()
                        page.locator("#carried").scroll_into_view_if_needed()
                        page.evaluate("document.querySelector('#carried').scrollIntoView()")
                    page.screenshot(path=ROOT / "docs" / f"{name}.png")
                browser.close()


if __name__ == "__main__":
    main()
