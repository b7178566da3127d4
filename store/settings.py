"""The settings: every environment variable that Xinwen reads, with default and help."""

from __future__ import annotations

import errno
import os
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from store.places import IS_CHECKOUT, PROJECT

PREFIX = "XINWEN_"


class SettingsError(ValueError):
    """An environment variable is unknown or has a wrong value; the message is one line."""

    status = 2
    """Exit status of a command."""


def default_data_folder() -> Path:
    """``.data`` of a checkout, else the folder for the state of this program of the user. Raises SettingsError."""
    if IS_CHECKOUT:
        return PROJECT / ".data"
    named = Path(os.environ.get("XDG_STATE_HOME", ""))
    if named.is_absolute():  # others are to be ignored, by the standard
        return named / "xinwen"
    try:
        return Path.home() / ".local" / "state" / "xinwen"
    except RuntimeError:
        raise SettingsError("this user has no home folder: XINWEN_DATA must name a folder for the data") from None


class Settings(BaseSettings):
    """The settings; a field's environment variable is ``XINWEN_`` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    mongodb_uri: str = Field(
        "", validation_alias="MONGODB_URI", description="MongoDB to use, database name in it; empty: the embedded one"
    )
    data: Path = Field(
        default_factory=default_data_folder, description="folder for the embedded MongoDB, caches and logs"
    )
    sample_web: str = Field("", description="folder of a sample web to crawl in place of the internet; empty: live")
    sources: str = Field("", description="TOML file of your own sources and changes; see docs/sources.md")
    budgets: str = Field("", description="TOML file of your own windows and budgets; see docs/schedules.md")
    retention: str = Field("", description="TOML file that says how long things are kept; see docs/backup.md")
    zone: str = Field("Asia/Shanghai", description="time zone of the hours and days by which sources are due")
    contact: str = Field("", description="mail or web address that the user agent gives to the sites we ask")
    timeout: float = Field(10.0, gt=0, le=3_600, description="seconds after which a MongoDB operation is given up")
    lease: float = Field(
        60.0, ge=1, le=86_400, description="seconds after which a source whose crawler has died may be crawled"
    )
    embedded_cache_mb: int = Field(512, ge=256, description="cache of the embedded MongoDB, in MiB")
    embedded_idle: float = Field(600, ge=0, description="seconds that the embedded MongoDB stays after its last user")
    log: Literal["text", "json"] = Field(
        "text", description="form of the log: text for people, or json, one object a line"
    )
    evaluation: str = Field("", description="folder of other people's test sets, for xinwen floors")

    address: str = Field("", description="address at which people reach the page, for links in messages of watches")

    statista_key: SecretStr = Field(SecretStr(""), description="your own key for Statista's API")
    datayes_key: SecretStr = Field(SecretStr(""), description="your own key for Datayes' MCP server")
    datayes_token: SecretStr = Field(
        SecretStr(""), description="your own session at Datayes: the value of its cookie cloud-sso-token"
    )

    @field_validator("data", mode="before")
    @classmethod
    def _is_named(cls, data: object) -> object:
        return data or default_data_folder()  # an empty name would be the folder in which the command is called

    @field_validator("data", "sources", "budgets", "retention")
    @classmethod
    def _leads_somewhere(cls, value: Path | str) -> Path | str:
        try:
            Path(value).expanduser().stat()
        except RuntimeError as error:  # ~NAME of nobody
            raise ValueError(f"{value}: {str(error).rstrip('.').lower()}") from None
        except OSError as error:
            if error.errno == errno.ELOOP:  # links in a circle; what is not there yet may come
                raise ValueError(f"{value}: {os.strerror(errno.ELOOP).lower()}") from None
        return value

    @field_validator("zone")
    @classmethod
    def _is_known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"time zone {zone!r} is unknown") from None
        return zone

    @property
    def user_agent(self) -> str:
        """The User-Agent header of all requests: name, version and contact."""
        return f"Xinwen/0.1 (+{self.contact})" if self.contact else "Xinwen/0.1 (semiconductor news index)"


SECRETS = frozenset(name for name, info in Settings.model_fields.items() if info.annotation is SecretStr)
"""The settings that hold keys and sessions."""


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once.

    Raises SettingsError for a wrong value, and for an unknown ``XINWEN_`` variable, which would have no effect.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields if name != "mongodb_uri"}
    for name in os.environ:
        if name.startswith(PREFIX) and name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]}?" if close else f"; known: {', '.join(sorted(known))}"
            raise SettingsError(f"unknown setting {name}{hint}")
    try:
        loaded = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"])).upper()
        variable = PREFIX + name if PREFIX + name in known else name
        raise SettingsError(f"setting {variable}: {first['msg'].removeprefix('Value error, ')}") from None
    return loaded.model_copy(update={"data": loaded.data.expanduser().resolve()})
