"""The in-memory double of bot.store.buckets."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from bot.core.bucket import Bucket
from bot.store.memory_rows import Tables


class MemoryBuckets:
    """The part of MemoryStore that keeps channels' buckets."""

    _write: Callable[[], AbstractContextManager[Tables]]
    _tables: Tables

    def bucket(self, channel: str) -> tuple[Bucket, int]:
        return self._tables.buckets.get(channel, (Bucket(), 0))

    def swap_bucket(self, channel: str, bucket: Bucket, *, version: int) -> bool:
        with self._write() as t:
            if t.buckets.get(channel, (None, 0))[1] != version:
                return False
            t.buckets[channel] = (bucket, version + 1)
            return True

    def buckets(self) -> Mapping[str, Bucket]:
        return {channel: bucket for channel, (bucket, _) in self._tables.buckets.items()}
