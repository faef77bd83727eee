"""The first figures of the whole service: cold start, memory, acknowledgement, question to delivery.

    .venv/bin/python -m bench.first_light [--questions 40]

Starts a service of its own in a temporary folder and takes the simulator's webhooks, which go the whole way: commit, queue, model,
guard, delivery. Run it on a quiet machine: the model's threads share the cores with everything else.
"""

import argparse
import tempfile
import threading
import time
from pathlib import Path

from bench.machine import caption, percentile, table
from bench.service import Service

QUESTIONS = (
    "how far apart should i plant maize",
    "worms are eating my maize leaves what can i do",
    "niweke akiba vipi",
    "mtu anaomba pin yangu ya mpesa",
    "how do i make oral rehydration at home",
    "mafuriko yanakuja nifanye nini",
    "is this app loan good",
    "how dry must maize be before i store it",
)


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=40)
    count = parser.parse_args().questions
    with tempfile.TemporaryDirectory() as folder, Service(Path(folder)) as service:
        print(f"Measured {caption()}.\n")
        print(f"Cold start until ready for a question: {service.started_s:.1f} s\n")
        time.sleep(5)
        print(memory(service), "\n")
        print(latency(service, count), "\n")
        print(saturated(service, count))


def memory(service: Service) -> str:
    """Proportional memory of each process at rest, and its processor time over ten seconds."""
    processes = service.processes()
    before = {name: sum(process.cpu_times()[:2]) for name, process in processes.items()}
    time.sleep(10)
    rows, total = [], 0.0
    for name, process in processes.items():
        used = process.memory_full_info().pss / 2**20
        busy = 10 * (sum(process.cpu_times()[:2]) - before[name])
        total += used
        rows.append([name, f"{used:.0f}", f"{busy:.1f}"])
    return table(["process at rest", "memory MiB (PSS)", "CPU %"], [*rows, ["all", f"{total:.0f}", ""]])


def latency(service: Service, count: int) -> str:
    """One question at a time: until acknowledged, and until delivered."""
    acks, whole = [], []
    for n in range(count):
        urn = f"tel:+2547000{n:05d}"
        began = time.perf_counter()
        assert service.ask(urn, QUESTIONS[n % len(QUESTIONS)], id=f"one-{n}") == 200
        acks.append(1000 * (time.perf_counter() - began))
        service.reply(urn)
        whole.append(time.perf_counter() - began)
    rows = [_row("acknowledged, ms", acks), _row("delivered, s", whole)]
    return table([f"one at a time, {count} questions", "p50", "p95", "p99", "worst"], rows)


def saturated(service: Service, count: int) -> str:
    """Acknowledgement while the model is busy with everything asked at once, and the answers per minute then."""
    began = time.perf_counter()
    acks: list[float] = []

    def ask(start: int) -> None:
        for n in range(start, count, 4):
            sent = time.perf_counter()
            assert service.ask(f"tel:+2547001{n:05d}", QUESTIONS[n % len(QUESTIONS)], id=f"all-{n}") == 200
            acks.append(1000 * (time.perf_counter() - sent))

    threads = [threading.Thread(target=ask, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for n in range(count):
        service.reply(f"tel:+2547001{n:05d}", within_s=300)
    minutes = (time.perf_counter() - began) / 60
    head = table([f"all at once, {count} questions", "p50", "p95", "p99", "worst"], [_row("acknowledged, ms", acks)])
    return f"{head}\n\nAnswers per minute with everything waiting: {count / minutes:.0f}"


def _row(name: str, values: list[float]) -> list[str]:
    return [name, *(f"{percentile(values, share):.2f}" for share in (0.5, 0.95, 0.99, 1.0))]


if __name__ == "__main__":
    main()
