"""How many crawls run at once, while the number changes."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from crawler.runner.slots import CrawlSlots


def test_the_number_may_change_while_crawls_run() -> None:
    number, running, most = [3], [0], [0]
    slots, stopping, lock, go_on = (
        CrawlSlots(lambda: number[0]),
        threading.Event(),
        threading.Lock(),
        threading.Semaphore(0),
    )

    def crawl() -> None:
        with slots.one(stopping):
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            go_on.acquire()
            with lock:
                running[0] -= 1

    def wait_for(count: int) -> None:
        deadline = time.monotonic() + 60
        while running[0] != count:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    with ThreadPoolExecutor(6) as pool:
        crawls = [pool.submit(crawl) for _ in range(6)]
        wait_for(3)
        number[0] = 1
        go_on.release(2)
        wait_for(1)  # nobody begins, although two have ended
        assert most == [3]
        number[0] = 4
        wait_for(4)
        assert most == [4]
        go_on.release(6)
        for one in crawls:
            one.result(60)


def test_whoever_waits_is_let_go_when_all_stop() -> None:
    slots, stopping, entered = CrawlSlots(lambda: 0), threading.Event(), threading.Event()

    def crawl() -> None:
        with slots.one(stopping):
            entered.set()

    thread = threading.Thread(target=crawl)
    thread.start()
    assert not entered.wait(0.05)
    stopping.set()
    assert entered.wait(60)
    thread.join(60)
