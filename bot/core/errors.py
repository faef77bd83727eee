"""Every error of the house.

UjumbeError
├── BadSetting                      a setting, file or machine is not as it must be (a person can mend it)
├── BadText                         a text file under skills/ is wrong: file, line, remedy
├── BadWebhook(status)              a request that we refuse
│   ├── Unsigned                    403: signature or key is missing or wrong
│   └── Malformed                   400: not what the provider's documents promise
├── Challenge(text)                 no fault: a provider asks whether the webhook's address is ours
├── NotDone                         what an operator asked for cannot be done, and nothing was changed
│   └── Declined(code)              the same, worded in every language (bot.core.refusal)
├── StoreDown                       the database cannot take this now: the caller should try again later
├── ModelFailed                     the engine is missing, broken or too slow
├── EndpointFailed(code, after_s)   the remote endpoint did not choose
└── SendError(code, retry)          a provider did not take a part
    ├── Throttled                   retry: too fast
    │   └── ThrottledOne            retry: too fast for this one person
    ├── Unreachable                 retry: the request was never taken (no connection, 5xx that says so)
    ├── Unknown                     unclear: written, but no answer came; may have gone out
    ├── Rejected                    final: this part or number is refused
    ├── OptedOut                    final: the person stopped us at the provider
    ├── NoWindow                    final: outside the channel's service window
    └── BadConfig                   final until a person mends it: credentials, sender, balance
"""


class UjumbeError(Exception):
    """Something of ours went wrong, with a text that names the thing, the value and the remedy."""


class BadSetting(UjumbeError):
    """A setting, a file or the machine is not as it must be."""


class BadText(UjumbeError):
    """A text file is wrong. `str()` reads "file:line: what. remedy"."""

    def __init__(self, file: str, line: int, what: str, remedy: str) -> None:
        super().__init__(f"{file}:{line}: {what}. {remedy}")
        self.file, self.line, self.what, self.remedy = file, line, what, remedy


class BadWebhook(UjumbeError):
    """A webhook request that we refuse with `status` and a reason that a provider's log may show."""

    status = 400


class Malformed(BadWebhook):
    """The request is not what the provider's documents promise."""

    status = 400


class Unsigned(BadWebhook):
    """The signature or the secret path key is missing or wrong."""

    status = 403


class Challenge(UjumbeError):
    """A provider checks that the webhook's address is ours, before any event: the answer is `text`, as it is."""

    def __init__(self, text: str) -> None:
        super().__init__("a provider checks the address of its webhook")
        self.text = text


class NotDone(UjumbeError):
    """What an operator asked for cannot be done: why, and what to do instead. Nothing was changed. What a page may show is a
    bot.core.refusal.Declined, which has words in every language; this one alone is for commands."""


class StoreDown(UjumbeError):
    """The database cannot take this now."""


class ModelFailed(UjumbeError):
    """The engine is missing, broken or too slow for this question."""


class EndpointFailed(UjumbeError):
    """The remote endpoint did not choose. `code` holds nothing of what was asked or said; `after_s` > 0: it will not before then."""

    def __init__(self, code: str, *, after_s: float = 0.0) -> None:
        super().__init__(f"the remote endpoint did not choose: {code}")
        self.code, self.after_s = code, after_s


class SendError(UjumbeError):
    """A provider did not take a part. `code` is its own word; `after_s` its wish for the next try, where it has one."""

    retry = False

    def __init__(self, code: str, *, after_s: float | None = None) -> None:
        super().__init__(f"{type(self).__name__}: {code}")
        self.code = code
        self.after_s = after_s


class Throttled(SendError):
    """Too fast: slow down and try again."""

    retry = True


class ThrottledOne(Throttled):
    """Too fast for this one person: nobody else is concerned."""


class Unreachable(SendError):
    """The request was surely not taken: try again."""

    retry = True


class Unknown(SendError):
    """Written, but no answer came: it may have gone out. Tried again only where the channel keeps our key."""


class Rejected(SendError):
    """This part or this number is refused for good."""


class OptedOut(SendError):
    """The person stopped us at the provider."""


class NoWindow(SendError):
    """Outside the channel's service window."""


class BadConfig(SendError):
    """Credentials, sender or balance: nothing goes out until a person mends it."""
