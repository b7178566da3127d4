from __future__ import annotations

from pathlib import Path

import pytest

from store.settings import SettingsError, settings


@pytest.fixture(autouse=True)
def fresh():
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_an_unknown_name_is_an_error_that_suggests_the_right_one(monkeypatch) -> None:
    monkeypatch.setenv("XINWEN_SAMPEL_WEB", "samples")
    with pytest.raises(SettingsError, match=r"unknown setting XINWEN_SAMPEL_WEB; did you mean XINWEN_SAMPLE_WEB\?"):
        settings()


def test_a_wrong_value_is_an_error_of_one_line(monkeypatch) -> None:
    monkeypatch.setenv("XINWEN_TIMEOUT", "soon")
    with pytest.raises(SettingsError, match=r"^setting .*TIMEOUT: .*number[^\n]*$"):
        settings()


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "1e12"])
@pytest.mark.parametrize("name", ["XINWEN_LEASE", "XINWEN_TIMEOUT"])
def test_a_time_that_no_clock_can_wait_for_is_refused(name: str, text: str, monkeypatch) -> None:
    monkeypatch.setenv(name, text)
    with pytest.raises(SettingsError, match=rf"^setting {name}: [^\n]*(greater|less) than[^\n]*$"):
        settings()


def test_data_is_an_absolute_folder(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XINWEN_DATA", "here")
    assert settings().data == tmp_path / "here"


def test_no_name_of_a_folder_is_the_default_and_not_where_the_command_is_called(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.delenv("XINWEN_DATA", raising=False)
    default = settings().data
    settings.cache_clear()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XINWEN_DATA", "")
    assert settings().data == default != tmp_path


@pytest.mark.parametrize("name", ["XINWEN_DATA", "XINWEN_SOURCES", "XINWEN_BUDGETS", "XINWEN_RETENTION"])
def test_a_path_that_leads_nowhere_is_an_error_of_one_line(name: str, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv(name, "~nobody-has-this-name/x")
    with pytest.raises(SettingsError, match=rf"^setting {name}: ~nobody-has-this-name/x: [^\n]*$"):
        settings()
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    monkeypatch.setenv("XINWEN_DATA", str(loop / "x"))
    monkeypatch.setenv(name, str(loop / "x"))
    with pytest.raises(SettingsError, match=r"^setting XINWEN_DATA: [^\n]*loop[^\n]*$"):
        settings()


def test_the_user_agent_contains_the_contact(monkeypatch) -> None:
    monkeypatch.setenv("XINWEN_CONTACT", "news@example.org")
    assert settings().user_agent == "Xinwen/0.1 (+news@example.org)"
