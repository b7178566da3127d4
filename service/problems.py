"""Errors as problem details (RFC 9457), in Chinese or English; none has a traceback or a path of the machine."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pymongo.errors import PyMongoError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from similarity.errors import NotInstalled, QueryError
from store import logs
from store.connection import StoreError

MEDIA_TYPE = "application/problem+json"

_METHODS = "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"

log = logging.getLogger(__name__)

_TEXTS: Mapping[int, tuple[str, str]] = {
    400: ("The request cannot be read.", "请求无法读取。"),
    401: ("A token is needed: Authorization: Bearer …, or sign in.", "需要令牌：Authorization: Bearer …，或先登录。"),
    403: ("This is not allowed.", "不允许这样做。"),
    404: ("Nothing is at this address.", "此地址没有内容。"),
    405: ("This address does not take this method; see Allow.", "此地址不接受这种方法，见 Allow。"),
    413: ("The text is too long.", "文字太长。"),
    415: (
        "The body must be JSON (Content-Type: application/json).",
        "正文须为 JSON，并以 Content-Type 注明。",
    ),
    421: ("This server does not answer under that name (Host).", "本服务器不以此名称（Host）应答。"),
    422: ("An option has a value that cannot be used.", "有选项的值无法使用。"),
    429: ("Too many requests in this second; try again soon.", "这一秒请求过多，请稍后再试。"),
    500: ("This failed, and the fault is ours; it was logged.", "出错了，是我们的错误，已记入日志。"),
    501: ("This server cannot do that.", "本服务器不能这样做。"),
    503: ("The server cannot answer at the moment; try again soon.", "服务器暂时无法应答，请稍后再试。"),
}
_CHINESE_TITLES = {
    400: "请求有误", 401: "需要登录", 403: "禁止", 404: "未找到", 405: "方法不允许", 413: "内容过长", 415: "类型不支持",
    421: "主机名有误", 422: "无法处理", 429: "请求过多", 500: "内部错误", 501: "未安装", 503: "暂不可用",
}  # fmt: skip


ASSISTANT_PATH = "/mcp"
"""Where assistants ask: their clients show the text of a JSON-RPC error, and of any other refusal nothing."""

_SERVER_ERROR = -32000  # of JSON-RPC: the first code that a server may give a meaning of its own

PageOfProblem = Callable[[Request, int, tuple[str, str]], Response | None]
"""Gives the page that tells a person of a status with its English and Chinese text; None where a program asks."""


class Unavailable(Exception):
    """The server cannot answer now; ``english`` and ``chinese`` say why, ``retry_after`` (s) when to ask again."""

    def __init__(self, english: str, chinese: str, retry_after: int = 1) -> None:
        super().__init__(english)
        self.english, self.chinese, self.retry_after = english, chinese, retry_after


class NotFound(Exception):
    """What an address names does not exist; ``english`` and ``chinese`` say what."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(english)
        self.english, self.chinese = english, chinese


class NotAllowed(Exception):
    """The client may not do that; ``english`` and ``chinese`` say what is needed."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(english)
        self.english, self.chinese = english, chinese


def reasons(error: QueryError) -> tuple[str, str]:
    """Why *error* was raised, in English and in Chinese."""
    english = " ".join(str(error).split())
    return english, " ".join(error.chinese.split()) or f"选项 {error.option or 'q'} 无法使用：{english}"


def prefers_chinese(accept_language: str) -> bool:
    """Whether an ``Accept-Language`` puts Chinese before English; without either, English is understood by more."""
    weights = {"zh": -1.0, "en": -1.0}
    for part in accept_language.split(","):
        tag, _, parameter = part.strip().partition(";")
        language = tag.strip().lower().split("-")[0]
        name, _, value = parameter.strip().partition("=")
        try:
            weight = float(value) if name == "q" else 1.0
        except ValueError:
            weight = 0.0
        if language in weights:
            weights[language] = max(weights[language], weight)
    return weights["zh"] > 0 and weights["zh"] >= weights["en"]


def title_of(status: int) -> tuple[str, str]:
    """The short name of *status*, in English and in Chinese."""
    phrase = HTTPStatus(status).phrase
    return phrase, _CHINESE_TITLES.get(status, phrase)


def usual_detail(status: int) -> tuple[str, str]:
    """What is said of *status* where nothing more is known, in English and in Chinese."""
    phrase = HTTPStatus(status).phrase
    return _TEXTS.get(status, (f"{phrase}.", phrase))


def problem(
    status: int,
    path: str,
    accept_language: str = "",
    detail: tuple[str, str] | None = None,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A response with the problem of *status*; *detail*: English and Chinese, by default the usual text.

    At ``ASSISTANT_PATH`` it is the ``data`` of a JSON-RPC error.
    """
    chinese = prefers_chinese(accept_language)
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title_of(status)[1 if chinese else 0],
        "status": status,
        "detail": (detail or usual_detail(status))[1 if chinese else 0],
        "instance": path,
    }
    headers = dict(headers or {})
    if request := logs.request_id.get():
        body["request_id"] = request
        headers["X-Request-Id"] = request  # also where the framework answers outside of all middleware
    if errors:
        body["errors"] = [dict(error) for error in errors]
    all_headers = {
        "Content-Language": "zh" if chinese else "en",
        "Vary": "Accept-Language",
        "Cache-Control": "no-store",
    }
    media_type = MEDIA_TYPE
    if path == ASSISTANT_PATH:
        error = {"code": _SERVER_ERROR, "message": body["detail"], "data": body}
        body, media_type = {"jsonrpc": "2.0", "id": None, "error": error}, "application/json"
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return Response(content, status, all_headers | headers, media_type)


