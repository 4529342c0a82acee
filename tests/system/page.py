# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
# lab:
"""The web page in a real browser, against the API that it shows. All tests share one job on the embedded broker;
each brings about itself what it looks at."""

import datetime
import re
import time

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import support
from browser import Browser
from support import COORDINATOR, api, is_active, run, systemctl, wait_until, write_job

JOB = "cs_student_logs"
VIEWS = ["live", "scaling", "workers", "partitions", "windows", "dead-letters", "sinks", "query", "config"]
PRODUCERS = [f"etl-producer@{n}.service" for n in range(1, 6)]
BAD_RECORD = "<b>no</b> {json"

JOB_TEXT = f"""
source : {{ type = "kafka"; topic = "{JOB}"; start = "latest"; event_time = "timestamp"; watermark = "1 minute";
           columns = "timestamp DOUBLE, course STRING, activity STRING, lines_of_code INT, cpu_usage_pct DOUBLE"; }};
query = "SELECT window.start, window.end, course, activity, sum(lines_of_code) AS total_loc,
                avg(cpu_usage_pct) AS avg_cpu
         FROM {JOB}
         GROUP BY window(event_time, '10 seconds'), course, activity";
output = "update";
trigger = "1 second";
sink : {{ type = "console"; max_rows = 1; }};
dead_letter : {{ type = "console"; }};
workers : {{ min = 0; max = 4; rate_limit = 10; backlog_timeout = "1 second"; idle_timeout = "5 seconds"; }};
"""


def show_records(shown):
    setting = "show_records = true;" if shown else "#show_records = false;"
    text, found = re.subn(r"#?show_records = \w+;", setting, support.CONFIG.read_text(encoding="utf-8"))
    assert found == 1, "the shipped file has the key, as a comment"
    support.CONFIG.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module", autouse=True)
def bare_suite():
    """Instead of one for each test: the suite with its job, until the last test is over."""
    support.reset_suite()
    show_records(True)
    try:
        write_job(JOB, JOB_TEXT)
        systemctl("start", "etl-broker.service")
        systemctl("start", COORDINATOR)
        wait_until(lambda: job()["state"] == "running", "the job runs")
        yield
    finally:
        show_records(False)
        support.reset_suite()


@pytest.fixture(scope="module")
def shared_browser(bare_suite):
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture
def browser(shared_browser):
    """The console must stay silent, whatever a test does."""
    shared_browser.look()
    shared_browser.driver.get("about:blank")
    shared_browser.errors()
    yield shared_browser
    assert shared_browser.errors() == []


def ask(path):
    status, answer = api(f"/api/v1/{path}")
    assert status == 200, answer
    return answer


def job():
    return ask(f"jobs/{JOB}")


def load(producers):
    """That many producers run."""
    for verb, units in (("start", PRODUCERS[:producers]), ("stop", PRODUCERS[producers:])):
        if units:
            systemctl(verb, *units)


def calm():
    """Nothing arrives, all is read and no worker is left, so that numbers stand still."""
    load(0)
    wait_until(lambda: job()["workers_running"] == 0 and job()["backlog"] == 0 and job()["arrival_per_sec"] == 0, "calm")


def busy():
    load(5)
    wait_until(lambda: job()["workers_running"] == 4, "four workers")


def count(number):
    return "–" if number is None else f"{round(number):,}"


