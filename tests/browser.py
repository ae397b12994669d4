"""A page as a headless Chromium shows it, where there is one."""

import json
import shutil
import subprocess
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OPTIONS = ["headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking"]
OPTIONS += ["disable-component-update", "disable-sync", "virtual-time-budget=20000", "dump-dom"]


def see(page: Path, script: str, fragment: str = "", width: int = 1400) -> dict:
    """What a script finds in the page. It calls `tell` with what is to be returned, which JSON can hold."""
    tell = "const tell = (seen) => { document.documentElement.textContent = JSON.stringify(seen); };"
    driven = page.with_name("driven.html")
    driven.write_text(f"{page.read_text()}<script>{tell}{script}</script>")
    with TemporaryDirectory() as folder:
        options = [*OPTIONS, f"window-size={width},2000", f"user-data-dir={folder}"]
        command = [CHROMIUM, *(f"--{option}" for option in options), driven.as_uri() + fragment]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return json.loads(unescape(shown[shown.index("{") : shown.rindex("}") + 1]))
