from __future__ import annotations

import pytest

from crawler.extraction.fiscal_period import report_period


@pytest.mark.parametrize(
    ("texts", "year", "quarter"),
    [
        (["1Q26 Presentation (E)"], 2026, 1),
        (["2Q2026_PL.xlsx"], 2026, 2),
        (["2025_4Q_conference_eng.pdf"], 2025, 4),
        (["2023_3Q_conference_eng_01.pdf"], 2023, 3),
        (["2025_con_quarter03_all.pdf"], 2025, 3),
        (["Q4+22_EarningsRelease.pdf"], 2022, 4),
        (["Q3 FY2025 results"], 2025, 3),
        (["Intel Reports Fourth-Quarter and Full-Year 2025 Financial Results"], 2025, 4),
        (["First Quarter 2026 Results"], 2026, 1),
        (["中芯国际2026年第一季度报告"], 2026, 1),
        (["2026年第1季合併綜合損益表"], 2026, 1),
        (["中芯国际2025年半年度报告"], 2025, 2),
        (["2025 Interim Report"], 2025, 2),
        (["2025_Half_Interim_Report.pdf"], 2025, 2),
        (["中芯国际2025年年度报告"], 2025, 0),
        (["10-K: Annual Report for Fiscal Year 2025"], 2025, 0),
        (["2024 Annual Report_E.pdf"], 2024, 0),
        (["10-K", "0000050863-21-000010.pdf", "For the fiscal year ended December 26, 2020."], 2020, 0),
        (["FS.pdf", "Review report for the third quarter of 2025"], 2025, 3),
        (["SMIC Reports 2025 Second Quarter Results", "r.pdf", "as compared to the first quarter of 2025"], 2025, 2),
        (["Revenue of 2024's fourth quarter"], 2024, 4),
        (["2026 fiscal 3rd-quarter letter"], 2026, 3),
        (["FY24 outlook"], 2024, 0),
        (["Global tech report"], 0, 0),
        (["Capacity of 300mm fabs in 2026"], 0, 0),
        (["The 3Q rule", "no period either"], 0, 0),
    ],
)
def test_period(texts: list[str], year: int, quarter: int) -> None:
    assert report_period(*texts) == (year, quarter)
