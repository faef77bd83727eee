"""Ujumbe: answers over SMS, USSD and WhatsApp from one cheap local server."""

__version__ = "0.1.0"
