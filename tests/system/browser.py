# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
"""A real browser on the page, and what tests want to know of what it shows."""

import pathlib

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

ADDRESS = "http://127.0.0.1:8081/"
PICTURES = pathlib.Path("/root/pictures")
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
             "--disable-background-networking", "--disable-component-update", "--disable-sync"]

# A table as its caption, its heads and the texts of its rows' cells; on a phone the heads are still there.
TABLES = """
return [...document.querySelectorAll('main table')].map(table => ({
  caption: table.caption ? table.caption.textContent : '',
  heads: [...table.tHead.rows[0].cells].map(cell => cell.textContent),
  rows: [...table.tBodies[0].rows].map(row => [...row.cells].map(cell => cell.innerText.trim())),
}));
"""


class Browser:
    def __init__(self):
        options = webdriver.ChromeOptions()
        for argument in ARGUMENTS:
            options.add_argument(argument)
        options.binary_location = "/usr/bin/chromium"
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        self.look()

    def close(self):
        self.driver.quit()

    def look(self, width=1280, height=900, scheme="light", scale=1):
        """The size of the window and the colour scheme."""
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 500})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def open(self, place=""):
        """Loads the page anew, at this place in it."""
        self.driver.get("about:blank")
        self.driver.get(f"{ADDRESS}#/{place}")

    def go(self, place):
        """To another place without loading anything."""
        self.driver.execute_script("location.hash = arguments[0]", f"#/{place}")

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def find(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector):
        """What the element says, '' if there is none or it is hidden."""
        return self.run("const e = document.querySelector(arguments[0]); return e?.checkVisibility() ? e.innerText.trim() : ''", selector)

    def figure(self, name):
        return self.text(f'[data-figure="{name}"]')

    def table(self, caption):
        """The rows of the table whose caption begins so, each as a dictionary by head."""
        table = next((table for table in self.run(TABLES) if table["caption"].startswith(caption)), None)
        return table and [dict(zip(table["heads"], row)) for row in table["rows"]]

    def errors(self):
        """What the console has said since the last time."""
        return [entry for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def picture(self, name, whole=True):
        """Into the folder that ./check keeps."""
        PICTURES.mkdir(exist_ok=True)
        if whole:
            height = self.run("return document.documentElement.scrollHeight")
            width = self.run("return innerWidth")
            scheme = "dark" if self.run("return matchMedia('(prefers-color-scheme: dark)').matches") else "light"
            self.look(width, height, scheme)
        self.driver.save_screenshot(str(PICTURES / f"{name}.png"))
