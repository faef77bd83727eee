"""Twilio SMS (see channels/_twilio_phone.py)."""

import base64

from bot.core.types import Limits
from channels import _http
from channels._form import Form
from channels._twilio_phone import TwilioPhone


class TwilioSms(TwilioPhone):
    """SMS: one a second, which is what a US long code carries; a short code or a service carries more (`rate_per_s`)."""

    name = "twilio_sms"
    usual_limits = Limits(rate_per_s=1.0)

    def _to(self, urn: str) -> str:
        return _http.recipient(urn)

    def _from(self, number: str) -> str:
        return number  # or a short code, or a sender's name

    def _person(self, form: Form, field: str) -> str:
        return form.number(field, self._country)

    def _said(self, form: Form) -> str:
        return _plain(super()._said(form))


def _plain(body: str) -> str:
    """The text that Twilio sometimes passes on as base64 when an SMS came in pieces."""
    if len(body) < 60 or len(body) % 4:
        return body
    try:
        text = base64.b64decode(body, validate=True).decode()
    except ValueError:
        return body
    return text if text.replace("\n", "").replace("\r", "").isprintable() else body
