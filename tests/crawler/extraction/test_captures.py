"""Captured pages and reports of real sites, read in place: title, date, language and body of each.

Each expectation is the title, the date (UTC, empty for none), the language, the length of the body in characters, and
a few words in the order of the body: one of the first paragraph, one from inside, one of the last.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.extraction import Unreadable, read_document

CAPTURED = datetime(2026, 7, 10, tzinfo=UTC)

PAGES = {
    "bloomberg/article-2020-06-11-sony-ps5.html": (
        "Sony Reveals PlayStation 5 Games Ahead of Holiday Release",
        "2020-06-11 20:21:29",
        "en",
        (3800, 4300),
        ("array of new games", "Bugsnax", "Piers Harding-Rolls"),
    ),
    "bloomberg/graphics-2016-apple-profits.html": (
        "Americans Are Paying Apple Millions to Shelter Overseas Profits",
        "2016-12-07 10:00:00",
        "en",
        (10200, 10800),
        ("poster child", "Braeburn", "really foolish"),
    ),
    "bloomberg/news-2014-09-30-job-woes.html": (
        "Job Woes Linger in 29 States as U.S. Recovers Unevenly",
        "2014-09-30 14:34:55",
        "en",
        (8700, 9200),
        ("Kevin Yearout", "Regional Woes", "cautious optimism"),
    ),
    "bloomberg/news-2016-12-06-stock-rally.html": (
        "U.S. Stocks Rise to Records, Bonds Gain on ECB Stimulus Optimism",
        "2016-12-06 23:22:22",
        "en",
        (3800, 4300),
        ("220 points", "Currencies", "10 major peers"),
    ),
    "mckinsey/derived-html/analog-devices-ceo-vince-roche-a-decade-of-growth-and-evolution.html": (
        "Analog Devices CEO Vince Roche: A decade of growth and evolution",
        "2023-10-18 00:00:00",
        "en",
        (14800, 15400),
        ("third CEO", "Asutosh Padhi:", "rich experiences"),
    ),
    "mckinsey/derived-html/generative-ai-the-next-s-curve-for-the-semiconductor-industry.html": (
        "Generative AI: The next S-curve for the semiconductor industry?",
        "2024-03-29 10:00:00",
        "en",
        (20300, 21400),
        ("ChatGPT and Sora", "wafer demand", "software innovation"),
    ),
    "mckinsey/derived-html/how-semiconductor-companies-can-fill-the-expanding-talent-gap.html": (
        "How semiconductor companies can fill the expanding talent gap",
        "2024-02-02 10:00:00",
        "en",
        (22400, 23300),
        ("high-stakes race", "itchy feet", "people strategies"),
    ),
    "mckinsey/derived-html/the-power-of-digital-quantifying-semiconductor-fab-performance.html": (
        "The power of digital: Quantifying semiconductor fab performance",
        "2024-10-10 10:00:00",
        "en",
        (17200, 18000),
        ("downturn in 2023", "saturation cur", "paradigm shifts"),
    ),
    "mckinsey/derived-html/the-semiconductor-decade-a-trillion-dollar-industry.html": (
        "The semiconductor decade: A trillion-dollar industry",
        "2022-04-01 00:00:00",
        "en",
        (3300, 3600),
        ("hit the headlines", "megatrends", "decision makers"),
    ),
    "mckinsey/derived-html/what-is-a-semiconductor.html": (
        "What is a semiconductor?",
        "2023-05-15 00:00:00",
        "en",
        (12500, 13800),
        ("sourdough", "conductor and insulator", "Strategies for success"),
    ),
    "pwc/analogue-aem-wbf.admin.ch.html": (
        "Städteschutz statt Alpentrutz",
        "2007-08-17 00:00:00",
        "de",
        (13500, 14400),
        ("Städtegipfel", "Alpenglühen", "UVEK"),
    ),
    "pwc/derived-html/semiconductor-industry-outlook.html": (
        "Tech and semiconductor industries take stock in 2023",
        "2023-03-22 12:25:00",
        "en",
        (4000, 4500),
        ("upheaval", "core capabilities", "headwinds"),
    ),
    "reuters/article-2014-12-30-sensex-in.html": (
        "Sensex ends flat; weaker Asian markets offset reform hopes",
        "2014-12-30 11:03:00",
        "en",
        (1000, 1150),
        ("BSE Sensex and Nifty", "kick-start", "Brent crude"),
    ),
    "reuters/article-2016-usa-fed.html": (
        "Fed lifts rates, sees faster pace of hikes in Trump's first year",
        "2016-12-14 06:02:15",
        "en",
        (4800, 5200),
        ("raised interest rates", "Janet Yellen", "near zero"),
    ),
    "reuters/article-2019-11-19-global-markets.html.gz": (
        "Oversupply angst drags oil lower, stocks drift near highs",
        "2019-11-19 21:57:01",
        "en",
        (3450, 3750),
        ("NEW YORK (Reuters)", "S&P 500", "Emerging markets"),
    ),
    "reuters/article-2020-01-20-parasite.html": (
        "'Parasite' scores historic upset at SAG awards, boosting Oscar chances",
        "2020-01-19 12:25:36",
        "en",
        (3800, 4100),
        ("LOS ANGELES", "The Irishman", "Fleabag"),
    ),
    "reuters/article-2020-06-11-palantir-ipo.html": (
        "Palantir close to registering for stock market debut: sources",
        "2020-06-12 00:17:43",
        "en",
        (3500, 3800),
        ("file confidentially", "direct listing", "COVID-19"),
    ),
    "reuters/article-2023-04-25-nepal-flydubai.html.gz": (
        "Nepal says 'no proof' flydubai plane suffered bird strike",
        "2023-04-25 12:26:15",
        "en",
        (1550, 1800),
        ("KATHMANDU", "barred from entering", "Yeti Airlines"),
    ),
    "reuters/article-2024-03-07-israeli-tank.html.gz": (
        "Israeli tank 'likely' fired machine gun at reporters after deadly shelling, report finds",
        "2024-03-07 07:55:25",
        "en",
        (6900, 7200),
        ("BEIRUT/THE HAGUE", "IDENTIFIED AS PRESS", "FULL INQUIRY"),
    ),
    "seeking_alpha/article-4210510-apple-price-matters.html": (
        "Apple: Price Matters",
        "2018-10-08 19:04:00",
        "en",
        (6500, 7000),
        ("Investment Thesis", "David Einhorn", "Disclosure"),
    ),
    "semi/analogue-drupal8-awo.org-Menschenrechte.html": (
        "Menschenrechte achten",
        "2021-11-10 00:00:00",
        "de",
        (2150, 2350),
        ("Koalitionsverhandlungen", "Sprachmittlung", "Zeitr"),
    ),
    "semiinsights/analogue-chinadaily-zh-2023-11-17.html": (
        "外国专家：中美合作共赢符合国际社会利益",
        "2023-11-17 07:13:00",
        "zh",
        (690, 715),
        ("旧金山", "大势所趋", "翁诗杰"),
    ),
    "semiinsights/analogue-ednchina-ai-chip.html": (
        "阿里发布最强AI芯片：性能“吊打”同行，一块顶十块GPU",
        "2019-09-24 16:00:00",
        "zh",
        (1850, 1960),
        ("云栖大会", "ResNet-50", "一体化协同"),
    ),
    "semiinsights/analogue-gb2312-DECLARED-utf8-alipay-blog-2009.html": (
        "阿里巴巴：制造孤独的CEO",
        "2009-11-05 16:00:00",
        "zh",
        (3900, 4000),
        ("我不懂金融", "陆兆禧", "小灶"),
    ),
    "semiinsights/analogue-gb2312-sina-ent-2009-11-09.html": (
        "阿里郎全新力作《兰花指》单曲成红歌(图)",
        "2009-11-09 05:56:00",
        "zh",
        (255, 275),
        ("新浪娱乐讯", "中西融合", "新浪潮"),
    ),
    "semiinsights/analogue-gbk-163-news-2016-02-20.html": (
        "美华人为梁彼得请愿签名 43城万人游行声援(图)",
        "2016-02-21 03:05:50",
        "zh",
        (1120, 1180),
        ("纽约邮报", "凤凰网", "入乡随俗"),
    ),
    "semiinsights/analogue-hexun.html": (
        "交通运输部：着力打造京津冀区域综合立体交通网络",
        "2019-09-26 02:56:28",
        "zh",
        (110, 120),
        ("财联社", "1.5小时交通圈"),
    ),
    "semiinsights/analogue-qq-tech-deepmind.html": (
        "DeepMind新电脑已可利用记忆自学 人工智能迈上新台阶",
        "2016-10-13 23:17:00",
        "zh",
        (600, 640),
        ("2014年收购", "朱比利线", "《自然》"),
    ),
    "semiinsights/analogue-stcn.html": (
        "午间公告：天奇股份中标广汽丰田项目；运达股份中标7亿元项目",
        "2019-09-26 04:11:00",
        "zh",
        (200, 220),
        ("当升科技", "金陵药业", "伊戈尔"),
    ),
    "sia/analogue-wordpress-wikimediafoundation.org.html": (
        "Access to Wikipedia restored in Turkey after more than two and a half years",
        "2020-01-15 01:01:01",
        "en",
        (3300, 3450),
        ("19th birthday", "Katherine Maher", "internet service providers"),
    ),
    "sia/sia_april_2026_sales.trimmed.html": (
        "Global Semiconductor Sales Increase 11% Month-to-Month in April",
        "2026-06-05 21:00:54",
        "en",
        (2400, 2560),
        ("93.9% year-to-year", "14th consecutive month", "Subscription Package"),
    ),
    "wsts/wsts_recent_news_release.html": (
        "Global Semiconductor Market Surges Beyond $1.5T 2026",
        "",
        "en",
        (2200, 2420),
        ("Spring 2026", "Memory", "rounded to whole millions"),
    ),
}

REPORTS = {
    "accenture/Accenture-360-Value-Report-2025.pdf": (
        "360° Value Report 2025: Reinventing what’s possible for our clients, partners and communities",
        "2025-12-11 16:33:50",
        "en",
        69,
    ),
    "intel/INTEL_2020_10K.pdf": ("12.26.2020 (Q4) - 10K Document", "2021-01-22 00:16:43", "en", 122),
    "intel/INTEL_2022Q4_EARNINGS.pdf": (
        "Intel Reports Fourth-Quarter and Full-Year 2022 Financial Results",
        "2023-01-26 18:19:55",
        "en",
        17,
    ),
    "kpmg/KPMG-future-of-supply-chain-2021-10.pdf": ("Future of supply chain", "2021-10-20 21:35:53", "en", 23),
    "samsung/2025_4Q_conference_eng.pdf": (
        "Earnings Presentation: 4Q 2025 Financial Results",
        "2026-01-28 11:17:53",
        "en",
        15,
    ),
    "samsung/2025_con_quarter04_soi.pdf": (
        "CONSOLIDATED STATEMENTS OF PROFIT OR LOSS",
        "2026-02-13 00:47:03",
        "en",
        2,
    ),
    "tsmc/TSMC-1Q26-Presentation-C.pdf": ("1Q26 Presentation (C)", "2026-04-16 10:17:36", "zh", 12),
    "tsmc/TSMC-1Q26-Presentation-E.pdf": ("1Q26 Presentation (E)", "2026-04-16 10:18:15", "en", 12),
}

NO_ARTICLES = [
    "reuters/listing-business-finance-2025-06-23.html",
    "reuters/listing-world-2026-03-14.html",
    "semi/semi_cloudflare_challenge_20260626.trimmed.html",
    "semiinsights/analogue-163-listpage.html",
    "smic/smics.com-home-2018.html",
]


def read(captures: Path, file: str):
    data = (captures / file).read_bytes()
    with (captures / "MANIFEST.tsv").open(encoding="utf-8", newline="") as manifest:
        addresses = {row["file"]: row["address"] for row in csv.DictReader(manifest, delimiter="\t")}
    # Where the address was not recorded a placeholder is used.
    return read_document(data, addresses[file] or "https://www.example.com/page", captured=CAPTURED)


def moment(article) -> str:
    return article.published.strftime("%Y-%m-%d %H:%M:%S") if article.published else ""


@pytest.mark.parametrize("file", PAGES)
def test_pages(captures, file):
    title, published, language, (least, most), words = PAGES[file]
    article = read(captures, file)
    assert article.title == title
    assert moment(article) == published
    assert article.language == language
    assert least <= len(article.body) <= most
    places = [article.body.find(word) for word in words]
    assert -1 not in places, words[places.index(-1)]
    assert places == sorted(places)
    assert places[0] < 400
    assert places[-1] > 0.4 * len(article.body)


@pytest.mark.parametrize("file", REPORTS)
def test_reports(captures, file):
    title, published, language, pages = REPORTS[file]
    article = read(captures, file)
    assert (article.title, moment(article), article.language) == (title, published, language)
    assert len(article.pages) == pages == article.files[0].pages
    assert article.kind == "report"


@pytest.mark.parametrize("file", NO_ARTICLES)
def test_what_is_no_article_has_no_date(captures, file):
    assert read(captures, file).published is None


def test_a_report_that_was_cut_off_is_refused(captures):
    with pytest.raises(Unreadable, match="truncated PDF"):
        read(captures, "intel/INTEL_2023_8K_dated-2023-08-16.pdf")


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.lower()))


@pytest.mark.parametrize(
    ("file", "version"),
    [
        ("reuters/article-2023-04-25-nepal-flydubai.html.gz", "V1"),
        ("reuters/article-2024-03-07-israeli-tank.html.gz", "V1_1"),
    ],
)
def test_bodies_read_by_other_programs(captures, file, version):
    expected = json.loads((captures / "reuters/fundus-expected-Reuters.json").read_bytes())[version]
    parts = [expected["body"]["summary"]]
    parts += [texts for section in expected["body"]["sections"] for texts in section.values()]
    theirs = words(" ".join(text for texts in parts for text in texts))
    article = read(captures, file)
    ours = words(article.body)
    shared = (ours & theirs).total()
    assert 2 * shared / (ours.total() + theirs.total()) > 0.98
    assert article.authors == expected["authors"]
    assert article.title == expected["title"]
    assert f"{moment(article)}+00:00" == expected["publishing_date"]


def test_gzip_makes_no_difference(captures):
    file = "reuters/article-2019-11-19-global-markets.html.gz"
    packed = (captures / file).read_bytes()
    plain = read_document(gzip.decompress(packed), "https://www.reuters.com/article/x", captured=CAPTURED)
    assert plain == read_document(packed, "https://www.reuters.com/article/x", captured=CAPTURED)


def test_every_article_among_the_captures_is_tested(captures):
    found = {
        str(path.relative_to(captures)) for path in captures.rglob("*") if re.search(r"\.(html(\.gz)?|pdf)$", path.name)
    }
    # Lists, data pages, fragments, and pages of shapes that no row selects yet: what they say is tested elsewhere.
    others = {
        "gartner/press-release-2026-09-01-ai-survey.trimmed.html",
        "google_finance/quote-CNY-VND-beta-en-2026-06-25.html",
        "google_finance/quote-VND-JPY-classic-ja-2023-05-20.html",
        "intel/INTEL_2023_8K_dated-2023-08-16.pdf",
        "intel/analogue-equisolve-amd-press-release-2026-08-04.html",
        "intel/analogue-equisolve-marathondh-financial-information.fragment.html",
        "seeking_alpha/listing-dividend-news-2020-03-30.html",
        "semi/semi.org.cn-article-2026-05-20.trimmed.html",
        "semi/semi.org.cn-column-hot-news-2026-05-20.trimmed.html",
        "tsmc/ir-monthly-revenue-2024_cap2026-07-03.html",
    }
    assert found == {*PAGES, *REPORTS, *NO_ARTICLES, *others}
