"""``evaluate``: precision and recall on a test set."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from similarity.cli.options import MODELS_HELP, AsJson, console, errors_in_one_line, print_json
from similarity.errors import QueryError
from similarity.evaluation.datasets import NotATestSet
from similarity.evaluation.plot import draw_curve
from similarity.evaluation.precision_recall import PrecisionRecallCurve, precision_recall_curve
from similarity.evaluation.report import as_json as curve_as_json
from similarity.evaluation.report import lines

if TYPE_CHECKING:
    from similarity.evaluation.evaluate import EvaluationMetrics


def evaluate(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="测试集 · a test set: docs, queries and qrels, or pairs, or stories; or the name lee50",
        ),
    ],
    model: Annotated[
        str | None, typer.Option(help=f"{MODELS_HELP}; 默认取适合任务的 · by default the one that suits the task")
    ] = None,
    encoder: Annotated[
        bool,
        typer.Option(
            "--encoder/--no-encoder", help="用不用编码器 · with the encoder, or with words and dictionary alone"
        ),
    ] = True,
    target_precision: Annotated[
        float, typer.Option(help="要求的查准率 · the precision to give the threshold for", min=0.0, max=1.0)
    ] = 0.9,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.svg", help="画出查准率与查全率 · draw precision and recall")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """评测 · Precision and recall on a test set, with the same analyzer and index as for articles."""
    from similarity.evaluation.evaluate import evaluate_with_answers  # ir_measures takes half a second to load

    with errors_in_one_line():
        if plot is not None and not plot.absolute().parent.is_dir():
            raise QueryError(f"--plot {plot}: no folder {plot.parent}")  # refused before minutes of measuring
        evaluation = evaluate_with_answers(folder, model, encoder)
    metrics = evaluation.metrics
    curve = None if evaluation.judged is None else precision_recall_curve([evaluation.judged])
    if plot is not None:
        with errors_in_one_line(OSError):
            if curve is None:
                raise NotATestSet(f"{metrics.name} has ratings and no right answers: nothing to draw")
            svg = draw_curve(f"{metrics.name} ({metrics.model})", curve, curve.reaching(target_precision))
            plot.write_text(svg, encoding="utf-8")
    if as_json:
        print_json(asdict(metrics) | ({} if curve is None else curve_as_json(curve, target_precision)))
    else:
        _show(metrics, curve, target_precision)


def _show(metrics: EvaluationMetrics, curve: PrecisionRecallCurve | None, target_precision: float) -> None:
    console.print(
        f"[bold]{escape(metrics.name)}[/bold]: {metrics.task}, model {metrics.model}, "
        f"{metrics.documents:,} documents, {metrics.queries:,} {'queries' if metrics.task == 'retrieval' else 'pairs'}"
    )
    for name, value in metrics.values.items():
        shown = f"{value:.4f}" if name.startswith("threshold") else f"{100 * value:.1f} %"
        console.print(f"  {name:<24} {shown:>9}")
    for line in () if curve is None else lines(curve, target_precision):
        console.print(line)
