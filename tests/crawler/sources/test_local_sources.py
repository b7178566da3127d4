"""The user's own file of sources: what it changes and adds, and every mistake in it by file, line and key."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.discovery.entry_page import EntryPage, EntryPageError
from crawler.discovery.methods import Feed, Link, Listing
from crawler.discovery.select import on_topic, select
from crawler.local_sources import with_local
from crawler.source import Source
from crawler.sources import EXTRA, PACKAGED
from crawler.spider.article_builder import article_from_entry
from store.sources_file import SourcesFile, SourcesFileError

NOW = datetime(2026, 11, 20, tzinfo=UTC)
NEW = """
[chips]
name = "Chips"
category = "媒体"
address = "https://chips.example/"
note = "mine"
language = "en"
timezone = "UTC"
keep = "abstract"
enabled = true
why = "They offer a feed."
{more}
[[chips.discovery]]
method = "feed"
url = "https://chips.example/feed.xml"
{method}
"""


def sources(text: str) -> dict[str, Source]:
    return with_local(PACKAGED, SourcesFile(Path("own.toml"), text))


def mistakes(text: str) -> tuple[str, ...]:
    with pytest.raises(SourcesFileError) as refusal:
        sources(text)
    assert all(line.startswith("own.toml:") for line in refusal.value.lines)
    return tuple(line.removeprefix("own.toml:") for line in refusal.value.lines)


def test_a_row_keeps_what_the_file_does_not_name() -> None:
    row = sources('[kpmg]\nenabled = false\nwhy = "No."\nevery = "6h"\ndelay = 5\nlimit = 7\nhosts = ["a.example"]')[
        "kpmg"
    ]
    assert (row.enabled, row.why, row.rhythm, row.delay, row.limit) == (False, "No.", timedelta(hours=6), 5, 7)
    assert row.allowed == PACKAGED["kpmg"].allowed - {*PACKAGED["kpmg"].hosts} | {"a.example"}
    assert row.discovery == PACKAGED["kpmg"].discovery and row.number == PACKAGED["kpmg"].number
    chosen = sources('[sia]\nselectors = { title = "h1" }\nthresholds = { length = 9 }')["sia"]
    assert (chosen.selectors.title, chosen.thresholds.length) == ("h1", 9)
    assert chosen.selectors.body == PACKAGED["sia"].selectors.body
    assert chosen.thresholds.text == PACKAGED["sia"].thresholds.text


def test_the_other_rows_are_those_of_the_table() -> None:
    found = sources("[kpmg]\nenabled = false\n")
    assert list(found) == list(PACKAGED)
    assert {key for key in found if found[key] is not PACKAGED[key]} == {"kpmg"}
    assert dict(sources("# nothing yet\n")) == PACKAGED


def test_a_change_without_a_reason_does_not_claim_the_old_one() -> None:
    why = sources("[kpmg]\nenabled = false")["kpmg"].why
    assert why.startswith("Changed in own.toml, which does not say why.")
    assert sources("[kpmg]\ndelay = 3")["kpmg"].why == PACKAGED["kpmg"].why


def test_hosts_are_compared_as_requests_spell_them() -> None:
    row = sources('[kpmg]\nhosts = ["CDN.Example", "新闻.example"]')["kpmg"]
    assert {"cdn.example", "xn--efvy88h.example"} <= row.allowed


def test_sources_of_ones_own_come_behind_the_table() -> None:
    text = NEW.format(more='include = "/news/"\nselectors = { body = "div.text" }', method='part = "news"')
    text += NEW.format(more="", method="").replace("[chips]", "[fabs]").replace("[[chips.", "[[fabs.")
    text += '[[fabs.discovery]]\nmethod = "listing"\nurl = "https://chips.example/list"\nitem = "li"\n'
    found = sources(text)
    assert [(key, found[key].number) for key in [*found][-2:]] == [("chips", 21), ("fabs", 22)]
    assert found["chips"].discovery == (Feed("https://chips.example/feed.xml", part="news"),)
    assert found["fabs"].discovery[1] == Listing("https://chips.example/list", item="li")
    assert found["chips"].selectors.body == "div.text"
    assert found["chips"].rhythm == timedelta(hours=1)


def test_a_looser_right_holds_for_every_list_and_page() -> None:
    row = sources('[mckinsey]\nkeep = "full"\nwhy = "Subscriber."')["mckinsey"]
    assert [row.access(stated) for stated in ("full", "abstract", "headline", None)] == ["full"] * 4
    row = sources('[tsmc]\nkeep = "abstract"\nwhy = "Asked them."')["tsmc"]
    assert [row.access(stated) for stated in ("full", "abstract", "headline", None)] == ["full", *["abstract"] * 3]


def test_a_tighter_right_holds_for_every_list_and_page() -> None:
    row = sources('[tsmc]\nkeep = "headline"')["tsmc"]
    assert [row.access(stated) for stated in ("full", "abstract", None)] == ["headline"] * 3
    assert PACKAGED["tsmc"].access("full") == "full", "the table keeps reports whole"
    row = sources('[intel]\nkeep = "headline"\nwhy = "To be safe."')["intel"]
    assert [row.access(stated) for stated in ("full", "abstract", None)] == ["headline"] * 3


def test_of_an_entry_no_more_is_claimed_than_it_has() -> None:
    row = sources('[bloomberg]\nkeep = "full"\nwhy = "Terminal."')["bloomberg"]
    link = Link("https://www.bloomberg.com/news/a", title="A chip", summary="In short.")
    assert article_from_entry(link, row, NOW).access == "abstract"
    assert article_from_entry(Link(link.url, title="A chip"), row, NOW).access == "headline"
    assert article_from_entry(Link(link.url, title="A chip", body="<p>All of it.</p>"), row, NOW).access == "full"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[kpmg]\n\nenabeld = false", "3: kpmg.enabeld: a source has no such key: did you mean enabled?"),
        ("[kpmg]\nxyzzy = 1", "2: kpmg.xyzzy: a source has no such key: known are address, at_once,"),
        ("[kpmg]\nlink_of = 'x'", "2: kpmg.link_of: is Python code"),
        ("[kpmg]\nnumber = 3", "2: kpmg.number: is not for this file"),
        ("[kpmg]\nkeep_at_most = 'full'", "2: kpmg.keep_at_most: is not for this file"),
        ("[kpmg]\nenabled = 'no'", "2: kpmg.enabled: 'no' should be a valid boolean"),
        ("[kpmg]\nenabled = 1", "2: kpmg.enabled: 1 should be a valid boolean"),
        ("[kpmg]\nwhy = 2026-01-01", "2: kpmg.why: datetime.date(2026, 1, 1) is a date, which no key takes"),
        ("[kpmg]\nwhy = ' '", "2: kpmg.why: why is empty"),
        ("[kpmg]\nname = 'a\u2028b'", "2: kpmg.name: name has line breaks or control characters"),
        ("[kpmg]\ndelay = '5'", "2: kpmg.delay: '5' should be a valid number"),
        ("[kpmg]\ndelay = 0.1", "2: kpmg.delay: delay of 0.1 s is impolite"),
        ("[kpmg]\ndelay = inf", "2: kpmg.delay: delay of inf s; 600 s is the maximum"),
        ("[kpmg]\ndelay = nan", "2: kpmg.delay: delay of nan s; 600 s is the maximum"),
        ("[kpmg]\nat_once = 1000", "2: kpmg.at_once: 1000 concurrent requests"),
        ("[kpmg]\nlimit = -1", "2: kpmg.limit: limit of -1 is negative"),
        ("[kpmg]\nlimit = 1.5", "2: kpmg.limit: 1.5 should be a valid integer"),
        ("[kpmg]\nkeep = 'all'", "2: kpmg.keep: 'all' should be 'full', 'abstract' or 'headline'"),
        ("[kpmg]\nkeep = []", "2: kpmg.keep: [] should be 'full', 'abstract' or 'headline'"),
        ("[kpmg]\ncategory = '杂志'", "2: kpmg.category: '杂志' should be '行业协会'"),
        ("[kpmg]\nlanguage = 'fr'", "2: kpmg.language: 'fr' should be 'zh' or 'en'"),
        ("[kpmg]\ntimezone = 'Mars/Base'", "2: kpmg.timezone: time zone 'Mars/Base' is unknown"),
        ("[kpmg]\ntimezone = '../../etc'", "2: kpmg.timezone: time zone '../../etc' is unknown"),
        ("[kpmg]\nevery = 'often'", "2: kpmg.every: 'often' is no span of time such as"),
        ("[kpmg]\nevery = 60", "2: kpmg.every: 60 is no span of time"),
        ("[kpmg]\nevery = '1min'", "2: kpmg.every: a run every 0:01:00: between 10 minutes and 31 days"),
        ("[kpmg]\nevery = '0h'", "2: kpmg.every: a run every 0:00:00: between 10 minutes and 31 days"),
        ("[kpmg]\nwords = '('", "2: kpmg.words: pattern '(': missing )"),
        ("[kpmg]\nwords = 'a{99999999999}'", "2: kpmg.words: pattern 'a{99999999999}': the repetition number is too"),
        ("[kpmg]\ninclude = '[[a]'", "2: kpmg.include: pattern '[[a]': Possible nested set"),
        ("[kpmg]\nselectors = { title = 'h1[' }", "2: kpmg.selectors.title: selector 'h1[': "),
        ("[kpmg]\nselectors = { stop = '*' }", "2: kpmg.selectors.stop: pattern '*': nothing to repeat"),
        ("[kpmg]\n[kpmg.selectors]\ntitel = 'h1'", "3: kpmg.selectors.titel: the table selectors has no such key: did you mean title?"),
        ("[kpmg]\nselectors = 'h1'", "2: kpmg.selectors: 'h1' is no table"),
        ("[kpmg]\nthresholds = { text = 2 }", "2: kpmg.thresholds.text: threshold text of 2.0 is no share"),
        ("[kpmg]\nhosts = 'a.example'", "2: kpmg.hosts: 'a.example' should be a valid array"),
        ("[kpmg]\nhosts = [\n 'a.example',\n 'https://b.example/']", "2: kpmg.hosts.1: 'https://b.example/' is no name of a host"),
        ("[kpmg]\nhosts = ['10.0.0.1']", "2: kpmg.hosts.0: 'https://10.0.0.1/' may not be requested: 10.0.0.1 is not a public address"),
        ("[kpmg]\nhosts = ['localhost']", "2: kpmg.hosts.0: 'https://localhost/' may not be requested: localhost is a name of this machine"),
        ("[kpmg]\nelsewhere = true", "2: kpmg.elsewhere: elsewhere: pages of other publishers"),
        ("[kpmg]\nfrom_link = ['body']", "2: kpmg.from_link: from_link 'body' is none of"),
        ("[kpmg]\ncredential = { variable = 'XINWEN_DATA', header = 'X' }", "2: kpmg.credential: credential 'XINWEN_DATA' is no setting of this project that holds a key"),
        ("[kpmg]\ncredential = { variable = 'XINWEN_DATAYES_KEY' }", "2: kpmg.credential: credential needs either a header or a cookie"),
        ("[kpmg]\ncredential = { header = 'X' }", "2: kpmg.credential: the table credential needs variable"),
        ("[kpmg]\ndiscovery = []", "2: kpmg.discovery: enabled, but has no discovery method"),
        ("[kpmg]\ndiscovery = 'feed'", "2: kpmg.discovery: is no list of tables; [[kpmg.discovery]] begins a discovery method"),
        ("[kpmg.discovery]\nmethod = 'feed'", "1: kpmg.discovery: is no list of tables"),
        ("[[kpmg]]\nenabled = true", "1: kpmg: is no table; [kpmg] begins a source"),
        ("enabled = true", "1: enabled: is no table; [enabled] begins a source"),
        ("[kpgm]\nenabled = false", "1: kpgm: a new source needs name, category, address, note, language, timezone, discovery, keep, why; or did you mean the source kpmg?"),
        (NEW.format(more="", method="").replace("chips]", "K]").replace("[chips.", "[K."), "2: K.key: key 'K' is not lower case"),
        (NEW.format(more="", method="").replace("chips]", "k" * 51 + "]").replace("[chips.", "[" + "k" * 51 + "."), f"2: {'k' * 51}.key: key"),
        ("['Bad Key']\nenabled = false", "1: Bad Key: a new source needs name"),
        ("[a]\n[a.b]", "1: a: a new source needs name"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_with_line_key_and_reason(text: str, wanted: str) -> None:
    (line,) = mistakes(text) if not text.startswith("[a]") else mistakes(text)[:1]
    assert line.startswith(wanted)


@pytest.mark.parametrize(
    ("method", "wanted"),
    [
        ("", ": method is missing: one of feed, sitemap, json, listing, reports"),
        ("method = 'lisitng'", ".method: unknown discovery method 'lisitng': did you mean listing?"),
        ("method = 'telepathy'", ".method: unknown discovery method 'telepathy': known are feed, sitemap, json, listing, reports"),
        ("method = 'Feed'\nurl = 'https://x.example/'", ".method: unknown discovery method 'Feed': did you mean feed?"),
        ("method = 3", ".method: unknown discovery method 3"),
        ("method = 'feed'", ": the method feed needs url"),
        ("method = 'feed'\nurl = 5", ".url: 5 should be a valid string"),
        ("method = 'feed'\nurl = ''", ".url: '' is not an http address"),
        ("method = 'feed'\nurl = 'ftp://x.example/'", ".url: 'ftp://x.example/' is not an http address"),
        ("method = 'feed'\nurl = 'file:///etc/passwd'", ".url: 'file:///etc/passwd' is not an http address"),
        ("method = 'feed'\nurl = 'https://x.example:99999/'", ".url: 'https://x.example:99999/' is not an http address: Port out of range"),
        ("method = 'feed'\nurl = 'https://[::1'", ".url: 'https://[::1' is not an http address: Invalid IPv6 URL"),
        ("method = 'feed'\nurl = 'https://x.example/a b'", ".url: 'https://x.example/a b' is not an http address: it has blanks"),
        ("method = 'feed'\nurl = 'https://u:p@x.example/'", ".url: 'https://u:p@x.example/' may not be requested: the address names a user"),
        ("method = 'feed'\nurl = 'http://127.0.0.1/'", ".url: 'http://127.0.0.1/' may not be requested: 127.0.0.1 is not a public address"),
        ("method = 'feed'\nurl = 'http://2130706433/'", ".url: 'http://2130706433/' may not be requested: 2130706433 is 127.0.0.1, which is not"),
        ("method = 'feed'\nurl = 'http://169.254.169.254/latest'", ".url: 'http://169.254.169.254/latest' may not be requested"),
        ("method = 'feed'\nurl = 'http://[::ffff:10.0.0.1]/'", ".url: 'http://[::ffff:10.0.0.1]/' may not be requested"),
        ("method = 'feed'\nurl = 'http://printer.local/'", ".url: 'http://printer.local/' may not be requested: printer.local is a name"),
        ("method = 'feed'\nurl = 'https://x.example/'\nitem = 'li'", ".item: the method feed has no such key"),
        ("method = 'sitemap'\nurl = 'https://x.example/'\nfollow = '('", ".follow: pattern '(': missing )"),
        ("method = 'sitemap'\nurl = 'https://x.example/'\npages = 0", ".pages: 0 is not between 1 and 1000"),
        ("method = 'listing'\nurl = 'https://x.example/'\nitem = 'li >'", ".item: selector 'li >': Expected selector"),
        ("method = 'listing'\nurl = 'https://x.example/'\nitem = 'li'\nitme = 'li'", ".itme: the method listing has no such key: did you mean item?"),
        ("method = 'listing'\nurl = 'https://x.example/'\nitem = 'li'\ndate_order = 'YDM'", ".date_order: 'YDM' should be 'YMD', 'MDY' or 'DMY'"),
        ("method = 'listing'\nurl = 'https://x.example/{year}/{month}'\nitem = 'li'", ".url: 'https://x.example/{year}/{month}': {month} stands for nothing"),
        ("method = 'listing'\nurl = 'https://x.example/'\nitem = 'li'\npage_url = 'https://x.example/?p='", ".page_url: 'https://x.example/?p=' does not have {page} once"),
        ("method = 'listing'\nurl = 'https://x.example/'\nitem = 'li'\npage_url = 'http://10.1.1.1/{page}'", ".page_url: 'http://10.1.1.1/{page}' may not be requested"),
        ("method = 'reports'\nurl = 'https://x.example/'\nfile = '['", ".file: pattern '[': unterminated character set"),
        ("method = 'reports'\nurl = 'https://x.example/'\npanels = { '#' = ['a', 'report'] }", ".panels.#: selector '#': "),
        ("method = 'reports'\nurl = 'https://x.example/'\npanels = { 'div' = ['a', 'rumour'] }", ".panels.div.1: 'rumour' should be 'news'"),
        ("method = 'json'\nurl = 'https://x.example/'\nfields = { url = 'a[[' }", ".fields.url: path 'a[[': "),
        ("method = 'json'\nurl = 'https://x.example/'\nfields = { adress = 'a' }", ".fields.adress: path 'adress': is no field of a link"),
        ("method = 'json'\nurl = 'https://x.example/'\nfields = { url = 'shout(a)' }", ".fields.url: path 'shout(a)': there is no function shout"),
        ("method = 'json'\nurl = 'https://x.example/'\nfields = { url = 3 }", ".fields.url: 3 should be a valid string"),
        ("method = 'json'\nurl = 'https://x.example/'\nfields = { url = 'a' }\nbody = '{'\npage = 'n'", ".page: path 'n': leads to no number in the body"),
        ("method = 'json'\nurl = 'https://x.example/'\nfields = { url = 'a' }\nbody = '[]'\npage = 'n[['", ".page: path 'n[[': leads to no number in the body"),
        ("method = 'json'\nurl = 'https://x.example/'\nfields = { url = 'a' }\nheaders = { X = \"a\\nb\" }", ".headers.X: header 'X' cannot be sent"),
        ("method = 'json'\nurl = 'https://x.example/'\nfields = { title = 'a' }", ".fields: fields has no url"),
        ("method = 'json'\nurl = 'https://x.example/'\nfields = { url = 'a' }\nmcp_tool = 't'", ".body: is no JSON object with the arguments of the tool"),
        ("method = 'json'\nurl = 'https://x.example/'\nfields = { url = 'a' }\nbody = '1'\nmcp_tool = 't'", ".body: is no JSON object with the arguments of the tool"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_discovery_method(method: str, wanted: str) -> None:
    head = "[kpmg]\nenabled = true\n[[kpmg.discovery]]\n"
    wrong = next((line for line in mistakes(head + method) if wanted in line), "")
    assert wrong.split(":", 1)[1].startswith(" kpmg.discovery.0")
    key = wanted.split(":")[0].split(".")[1] if wanted.startswith(".") else "[[kpmg.discovery]]"
    assert (head + method).split("\n")[int(wrong.split(":")[0]) - 1].startswith((key, "[[kpmg.discovery]]"))
    assert key not in method or key in (head + method).split("\n")[int(wrong.split(":")[0]) - 1]


def test_all_mistakes_are_told_in_the_order_of_the_file() -> None:
    text = (
        NEW.format(more="words = '('\ntimezone2 = 'x'", method="verfied = true") + "[sia]\nkeep = 'all'\n[kpmg]\nx = 1"
    )
    assert [line.split(": ")[1] for line in mistakes(text)] == [
        "chips.timezone2",
        "chips.discovery.0.verfied",
        "sia.keep",
        "kpmg.x",
    ]


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"[kpmg\n", ":1: kpmg: not TOML: Expected ']' at the end of a table declaration"),
        (b"[kpmg]\nenabled = yes\n", ":2: enabled: not TOML: Invalid value"),
        (b"[kpmg]\nenabled = true\nenabled = false\n", ":3: enabled: not TOML: Cannot overwrite a value"),
        (b"[kpmg]\n[sia]\n[kpmg]\n", ":3: kpmg: not TOML: Cannot declare ('kpmg',) twice"),
        (b"[kpmg]\nwhy = 'x\n", ":2: why: not TOML: "),
        (b"[kpmg]\nwhy = '''x\n\n", "not TOML: "),
        (b"[kpmg]\nwhy = \"\xff\"\n", ":2: not UTF-8"),
        (b"a = 1\n", ":1: a: is no table; [a] begins a source"),
        (b"[kpmg]\nlimit = " + b"9" * 5000, "not TOML: Exceeds the limit"),
        (b"[kpmg]\nx = " + b"[" * 5000, "nested too deeply"),
        (b"#" * 2**21, "larger than 256 KiB (XINWEN_SOURCES)"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read(data: bytes, wanted: str, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_bytes(data)
    with pytest.raises(SourcesFileError) as refusal:
        SourcesFile.read(file)
    (line,) = refusal.value.lines
    assert line.startswith(str(file)) and wanted in line


def test_broken_files_are_refused_or_read_and_nothing_else() -> None:
    whole, chance = EXTRA.read_text("utf-8").split("[semiengineering]")[0], random.Random(14)
    outcomes = Counter[str]()
    for _ in range(300):
        at, length = chance.randrange(len(whole)), chance.randrange(40)
        broken = (
            whole[:at]
            + chance.choice(["", "'", '"', "[", "=", "\n", "\x00", "[trendforce]\n", "= 1\n"])
            + whole[at + length :]
        )
        try:
            outcomes["read"] += bool(sources(broken))
        except SourcesFileError as refusal:
            assert all(re.match(r"own\.toml:\d+: .", line) and line.isprintable() for line in refusal.lines), (
                refusal.lines
            )
            outcomes["refused"] += 1
    assert outcomes["refused"] > 150 and outcomes["read"] > 10


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    for path, reason in (
        (tmp_path / "none.toml", "no such file"),
        (tmp_path, "no file"),
        (tmp_path / "a/b", "no such file"),
    ):
        with pytest.raises(SourcesFileError, match=rf"{reason} \(XINWEN_SOURCES\)"):
            SourcesFile.read(path)


def test_files_of_other_editors_are_read(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_bytes("\ufeff[kpmg]\r\n# 关闭\r\nenabled = false\r\nx = 1\r\n".encode())
    assert SourcesFile.read(file).line_of(("kpmg", "x")) == 4


def test_the_line_of_every_value() -> None:
    text = "\n# c\n[a]\nx = '''\n[b]\ny = 1\n'''\nlist = [\n  1,\n  # 2\n  3,\n]\nb.c = 1\n\n[[a.d]]\nu = 1\n[[a.d]]\nu = 2\n[b]\ny = 2\n"
    file = SourcesFile(Path("f"), text)
    places = {("a",): 3, ("a", "x"): 4, ("a", "list"): 8, ("a", "list", 1): 8, ("a", "b", "c"): 13, ("a", "d", 0): 15,
              ("a", "d", 0, "u"): 16, ("a", "d", 1): 17, ("a", "d", 1, "u"): 18, ("b",): 19, ("b", "y"): 20}  # fmt: skip
    assert {place: file.line_of(place) for place in places} == places
    assert file.line_of(("a", "missing")) == 3 and file.line_of(("b", "y", "z")) == 20


def test_more_sources_are_whole_and_off() -> None:
    found = with_local(PACKAGED, SourcesFile.read(EXTRA))
    extra = {key: row for key, row in found.items() if key not in PACKAGED}
    assert len(extra) == 14
    assert not any(row.enabled for row in extra.values())
    assert all(row.read == "entry" and row.keep != "full" and row.why.endswith(".") for row in extra.values())
    assert all(row.name_zh or row.language == "en" for row in extra.values())


def test_values_of_many_lines() -> None:
    """Each line of a value is not read as its end, or a long list would take minutes."""
    hosts = "".join(f'"h{number}.example",\n' for number in range(8000))
    text = f'[kpmg]\nhosts = [\n{hosts}]\nwhy = """\na\nb\n"""\nkepe = 1\n'
    file = SourcesFile(Path("sources.toml"), text)
    assert (file.line_of(("kpmg", "why")), file.line_of(("kpmg", "kepe"))) == (8004, 8008)


@pytest.mark.parametrize("field", ["include", "words"])
def test_a_pattern_that_takes_too_long_is_given_up(field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.discovery.select._MAX_SECONDS", 0.2)
    row = replace(PACKAGED["semi"], **{"include": "", "words": "", field: "(a+)+$"})
    link = Link(url=f"https://www.semi.org/{'a' * 40}!")
    with pytest.raises(EntryPageError, match=f"pattern {field} of the source: reading it takes more than"):
        on_topic(select(EntryPage(links=[link]), row).links, row)
