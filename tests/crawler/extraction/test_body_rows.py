"""Rows of tables in the body, and what of a release comes after its standing part."""

from __future__ import annotations

import pytest

from tests.crawler.extraction.html_pages import FIRST, PROSE, SECOND, THIRD, page, read

TITLE = "<h1>New fab opens early</h1>"
ROWS = (("Sales, millions", "412.7", "398.1"), ("Gross margin", "31.4%", "29.9%"), ("Net income", "41.0", "36.2"))
LINES = "\n".join(" ".join(row) for row in ROWS)
ABOUT = "Example makes parts for cars and for power supplies, and has four plants in the valley and in the hills."


def table(cell: str = "<td>{}</td>", around: str = "<table>{}</table>") -> str:
    return around.format("".join(f"<tr>{''.join(cell.format(text) for text in row)}</tr>" for row in ROWS))


def body_of(inside: str) -> str:
    return read(page(f"<article>{TITLE}{inside}</article>")).body


CELLS = ["<td>{}</td>", "<td><p><b>{}</b></p></td>", "<td><div><font size='2'>{}</font></div></td>"]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("around", ["<table>{}</table>", "<div class='scroll'><table><tbody>{}</tbody></table></div>"])
def test_the_cells_of_a_row_are_one_line(cell: str, around: str) -> None:
    assert body_of(f"{PROSE}{table(cell, around)}<p>{SECOND[::-1]}</p>").split("\n")[3:6] == LINES.split("\n")


@pytest.mark.parametrize("cell", CELLS)
def test_few_sentences_and_many_rows(cell: str) -> None:
    assert body_of(f"<p>The figures are not audited.</p>{table(cell)}") == f"The figures are not audited.\n{LINES}"
    assert body_of(f"<p>{FIRST}</p>{table(cell, '<table>{0}{0}{0}{0}</table>')}") == "\n".join((FIRST, *[LINES] * 4))


@pytest.mark.parametrize(
    "row",
    [
        "<td>Monday</td><td><ul><li>lot 41 enters furnace two</li><li>lot 42 waits</li></ul></td>",
        "<td>Monday</td><td><ol><li>lot 41 enters<br>furnace two</li></ol><p>lot 42 waits</p></td>",
        "<th>Monday</th><td><dl><dt>lot 41</dt><dd>enters furnace two</dd></dl>lot 42 waits</td>",
    ],
)
def test_a_list_inside_a_cell_is_kept(row: str) -> None:
    lines = body_of(f"{PROSE}<table><tr>{row}</tr><tr>{row}</tr></table><p>{SECOND[::-1]}</p>").split("\n")
    assert "Monday lot 41 enters furnace two lot 42 waits" in lines
    assert "Monday" not in lines


def test_a_table_that_lays_out_the_page_has_paragraphs() -> None:
    menu = "<ul><li><a href='/'>Home</a></li><li><a href='/a'>About</a></li></ul>"
    inside = f"<table><tr><td>{menu}</td><td>{TITLE}{PROSE}</td></tr></table>"
    assert read(page(inside)).body == f"{FIRST}\n{SECOND}\n{THIRD}"


@pytest.mark.parametrize(
    ("mark", "heading"),
    [
        (f"<p><b>About Example</b></p><p>{ABOUT}</p>", "Condensed statements of income"),
        (f"<p># # #</p><h6>About Example</h6><p>{ABOUT}</p><p>Media contact</p><p>Ann Author</p>", "Balance sheet"),
        (f"<p>-30-</p><p>{ABOUT}</p>", "EXAMPLE CORPORATION<br>CASH FLOW STATEMENT"),
        (f"<p>关于示例公司</p><p>{ABOUT}</p>", "合并利润表"),
    ],
)
def test_only_the_standing_part_of_a_release_goes(mark: str, heading: str) -> None:
    body = body_of(f"{PROSE}{mark}<h3>{heading}</h3>{table()}")
    assert body == "\n".join((FIRST, SECOND, THIRD, *heading.split("<br>"), LINES))


@pytest.mark.parametrize(
    "end",
    [
        f"<p>About Example</p><p>{ABOUT}</p><p>Forward-looking statements</p><p>{ABOUT}</p>",
        "<p>###</p><p>Contact</p><p>Tel. 408 555 0100, 408 555 0101</p><p>Fax 408 555 0102, 408 555 0103</p>",
        "<h4>Financial information</h4><ul><li><a href='/a'>Reports for the year</a></li></ul>",
    ],
)
def test_a_release_without_statements_ends_where_it_ended(end: str) -> None:
    assert body_of(PROSE + end).removesuffix("\nFinancial information") == f"{FIRST}\n{SECOND}\n{THIRD}"


@pytest.mark.parametrize(
    "end",
    [
        "<ul><li><a href='/1'>Chip makers put off two plants in the valley</a></li><li><a href='/2'>Pumps are short</a></li></ul>",
        "<h3>More news</h3><p>Chip makers put off two plants in the valley</p><p>Pumps are short</p>",
        "<p>下一篇：两家芯片厂推迟投产</p>",
        "<h3>相关推荐</h3><p>两家芯片厂推迟投产</p>",
    ],
)
def test_headlines_of_other_articles_at_the_end_are_no_body(end: str) -> None:
    assert body_of(f"<div class='article-body'>{PROSE}{end}</div>") == f"{FIRST}\n{SECOND}\n{THIRD}"
