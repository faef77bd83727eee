"""URNs: how we name a person, "tel:+254..." or "whatsapp:+254...", and how little of it a log may see."""

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, ValidationResult

_BARE = re.compile(r"[\d\s()./-]+")
_INTERNATIONAL = re.compile(r"\s*\+|\s*00|\s+(?=[1-9])")  # a "+" that a form decoder made a space is still a "+"
_PARTS = re.compile(r"([a-z]+:)?(.*)", re.DOTALL)
_SHOWN = ((13, 5, 3), (11, 3, 3), (7, 0, 2), (0, 0, 0))  # address of at least so many characters: so many shown in front, behind
_WHY = {
    NumberParseException.INVALID_COUNTRY_CODE: "no such country code, or no country to read a local number by",
    NumberParseException.NOT_A_NUMBER: "no phone number",
    NumberParseException.TOO_SHORT_AFTER_IDD: "too short",
    NumberParseException.TOO_SHORT_NSN: "too short; a short code is not a person's number",
    NumberParseException.TOO_LONG: "too long",
}


def tel(raw: str, country: str) -> str:
    """The URN of a phone number as a provider or a person wrote it: "tel:" and E.164.

    Repairs a leading "+" that became a space, a leading 00, digits without "+", and local numbers of `country` (ISO 3166,
    two letters). Accepts its own result. ValueError, with a reason that does not repeat the number, for short codes,
    alphanumeric senders and anything else that is no phone number.
    """
    raw = raw.removeprefix("tel:")
    digits = _INTERNATIONAL.sub("", raw, count=1) if _INTERNATIONAL.match(raw) else ""
    if not _BARE.fullmatch(digits or raw):
        raise ValueError("not a phone number: digits, spaces and +()-./ may stand in one; a sender's name is no person's number")
    number = _parse(f"+{digits}", None) if digits else _local_or_bare(raw, country)
    return f"tel:{phonenumbers.format_number(number, PhoneNumberFormat.E164)}"


def whatsapp(raw: str) -> str:
    """The URN of a WhatsApp id: "whatsapp:+" and its digits exactly as WhatsApp gives them, with or without prefix and "+".

    They are an id more than a number (Mexico and Argentina carry a digit that dialling does not), so nothing is rewritten.
    ValueError for what has no number in it, such as a business-scoped user id ("CC.xxxx"): see `whatsapp_user`.
    """
    digits = raw.removeprefix("whatsapp:").strip().removeprefix("+")
    if not re.fullmatch(r"[1-9][0-9]{6,14}", digits):
        raise ValueError("not a WhatsApp number: 7 to 15 digits with the country code are needed")
    return f"whatsapp:+{digits}"


def whatsapp_user(raw: str) -> str:
    """The URN of a WhatsApp user who shows no number: "whatsapp:" and the business-scoped user id, as in "whatsapp:KE.123abc".

    `raw` has it with or without prefix. ValueError for anything else.
    """
    user_id = raw.removeprefix("whatsapp:").strip()
    if not re.fullmatch(r"[A-Z]{2}\.[A-Za-z0-9.]{1,140}", user_id):
        raise ValueError('not a WhatsApp user id: a country code, "." and letters or digits are needed')
    return f"whatsapp:{user_id}"


def has_number(urn: str) -> bool:
    """Whether `urn` names a person by a phone number, rather than by an id that stands in for one."""
    return address(urn).startswith("+")


def address(urn: str) -> str:
    """The part of `urn` that providers know: "tel:+254..." -> "+254...". ValueError where there is no scheme."""
    scheme, _, rest = urn.partition(":")
    if not (scheme and rest):
        raise ValueError('not a URN: "scheme:address" is needed, as in tel:+254...')
    return rest


def mask(urn: str) -> str:
    """`urn` for logs and screens: enough to tell people apart, never the whole number. "tel:+254700000001" -> "tel:+2547***001".

    At least five characters of the address are hidden, and how many is not shown. Takes anything: a bare number is masked too.
    """
    match = _PARTS.fullmatch(urn)
    assert match  # it takes every string
    scheme, rest = match.groups("")
    head, tail = next((head, tail) for least, head, tail in _SHOWN if len(rest) >= least)
    return f"{scheme}{rest[:head]}***{rest[len(rest) - tail :]}"


def _local_or_bare(raw: str, country: str) -> PhoneNumber:
    """A number without a sign of its country: local if it can be, else international digits without their "+"."""
    try:
        local = _parse(raw, country)
    except ValueError:
        if not (len(re.sub(r"\D", "", raw)) >= 10 and raw.strip()[:1] in "123456789"):
            raise
        return _parse(f"+{raw}", None)
    bare = _valid(f"+{raw}")
    return bare if bare and not phonenumbers.is_valid_number(local) else local


def _valid(raw: str) -> PhoneNumber | None:
    try:
        number = _parse(raw, None)
    except ValueError:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _parse(raw: str, country: str | None) -> PhoneNumber:
    """`raw` as a number of possible length. Not stricter: numbering plans change faster than libraries do."""
    try:
        number = phonenumbers.parse(raw, country)
    except NumberParseException as error:
        raise ValueError(f"not a phone number: {_WHY[error.error_type]}") from None
    match phonenumbers.is_possible_number_with_reason(number):
        case ValidationResult.IS_POSSIBLE:
            return number
        case ValidationResult.TOO_SHORT | ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            raise ValueError(f"not a phone number: {_WHY[NumberParseException.TOO_SHORT_NSN]}")
        case _:
            raise ValueError("not a phone number: wrong length for its country")
