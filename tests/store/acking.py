"""Run as a process of its own: commits messages one after the other and says each one's name once it is committed."""

import sys
from itertools import count

from bot.store import open_store
from tests.store.bench import T, message


def main(url: str) -> None:
    store = open_store(url)
    for n in count():
        with store.begin() as tx:
            stored = tx.insert_message(message(external_id=f"acked-{n}"), now=T)
            assert stored is not None
            tx.queue_question(stored, skill="", turns=(), screen_until=0.0, now=T)
        sys.stdout.write(f"acked-{n}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
