"""The way to the mail server: one SMTP connection, opened when needed, and what the server's answers mean."""

import contextlib
import smtplib
import time
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import structlog
from celery.exceptions import SoftTimeLimitExceeded

from worker.channel import Refusal

TIMEOUT_SECONDS = 10.0
# After a failed connection nobody waits for the next one: what is due meanwhile counts as refused.
DOWN_SECONDS = 5.0
_PERMANENT = 500

log = structlog.get_logger()


class Post:
    """Sends mails to the server of `url`: `smtp://host:port`, `smtps://…`, either with `user:password@`."""

    def __init__(self, url: str, sender: str) -> None:
        self._url, self.sender = urlsplit(url), sender
        self._server: smtplib.SMTP | None = None
        self._down_until = 0.0

    def send(self, mail: EmailMessage) -> Refusal | None:
        """Send one mail; None means that the server has taken it. Waits TIMEOUT_SECONDS for each answer at most."""
        if time.monotonic() < self._down_until:
            return Refusal("server_down", is_permanent=False)
        try:
            server = self._connected()
        except (OSError, smtplib.SMTPException, SoftTimeLimitExceeded) as error:
            self._down_until = time.monotonic() + DOWN_SECONDS
            self._drop()
            log.warning("mail_server_down", error=_code(error))
            return Refusal(_code(error), is_permanent=False, is_out_of_time=isinstance(error, SoftTimeLimitExceeded))
        try:
            server.send_message(mail)
        except (OSError, ValueError, smtplib.SMTPException, SoftTimeLimitExceeded) as error:
            self._drop()
            return refusal_of(error)
        return None

    def close(self) -> None:
        """Say goodbye; servers end idle connections anyway."""
        if self._server is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._server.quit()
        self._server = None

    def _connected(self) -> smtplib.SMTP:
        if self._server is None:
            is_tls = self._url.scheme == "smtps"
            kind = smtplib.SMTP_SSL if is_tls else smtplib.SMTP
            # Our own name is given, or smtplib asks the DNS for it, which may take longer than the mail.
            own_name = self.sender.rpartition("@")[2] or "localhost"
            self._server = kind(
                self._url.hostname or "localhost", self._url.port or 0, local_hostname=own_name, timeout=TIMEOUT_SECONDS
            )
            if self._url.username:
                if not is_tls:
                    self._server.starttls()
                self._server.login(unquote(self._url.username), unquote(self._url.password or ""))
        return self._server

    def _drop(self) -> None:
        if self._server is not None:
            self._server.close()
        self._server = None


def refusal_of(error: Exception) -> Refusal:
    """Tell whether trying again can help. Only a lasting word about this recipient or this mail is final."""
    code = _code(error)
    match error:
        case SoftTimeLimitExceeded():
            return Refusal(code, is_permanent=False, is_out_of_time=True, is_unsure=True)
        case smtplib.SMTPRecipientsRefused():
            codes = [answer[0] for answer in error.recipients.values()]
            return Refusal(code, is_permanent=bool(codes) and min(codes) >= _PERMANENT)
        case smtplib.SMTPDataError():
            return Refusal(code, is_permanent=error.smtp_code >= _PERMANENT)
        case smtplib.SMTPNotSupportedError() | UnicodeError() | ValueError():
            return Refusal(code, is_permanent=True)
        case TimeoutError() | smtplib.SMTPServerDisconnected():
            return Refusal(code, is_permanent=False, is_unsure=True)
        case _:
            # A refused sender or login is the deployment's mistake, which somebody can still put right.
            return Refusal(code, is_permanent=False)


def _code(error: Exception) -> str:
    number = error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else ""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        number = next((answer[0] for answer in error.recipients.values()), "")
    return f"{type(error).__name__} {number}".strip()