def clock(usec):
    return "–" if usec is None else datetime.datetime.fromtimestamp(usec // 1000 / 1000).strftime("%H:%M:%S")


def agree(page, expected, what):
    """The page says what the API does; both are asked again until they do, since both go on."""
    last = {}

    def same():
        last.update(api=expected(), page=page())
        return last["api"] == last["page"]

    try:
        wait_until(same, what)
    except AssertionError:
        assert last["page"] == last["api"], what


def test_overview(browser):
    load(1)
    wait_until(lambda: job()["workers_running"] == 1 and job()["epoch"], "the job works")
    browser.open()
    wait_until(lambda: browser.table("Jobs"), "the table of jobs")
    assert browser.text("#connection-text") == "live"

    agree(lambda: [browser.figure(name) for name in ("jobs", "workers", "lag")],
          lambda: [count(ask("status")[key]) for key in ("jobs_running", "workers_running", "backlog")], "figures")
    agree(lambda: [browser.figure(name) for name in ("arriving", "processed", "watermark")],
          lambda: [f"{ask('status')['arrival_per_sec']:.1f}", f"{ask('status')['processed_per_sec']:.1f}",
                   clock(job()["watermark_usec"])], "rates and watermark")
    agree(lambda: [[row[head] for head in ("Job", "State", "Workers", "Limits", "Epoch", "Late", "Bad")] for row in browser.table("Jobs")],
          lambda: [[JOB, "running", "1 of 1", "0–4", count(job()["epoch"]), count(job()["late"]), "0"]], "the job's line")
    assert "1 job" in browser.text('[data-note="jobs"]')
    assert browser.figure("uptime") and browser.figure("lag-time") != "–"
    wait_until(lambda: len(browser.find(".chart canvas")) >= 3, "charts are drawn")


def test_scale_out_live(browser):
    """Workers come and the decision is there with its reason, on a page that nobody reloads."""
    calm()
    last = ask("decisions")["next_since"]
    browser.open(f"jobs/{JOB}/scaling")
    wait_until(lambda: browser.figure("workers") == "0", "no worker")
    browser.run("window.untouched = true")
    load(5)
    wait_until(lambda: browser.figure("workers") == "4", "four workers on the page")
    assert job()["workers_running"] == 4

    decisions = [each for each in ask(f"jobs/{JOB}/decisions")["decisions"] if each["id"] > last]
    up = next(each for each in decisions if each["workers_wanted"] == 4)
    rows = wait_until(lambda: [row for row in browser.table("Scaling decisions") if row["Reason"] == up["reason"]], "the decision")
    assert rows[0]["Workers"] == f"{up['workers_now']} → {up['workers_wanted']}"
    assert rows[0]["Backlog"] == count(up["backlog"]) and rows[0]["Arriving/s"] == f"{up['arrival_per_sec']:.1f}"
    assert "4 of 4 workers run" in browser.text("#outlook")
    assert browser.run("return document.getElementById('announcements').textContent") != ""

    browser.go(f"jobs/{JOB}/live")
    legends = lambda: [element.text for element in browser.find(".chart .legend")]
    wait_until(lambda: any("running 4" in text and "wanted 4" in text for text in legends()), "the chart's newest values")
    assert browser.run("return window.untouched"), "the page was loaded again"
    assert len(browser.find(".chart canvas")) >= 4
    assert all("last" in element.get_attribute("aria-label") for element in browser.find(".canvas")[:3])


def test_workers_and_partitions(browser):
    busy()
    browser.open(f"jobs/{JOB}/workers")
    wait_until(lambda: len(browser.table("Workers") or []) == 4, "four lines")
    agree(lambda: [[row[head] for head in ("Unit", "State", "PID", "Records")] for row in browser.table("Workers")],
          lambda: [[each["unit"], each["state"], str(each["pid"]), count(each["records"])] for each in ask(f"jobs/{JOB}/workers")["workers"]],
          "workers")
    wait_until(lambda: all(row["CPU"] != "–" and row["Busy"].endswith("%") for row in browser.table("Workers")), "shares")
    wait_until(lambda: any(f"{JOB}/0: " in row["Ranges held"] for row in browser.table("Workers")), "a range that is held")
    commands = [row["Command"].removesuffix("Copy").strip() for row in browser.table("What to type")]
    assert commands == [each["journal"] for each in ask(f"jobs/{JOB}/workers")["workers"]]
    browser.find(".copy")[0].click()
    wait_until(lambda: browser.find(".copy")[0].text in ("Copied", "Selected"), "the command is copied")

    browser.go(f"jobs/{JOB}/partitions")
    wait_until(lambda: browser.run("return document.querySelector('.ranges:has(.worker-1)')?.getAttribute('aria-label').includes('worker 1: ')"),
               "a range of worker 1, as a picture and in words")
    browser.picture("partitions")
    calm()
    agree(lambda: [[row[head] for head in ("Partition", "Position", "End", "Lag")] for row in browser.table("Partitions")],
          lambda: [[f"{each['topic']}/{each['partition']}", count(each["position"]), count(each["end"]), "0"]
                   for each in job()["partitions"]], "partitions")


def test_windows(browser):
    load(5)
    wait_until(lambda: ask(f"jobs/{JOB}/results")["total"] > 20, "some windows")
    calm()
    browser.open(f"jobs/{JOB}/windows")
    wait_until(lambda: browser.table("Current windows"), "windows")
    keys = lambda rows: sorted([row[2], row[3], count(row[4])] for row in rows)
    shown = lambda: sorted([row["course"], row["activity"], row["total_loc"]] for row in browser.table("Current windows"))
    agree(shown, lambda: keys(ask(f"jobs/{JOB}/results?limit=100")["rows"]), "windows")
    wait_until(lambda: browser.find(".windows-chart canvas"), "a chart of them")

    courses = {row[2] for row in ask(f"jobs/{JOB}/results?limit=1000")["rows"]}
    course = sorted(courses)[0]
    field = next(label for label in browser.find(".filters label") if label.text.startswith("course"))
    field.find_element(By.TAG_NAME, "input").send_keys(course, Keys.ENTER)
    agree(lambda: {row["course"] for row in browser.table("Current windows")}, lambda: {course}, "the filter")
    agree(shown, lambda: keys(ask(f"jobs/{JOB}/results?limit=100&where=course%3D{course.replace(' ', '%20')}")["rows"]), "filtered")
    browser.picture("windows")


def test_dead_letters(browser):
    load(1)
    run("kcat", "-P", "-b", "localhost:9092", "-t", JOB, input=BAD_RECORD)
    wait_until(lambda: job()["bad"].get("not_json", 0) >= 1, "a bad record")
    browser.open(f"jobs/{JOB}/dead-letters")
    agree(lambda: browser.table("Records put aside"),
          lambda: [{"Reason": "not JSON", "Records": count(job()["bad"]["not_json"])}], "counts")
    row = wait_until(lambda: browser.table("The newest records"), "the sample")[0]
    letter = ask(f"jobs/{JOB}/dead-letters")["dead_letters"][-1]
    assert row["Record"] == BAD_RECORD == letter["value"], "a record is shown as text, never as HTML"
    assert row["Where"] == f"{JOB}/{letter['partition']}, {count(letter['offset'])}"
    assert browser.find("main b") == []


def test_sinks_query_configuration(browser):
    load(1)
    wait_until(lambda: job()["latency"] and job()["latency"]["count"] > 0, "an epoch was delivered")
    browser.open(f"jobs/{JOB}/sinks")
    agree(lambda: [[row[head] for head in ("Sink", "Type", "Gets", "Epoch delivered", "Each row")] for row in browser.table("Sinks")],
          lambda: [[each["name"], each["type"], each["kind"].replace("_", " "), count(each["epoch_delivered"]),
                    "exactly once" if each["exactly_once"] else "at least once"] for each in job()["sinks"]], "sinks")
    agree(lambda: sum(int(row["Epochs"].replace(",", "")) for row in browser.table("Latency")), lambda: job()["latency"]["count"], "latency")
    agree(lambda: sum(int(row["Epochs"].replace(",", "")) for row in browser.table("Time of an epoch")),
          lambda: job()["epoch_duration"]["count"], "times of epochs")

    browser.go(f"jobs/{JOB}/query")
    query = ask(f"jobs/{JOB}/query")
    words = lambda text: text.split()
    wait_until(lambda: words(browser.text("pre.query")) == words(query["query"]), "the query")
    assert words(browser.text("pre.plan")) == words("\n".join(query["plan"])) != []
    assert [row["Column"] for row in browser.table("Columns of the result")] == [each["name"] for each in query["columns"]]

    browser.go(f"jobs/{JOB}/config")
    wait_until(lambda: browser.table("The suite"), "the configuration")
    for caption, path in (("The job", f"jobs/{JOB}/config"), ("The suite", "config")):
        settings = ask(path)["settings"]
        rows = browser.table(caption)
        assert [row["Key"] for row in rows] == [each["key"] for each in settings]
        assert [row["From"] for row in rows] == ["default" if each["default"] else "file" for each in settings]
    assert {row["Key"]: row["Value"] for row in browser.table("The job")}["workers.rate_limit"] == "10"


def test_an_old_configuration(browser):
    """What a reload could not take is told on both pages, as it comes and goes."""
    browser.open(f"jobs/{JOB}/live")
    wait_until(lambda: browser.text("#job-state"), "the page is there")
    assert browser.text("#old-configuration") == ""
    try:
        write_job(JOB, JOB_TEXT.replace("AS avg_cpu", "AS cpu"))
        systemctl("reload", COORDINATOR)
        wait_until(lambda: f"etlctl restart {JOB}" in browser.text("#old-configuration"), "the job's page says so")
        browser.go("")
        wait_until(lambda: "runs with its old configuration" in browser.text(".problems"), "it is among the problems")
    finally:
        write_job(JOB, JOB_TEXT)
        systemctl("reload", COORDINATOR)
    wait_until(lambda: browser.text(".problems") == "", "no problem is left")


def test_pictures(browser):
    """Those of README are among them, once the load has gone up and down."""
    load(1)
    wait_until(lambda: 0 < job()["workers_running"] < 4, "few workers")
    busy()
    for name, place, size, scheme in (("overview", "", (1280, 900), "light"), ("job", f"jobs/{JOB}/live", (1280, 900), "dark"),
                                      ("phone", f"jobs/{JOB}/live", (360, 740), "light")):
        browser.look(*size, scheme)
        browser.open(place)
        wait_until(lambda: len(browser.find(".chart canvas")) >= 3 and browser.find("tbody tr"), f"{name} is drawn")
        wait_until(lambda: browser.figure("workers") == "4" and not re.search(r"– CPU|processor time\s+–", browser.text("main")), "numbers")
        browser.picture(name, whole=name != "phone")


def test_coordinator_goes_and_comes(browser):
    """A page says that it is cut off and since when, and goes on by itself."""
    load(1)
    browser.open(f"jobs/{JOB}/live")
    wait_until(lambda: browser.text("#connection-text") == "live" and browser.figure("epoch") != "–", "the page lives")
    browser.run("window.untouched = true")
    before = time.strftime("%H:%M")
    systemctl("stop", COORDINATOR)
    notice = wait_until(lambda: browser.text("#lost"), "it says that it is cut off")
    assert notice.startswith(f"Disconnected since {before}") or time.strftime("%H:%M") != before, notice
    assert browser.text("#connection-text") == "disconnected"
    assert browser.figure("epoch") != "–", "the last numbers stay"
    browser.picture("disconnected", whole=False)

    systemctl("start", COORDINATOR)
    wait_until(lambda: browser.text("#connection-text") == "live" and browser.text("#lost") == "", "it lives again")
    wait_until(lambda: job()["state"] == "running" and job()["epoch"], "the job runs again")
    agree(lambda: browser.figure("epoch"), lambda: count(job()["epoch"]), "the numbers go on")
    wait_until(lambda: "wanted" in browser.text(".chart:nth-child(3) .legend"), "so do the charts")
    assert browser.run("return window.untouched"), "the page was loaded again"
    # The console names each refused connection, which is what this test is about.
    assert all("net::ERR" in entry["message"] for entry in browser.errors())


def test_records_hidden(browser):
    """Without the key, records are not on the page, which says so and how to have them."""
    load(1)
    show_records(False)
    systemctl("reload", COORDINATOR)
    try:
        for view in ("windows", "dead-letters"):
            browser.open(f"jobs/{JOB}/{view}")
            wait_until(lambda: "show_records = true" in browser.text(".refused"), f"{view} says how to change it")
            assert "403" in str(browser.errors())
    finally:
        show_records(True)
        systemctl("reload", COORDINATOR)


def test_no_such_job(browser):
    browser.open("jobs/nothing")
    wait_until(lambda: 'no job "nothing"' in browser.text("main"), "it says that there is none")
    assert "404" in str(browser.errors())


def test_phone_and_dark(browser):
    """Every view fits 360 pixels, and the dark scheme is dark."""
    busy()
    ground = "return getComputedStyle(document.body).backgroundColor"
    for place in ["", *(f"jobs/{JOB}/{view}" for view in VIEWS)]:
        browser.look(360, 740, "dark")
        browser.open(place)
        wait_until(lambda: browser.text("#connection-text") == "live" and browser.find("main section"), place)
        wait_until(lambda: browser.run("return document.querySelector('main').innerText.length") > 200, f"{place} is filled")
        assert browser.run("return document.documentElement.scrollWidth") <= 360, f"#/{place} is wider than a phone"
    assert sum(int(part) for part in browser.run(ground)[4:-1].split(",")) < 150
    browser.look(360, 740, "light")
    assert sum(int(part) for part in browser.run(ground)[4:-1].split(",")) > 600


# What a screen reader needs: a name for every control, picture and table, headings in order, landmarks.
FAULTS = """
const faults = [];
const name = e => (e.getAttribute('aria-label') || e.textContent || e.labels?.[0]?.textContent || '').trim();
const visible = e => e.checkVisibility();
for (const e of document.querySelectorAll('a, button, input, select, summary')) {
  if (visible(e) && !name(e) && !e.labels?.[0]?.textContent.trim()) faults.push('no name: ' + e.outerHTML);
}
for (const e of document.querySelectorAll('[role="img"], meter, [role="region"], nav')) {
  if (!e.getAttribute('aria-label')) faults.push('no label: ' + e.outerHTML.slice(0, 80));
}
for (const e of document.querySelectorAll('table')) {
  if (!e.caption?.textContent.trim()) faults.push('no caption');
}
let level = 0;
for (const e of [...document.querySelectorAll('h1, h2, h3, h4')].filter(visible)) {
  const own = Number(e.tagName[1]);
  if (own > level + 1) faults.push(`${e.tagName} behind h${level}: ${e.textContent}`);
  level = own;
}
if (document.querySelectorAll('h1').length !== 1) faults.push('not one h1');
for (const landmark of ['header', 'nav', 'main', 'footer']) {
  if (!document.querySelector(landmark)) faults.push('no ' + landmark);
}
const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
if (new Set(ids).size !== ids.length) faults.push('an id twice');
if (document.documentElement.lang !== 'en') faults.push('no language');
return faults;
"""


def test_keyboard_and_screen_reader(browser):
    load(1)
    for place in ["", *(f"jobs/{JOB}/{view}" for view in VIEWS)]:
        browser.open(place)
        wait_until(lambda: browser.text("#connection-text") == "live" and browser.find("main section"), place)
        assert browser.run(FAULTS) == [], place

    browser.open(f"jobs/{JOB}")
    wait_until(lambda: browser.find(".tabs a"), "the tabs")
    reached = []
    for _ in range(25):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        focused = browser.driver.switch_to.active_element
        reached.append(focused.text)
        assert browser.run("return getComputedStyle(document.activeElement).outlineStyle") != "none", f"no focus seen at {focused.text}"
        if focused.text == "Partitions":
            break
    assert reached[0] == "Skip to the content"
    assert reached[-5:] == ["Live", "Scaling", "Workers", "Partitions"][-4:] or reached[-4:] == ["Live", "Scaling", "Workers", "Partitions"]
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    wait_until(lambda: browser.table("Partitions"), "the view that the keyboard chose")
    assert browser.run("return document.title").startswith(f"{JOB}: Partitions")
    assert browser.text('.tabs [aria-current="page"]') == "Partitions"

    browser.find("#skip")[0].send_keys(Keys.ENTER)
    assert browser.driver.switch_to.active_element.tag_name == "main"
