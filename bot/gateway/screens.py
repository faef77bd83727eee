"""The wait of a USSD screen for its answer: shown on the screen or pushed later, never both and never neither."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bot.core.errors import StoreDown
from bot.core.inbox import Inbox
from bot.core.ports import Clock, Taken
from bot.core.storage import Store, WaitingAnswer
from bot.core.text import fit
from bot.core.trace import where
from bot.core.types import Lane, Lang, Limits, Message, Reply
from bot.gateway.hints import Hint

log = logging.getLogger(__name__)

POLL_S = 0.12
_THREADS = 4


class Screens:
    """Waits for answers on behalf of open screens. The store decides every race: claim_screen or a sender, exactly one."""

    def __init__(self, store: Store, inbox: Inbox, clock: Clock, tell: Callable[[list[Hint]], None], *, poll_s: float = POLL_S) -> None:
        self._store, self._inbox, self._clock, self._tell = store, inbox, clock, tell
        self._poll_s = poll_s
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="screen")

    def stop(self) -> None:
        """Ends the threads. No screen may wait any more."""
        self._pool.shutdown(cancel_futures=True)

    async def wait(self, taken: Taken, message: Message, limits: Limits, gone: Callable[[], bool]) -> Reply | None:
        """The answer as a screen, or `taken.late` when the time is up or the caller has `gone`."""
        loop = asyncio.get_running_loop()
        while (left := taken.wait_until - self._clock()) > 0 and not gone():
            answer = await loop.run_in_executor(self._pool, self._claim, taken.wait_for)
            if answer is not None:
                return await loop.run_in_executor(self._pool, self._screen, message, answer, limits)
            await asyncio.sleep(min(self._poll_s, left))
        await loop.run_in_executor(self._pool, self._give_up, taken.wait_for)
        return taken.late

    def _claim(self, message_id: int) -> WaitingAnswer | None:
        try:
            return self._store.claim_screen(message_id, now=self._clock())
        except StoreDown:
            return None  # not now: asked again in a moment

    def _screen(self, message: Message, answer: WaitingAnswer, limits: Limits) -> Reply:
        """The claimed answer is shown whatever happens: no SMS will carry it any more."""
        try:
            with self._store.begin() as tx:
                return self._inbox.answered(tx, message, answer, now=self._clock())
        except Exception as error:
            log.warning("screen not kept for a repeat of the hop: %s", where(error))
            return Reply(" ".join(fit(answer.text, limits).parts), Lang.EN, "fact")

    def _give_up(self, message_id: int) -> None:
        """An answer that came since the last look is pushed at once; one that comes later is pushed by its worker."""
        try:
            delivery = self._store.hand_over(message_id, now=self._clock())
        except StoreDown as error:
            # The hold on the delivery ends by itself at the screen's deadline, and the sweep sends it then.
            log.warning("hand-over not stored: %s", where(error))
            return
        if delivery is not None:
            self._tell([(Lane.SENDS, delivery)])