def of_request(
    request: Request,
    status: int,
    detail: tuple[str, str] | None = None,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """``problem`` for *request*, or the page that says the same to a person."""
    page_of: PageOfProblem = request.app.state.page_of_problem
    shown = page_of(request, status, detail or usual_detail(status))
    if shown is not None:
        shown.headers.update({**(headers or {}), "Cache-Control": "no-store"})
        return shown
    # Not request.url: it cannot be read where the Host header is no host.
    path = request.scope["path"]
    return problem(status, path, request.headers.get("accept-language", ""), detail, errors, headers)


def _allowed(request: Request) -> str:
    """The methods of the address of *request*; the framework names those of one of its routes alone."""
    scopes = {method: {**request.scope, "method": method.replace("HEAD", "GET")} for method in _METHODS}
    return ", ".join(
        method
        for method, scope in scopes.items()
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)
    )


def add_handlers(app: FastAPI, page_of: PageOfProblem) -> None:
    """Let *app* answer every exception by a problem, or by the page that *page_of* makes of it."""
    app.state.page_of_problem = page_of

    @app.exception_handler(QueryError)
    async def wrong_option(request: Request, error: QueryError) -> Response:
        english, chinese = reasons(error)
        is_chinese = prefers_chinese(request.headers.get("accept-language", ""))
        errors = [{"place": error.option or "q", "reason": chinese if is_chinese else english}]
        return of_request(request, 422, (english, chinese), errors)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        errors = [{"place": ".".join(map(str, one["loc"][1:])), "reason": one["msg"]} for one in error.errors()]
        return of_request(request, 422, None, errors)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        headers = error.headers
        if error.status_code == 405:
            # No route has the files under /static, which are mounted.
            headers = {"Allow": _allowed(request) or "GET, HEAD"}
        return of_request(request, error.status_code, headers=headers)

    @app.exception_handler(NotAllowed)
    async def not_allowed(request: Request, error: NotAllowed) -> Response:
        return of_request(request, 403, (error.english, error.chinese))

    @app.exception_handler(NotFound)
    async def not_found(request: Request, error: NotFound) -> Response:
        return of_request(request, 404, (error.english, error.chinese))

    @app.exception_handler(NotInstalled)
    async def not_installed(request: Request, error: NotInstalled) -> Response:
        return of_request(request, 501, (str(error), error.chinese))

    @app.exception_handler(Unavailable)
    async def unavailable(request: Request, error: Unavailable) -> Response:
        headers = {"Retry-After": str(error.retry_after)}
        return of_request(request, 503, (error.english, error.chinese), headers=headers)

    async def no_database(request: Request, error: Exception) -> Response:
        log.warning("the database does not answer: %s", str(error).split(", Timeout:")[0].splitlines()[0][:200])
        detail = ("The database does not answer; try again soon.", "数据库没有应答，请稍后再试。")
        return of_request(request, 503, detail, headers={"Retry-After": "5"})

    app.add_exception_handler(PyMongoError, no_database)
    app.add_exception_handler(StoreError, no_database)

    @app.exception_handler(Exception)
    async def fault(request: Request, error: Exception) -> Response:
        return of_request(request, 500)
