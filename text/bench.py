"""Speed of the analyzer compared with jieba, both with the glossary: ``python -m text.bench [FOLDER]``.

Reads the Chinese text of the .jsonl and .txt files in FOLDER; without it, generates text of the glossary's names.
Prints the CPU time for a million characters, the best of several alternating rounds, and the ratio.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

from text.analysis.analyzer import Analyzer
from text.analysis.chinese import jieba_segmenter
from text.analysis.glossary import glossary
from text.language import ALL_HAN

_ROUNDS = 5
_MAX_CHARACTERS = 400_000  # a second of jieba
_PLAIN_WORDS = [
    "公司",
    "表示",
    "今年",
    "预计",
    "增长",
    "需求",
    "随着",
    "公布",
    "继续",
    "计划",
    "可能",
    "的",
    "在",
    "和",
]
_CHINESE = re.compile(rf"[^\n\"]*[{ALL_HAN}]{{2}}[^\n\"]*")


def texts_of(folder: Path) -> list[str]:
    """Lines of Chinese text in the files of *folder*, about ``_MAX_CHARACTERS`` at most."""
    found: list[str] = []
    size = 0
    for file in sorted(folder.rglob("*")):
        if file.suffix in (".jsonl", ".txt"):
            for text in _CHINESE.findall(file.read_text("utf-8")):
                found.append(text)
                size += len(text)
                if size >= _MAX_CHARACTERS:
                    return found
    return found


def generated_texts() -> list[str]:
    """Sentences of names of the glossary and common words, the same in every run."""
    names = [term.chinese[0] for term in glossary().terms]
    chance = random.Random(1)
    lines = []
    for _ in range(1500):
        words = [chance.choice(_PLAIN_WORDS if chance.random() < 0.7 else names) for _ in range(60)]
        lines.append("".join(word + ("，" if place % 8 == 7 else "") for place, word in enumerate(words)) + "。")
    return lines


def best_times(functions: list[Callable[[str], object]], texts: list[str]) -> list[float]:
    """CPU seconds that each of *functions* takes for all *texts*: the best of several alternating rounds."""
    best = [float("inf")] * len(functions)
    for _ in range(_ROUNDS):
        for number, function in enumerate(functions):
            start = time.process_time()
            for text in texts:
                function(text)
            best[number] = min(best[number], time.process_time() - start)
    return best


def main(arguments: list[str]) -> int:
    """Prints the table; returns 2 where the folder has no Chinese text."""
    texts = texts_of(Path(arguments[0])) if arguments else generated_texts()
    if not texts:
        sys.stderr.write(f"error: no Chinese text in {arguments[0]}: give a folder of .jsonl or .txt files\n")
        return 2
    size = sum(map(len, texts))
    jieba, ours = best_times([jieba_segmenter(), Analyzer().tokens], texts)
    sys.stdout.write(f"{size:,} characters of Chinese text, CPU seconds for a million\n")
    sys.stdout.write(f"  jieba.lcut        {jieba / size * 1e6:8.3f}\n")
    sys.stdout.write(f"  Analyzer.tokens   {ours / size * 1e6:8.3f}   {jieba / ours:.1f} times faster\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
