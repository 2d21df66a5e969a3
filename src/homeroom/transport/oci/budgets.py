"""How fast a link may be used."""

import asyncio
import time
from collections.abc import Awaitable, Callable

_BYTES_PER_KILOBIT = 125


class Budget:
    """Token bucket over one link: on average ``kilobits_per_second``, with bursts of at most one second's worth.

    Taking more than the bucket holds is allowed and waited for afterwards, so a chunk larger than the bucket passes.
    Example: at 80 kbit/s (10,000 bytes/s), taking 25,000 bytes from a full bucket waits 1.5 s.

    Args:
        kilobits_per_second: above 0; 1 kbit is 1000 bit.
        clock: seconds that only rise.
        sleep: waits that many seconds.
    """

    def __init__(
        self,
        kilobits_per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._bytes_per_second = kilobits_per_second * _BYTES_PER_KILOBIT
        self._clock = clock
        self._sleep = sleep
        self._tokens = self._bytes_per_second
        self._filled_at = clock()

    async def take(self, size_bytes: int) -> None:
        """Accounts for ``size_bytes`` and waits until the average is kept."""
        now = self._clock()
        gained = (now - self._filled_at) * self._bytes_per_second
        self._tokens = min(self._bytes_per_second, self._tokens + gained) - size_bytes
        self._filled_at = now
        if self._tokens < 0:
            await self._sleep(-self._tokens / self._bytes_per_second)
