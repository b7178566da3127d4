"""The doors around quality: ``python -m similarity floors check | raise | lower`` and ``calibrate``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from similarity.errors import QueryError
from similarity.floors import FloorsError, load, save
from similarity.models import DEFAULT_MODEL
from store.connection import StoreError
from store.errors import shown_in_one_line
from store.settings import SettingsError
from text.encoder import find_encoder

floors = typer.Typer(no_args_is_help=True, help="搜索质量的下限 · figures of search that may not sink")

_EXPECTED = (FloorsError, QueryError, StoreError, SettingsError)

Sets = Annotated[Path | None, typer.Option("--sets", help="测试集所在的文件夹 · the folder with the test sets")]
FloorsFile = Annotated[Path | None, typer.Option("--file", help="下限文件 · the file of floors")]


@floors.command("check")
def check_floors(
    everything: Annotated[
        bool, typer.Option("--all", help="连完整的测试集一起 · whole sets too; takes minutes")
    ] = False,
    sets: Sets = None,
    file: FloorsFile = None,
) -> None:
    """现在的数字与下限对比 · today's figures beside the floors; status 1 when one sank."""
    from similarity import floors_measure
    from similarity.evaluate import NotATestSet

    with shown_in_one_line(*_EXPECTED, NotATestSet):
        known = load(file or floors_measure.FLOORS).floors
        chosen = [floor for floor in known if floor.gate or everything]
        wrong = floors_measure.check(chosen, sets or floors_measure.SETS, typer.echo)
        if wrong:
            raise FloorsError("; ".join(wrong))


@floors.command("raise")
def raise_floors(sets: Sets = None, file: FloorsFile = None) -> None:
    """把下限提到现在的水平 · lift every floor to today's figures; refused when one sank."""
    from similarity import floors_measure
    from similarity.evaluate import NotATestSet

    with shown_in_one_line(*_EXPECTED, NotATestSet):
        path = file or floors_measure.FLOORS
        save(floors_measure.raise_all(load(path), sets or floors_measure.SETS, typer.echo), path)


@floors.command("lower")
def lower_floors(
    name: Annotated[str, typer.Option("--set", help="哪个测试集 · which test set")],
    reason: Annotated[str, typer.Option("--reason", help="为什么，会写进文件 · why; it is kept in the file")],
    sets: Sets = None,
    file: FloorsFile = None,
) -> None:
    """放低一个测试集的下限 · lower the floors of one set to today's figures, for a reason that is kept."""
    from similarity import floors_measure
    from similarity.evaluate import NotATestSet

    with shown_in_one_line(*_EXPECTED, NotATestSet):
        path = file or floors_measure.FLOORS
        day = datetime.now(UTC).date()
        save(floors_measure.lower(load(path), name, reason, sets or floors_measure.SETS, day, typer.echo), path)


@floors.command("page")
def write_page() -> None:
    """重写 docs/relevance.md 里的数字 · write the figures of docs/relevance.md anew."""
    from similarity import floors_measure, floors_page, thresholds

    with shown_in_one_line(*_EXPECTED):
        page = floors_page.PAGE.read_text("utf-8")
        fresh = floors_page.filled(page, load(floors_measure.FLOORS), thresholds.load())
        floors_page.PAGE.write_text(fresh, encoding="utf-8")


def calibrate(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR …", help="测试集 · test sets with queries")],
    model: Annotated[str, typer.Option(help="模型 · the model")] = DEFAULT_MODEL,
) -> None:
    """量出 --target-precision 用的分数 · measure which score reaches which precision, for --target-precision."""
    from similarity import thresholds
    from similarity.evaluate import NotATestSet, evaluation
    from similarity.test_sets import digest
    from text.analyzer import VERSION

    with shown_in_one_line(*_EXPECTED, NotATestSet):
        fresh = []
        for encoder in dict.fromkeys((find_encoder(), None)):
            name = encoder.name if encoder else ""
            sources, judged = [], []
            for folder in folders:
                found = evaluation(folder, model, encoder is not None)
                if found.figures.task != "retrieval" or found.judged is None:
                    raise NotATestSet(f"{folder}: a search is calibrated on sets of queries alone")
                sources.append(thresholds.Source(found.figures.name, digest(folder), found.figures.queries))
                judged.append(found.judged)
            fresh.append(thresholds.measured(model, VERSION, name, sources, judged))
            typer.echo(f"{model}, {name or '没有编码器 without encoder'}: {len(fresh[-1].points)} thresholds")
        thresholds.save(fresh)
