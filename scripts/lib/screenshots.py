"""Pictures of the demo's pages, for the README."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.commands import daemon, web_address  # noqa: E402
from tests.demo.build import build  # noqa: E402
from tests.demo.server import DemoServer  # noqa: E402
from tests.demo.show import Demo  # noqa: E402

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def check_fonts() -> None:
    """Refuse to take pictures of empty boxes."""
    for language in ("ko", "zh", "fa"):
        found = subprocess.run(["fc-list", f":lang={language}"], capture_output=True, text=True, check=False)
        if not found.stdout.strip():
            sys.exit(f"No font here has the script of {language}. On Debian: apt-get install fonts-noto-cjk")


def polled(demo: Demo, edition: int) -> None:
    """Publish an edition, and wait until all of it is stored."""
    demo.server.publish(edition)
    if not demo.wait(demo.settled):
        sys.exit(f"edition {edition} was not polled: {demo.page}/sources says why")


def main() -> None:
    """Front page, story page, sources and tuning, at 1280 px."""
    check_fonts()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with DemoServer(root) as server:
            expected = build(datetime.now(UTC).replace(microsecond=0), root, server.address)
            config = root / "aggregator.yaml"
            with daemon(config) as process, sync_playwright() as playwright:
                address = web_address(config, process)
                demo = Demo(server, expected, address)
                polled(demo, 1)
                polled(demo, 2)  # after the first poll of everything, for what is the latest
                largest = max(demo.stories(), key=lambda story: len(story["articles"]))
                browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                for name, path in (
                    ("front-page", "/"),
                    ("story", f"/stories/{largest['id']}"),
                    ("sources", "/sources"),
                    ("tuning", "/dedup?threshold=0.9"),
                ):
                    if name == "story":  # with corrections and late copies
                        polled(demo, 3)
                    page.goto(address + path)
                    if name == "story":  # the text is as everywhere: what others made of it is shown
                        page.locator(".copies summary", has_text="What it changed").nth(1).click()
                        page.locator("#carried").scroll_into_view_if_needed()
                        page.evaluate("document.querySelector('#carried').scrollIntoView()")
                    page.screenshot(path=ROOT / "docs" / f"{name}.png")
                browser.close()


if __name__ == "__main__":
    main()
