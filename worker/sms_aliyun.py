"""Short messages through 阿里云 Dysms; its library signs with ACS3-HMAC-SHA256."""

import json
import logging

from alibabacloud_dysmsapi20170525.client import Client
from alibabacloud_dysmsapi20170525.models import SendSmsRequest
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.runtime import RuntimeOptions
from Tea.exceptions import TeaException

from shared.sms_accounts import Account
from worker.channel import Refusal, Taken
from worker.sms import CONNECT_SECONDS, TOTAL_SECONDS, ShortMessage, hide, refusal_of

# About this number or this message; everything else may be mended or belongs to the account (the error list of Dysms).
DEFINITE = frozenset(
    {
        "isv.MOBILE_NUMBER_ILLEGAL", "isv.BLACK_KEY_CONTROL_LIMIT", "isv.TEMPLATE_MISSING_PARAMETERS",
        "isv.TEMPLATE_PARAMS_ILLEGAL", "isv.INVALID_PARAMETERS", "isv.PARAM_LENGTH_LIMIT", "isv.PARAM_NOT_SUPPORT_URL",
        "isv.SMS_CONTENT_ILLEGAL", "isv.DOMESTIC_NUMBER_NOT_SUPPORTED",
    }
)  # fmt: skip

# The address of each request holds number and code.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


class Aliyun:
    """One account of 阿里云."""

    name = "aliyun"

    def __init__(self, account: Account) -> None:
        self._sign = account.sign
        protocol = "HTTP" if account.is_plain else "HTTPS"
        keys = {"access_key_id": account.key_id, "access_key_secret": account.key_secret}
        self._client = Client(Config(**keys, endpoint=account.host, protocol=protocol))
        self._runtime = RuntimeOptions(
            connect_timeout=int(CONNECT_SECONDS * 1000), read_timeout=int(TOTAL_SECONDS * 1000), autoretry=False
        )

    def send(self, message: ShortMessage) -> Taken | Refusal:
        """Send; `out_id` comes back with the receipt."""
        request = SendSmsRequest(
            phone_numbers=message.phone.removeprefix("+86"),
            sign_name=self._sign,
            template_code=message.templates[self.name],
            template_param=json.dumps({"number": message.number, "code": message.code}),
            out_id=message.reference,
        )
        try:
            body = self._client.send_sms_with_options(request, self._runtime).body
        except (TeaException, OSError, ValueError) as error:
            return hide(error, self.name)
        if body is None or body.code != "OK":
            return refusal_of(body.code if body else None, DEFINITE)
        return Taken(self.name, body.biz_id)
