"""``floors`` and ``calibrate``: the minimum quality metrics, and the thresholds for ``--target-precision``."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from similarity.cli.options import AsJson, errors_in_one_line, print_json
from similarity.evaluation import floors_page
from similarity.evaluation.datasets import NotATestSet, digest
from similarity.evaluation.floors import FloorsError, load, save
from similarity.evaluation.thresholds import measure_thresholds
from similarity.evaluation.thresholds import save as save_thresholds
from similarity.option_values import DEFAULT_MODEL
from similarity.ranking import thresholds
from store.places import only_in_a_checkout
from store.settings import settings
from text.analysis.analyzer import VERSION
from text.embedding.encoder import find_encoder

floors = typer.Typer(
    no_args_is_help=True, add_completion=False, help="搜索质量的下限 · minimum search-quality metrics (regression gate)"
)

Sets = Annotated[
    Path | None,
    typer.Option("--sets", help="测试集所在的文件夹 · the folder with the test sets; by default XINWEN_EVALUATION"),
]
FloorsFile = Annotated[Path | None, typer.Option("--file", help="下限文件 · the file of floors")]


@floors.command("check")
def check_floors(
    everything: Annotated[
        bool, typer.Option("--all", help="连完整的测试集一起 · the complete sets too; takes minutes")
    ] = False,
    sets: Sets = None,
    file: FloorsFile = None,
) -> None:
    """现在的数字与下限对比 · Compare today's metrics with the floors; status 1 when one is below its floor."""
    from similarity.evaluation import floors_measure  # ir_measures takes half a second to load

    with errors_in_one_line():
        stored = load(file or _of_the_project(floors_measure.FLOORS_FILE)).floors
        chosen = [floor for floor in stored if floor.gate or everything]
        faults = floors_measure.check(chosen, _folder(sets), typer.echo)
        if faults:
            raise FloorsError("; ".join(faults))


@floors.command("raise")
def raise_floors(sets: Sets = None, file: FloorsFile = None) -> None:
    """把下限提到现在的水平 · Raise every floor to today's metrics; refused when one is below its floor."""
    from similarity.evaluation import floors_measure

    with errors_in_one_line():
        path = file or _of_the_project(floors_measure.FLOORS_FILE)
        save(floors_measure.raise_all(load(path), _folder(sets), typer.echo), path)


@floors.command("lower")
def lower_floors(
    name: Annotated[str, typer.Option("--set", help="哪个测试集 · which test set")],
    reason: Annotated[str, typer.Option("--reason", help="为什么，会写进文件 · why; it is kept in the file")],
    sets: Sets = None,
    file: FloorsFile = None,
) -> None:
    """放低一个测试集的下限 · Lower the floors of one set to today's metrics, for a reason that is kept."""
    from similarity.evaluation import floors_measure

    with errors_in_one_line():
        path = file or _of_the_project(floors_measure.FLOORS_FILE)
        day = datetime.now(UTC).date()
        save(floors_measure.lower(load(path), name, reason, _folder(sets), day, typer.echo), path)


@floors.command("page")
def write_pages() -> None:
    """重写 docs/relevance 里的数字 · Rewrite the figures of docs/relevance.md and docs/relevance.zh-CN.md."""
    from similarity.evaluation import floors_measure

    with errors_in_one_line():
        floors_page.write_pages(load(_of_the_project(floors_measure.FLOORS_FILE)), thresholds.load())


def calibrate(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR …", help="测试集 · test sets with queries")],
    model: Annotated[str, typer.Option(help="模型 · the model")] = DEFAULT_MODEL,
    as_json: AsJson = False,
) -> None:
    """量出 --target-precision 用的分数 · Measure which score reaches which precision, for --target-precision."""
    from similarity.evaluation.evaluate import evaluate_with_answers

    with errors_in_one_line():
        _of_the_project(thresholds.STORED)
        fresh = []
        for encoder in dict.fromkeys((find_encoder(), None)):
            name = encoder.name if encoder else ""
            sets, judged = [], []
            for folder in folders:
                evaluation = evaluate_with_answers(folder, model, encoder is not None)
                if evaluation.metrics.task != "retrieval" or evaluation.judged is None:
                    raise NotATestSet(f"{folder}: a search is calibrated on sets of queries alone")
                sets.append(thresholds.MeasuredSet(evaluation.metrics.name, digest(folder), evaluation.metrics.queries))
                judged.append(evaluation.judged)
            fresh.append(measure_thresholds(model, VERSION, name, sets, judged))
            if not as_json:
                typer.echo(f"{model}, {name or '没有编码器 without encoder'}: {len(fresh[-1].points)} thresholds")
        save_thresholds(fresh)
        if as_json:
            print_json({"thresholds": [asdict(one) for one in fresh]})


def _of_the_project(file: Path) -> Path:
    """*file*, which belongs to the project. Raises FloorsError in an installation."""
    if reason := only_in_a_checkout("this command"):
        raise FloorsError(f"{file.name}: {reason}")
    return file


def _folder(sets: Path | None) -> Path | None:
    """The folder of the test sets that lie outside the project, if one is named."""
    named = settings().evaluation
    return sets or (Path(named) if named else None)
