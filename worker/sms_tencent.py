"""Short messages through 腾讯云 SMS; its library signs with TC3-HMAC-SHA256."""

import logging

from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111.models import SendSmsRequest
from tencentcloud.sms.v20210111.sms_client import SmsClient

from shared.sms_accounts import Account
from worker.channel import Refusal, Taken
from worker.sms import CONNECT_SECONDS, TOTAL_SECONDS, ShortMessage, hide, refusal_of

# About this number or this message; everything else may be mended or belongs to the account (the error list of SMS).
DEFINITE = frozenset(
    {
        "FailedOperation.PhoneNumberInBlacklist", "FailedOperation.ContainSensitiveWord",
        "InvalidParameterValue.IncorrectPhoneNumber", "InvalidParameterValue.ContentLengthLimit",
        "InvalidParameterValue.TemplateParameterFormatError", "InvalidParameterValue.TemplateParameterLengthLimit",
        "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
        "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
        "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone", "UnsupportedOperation.UnsupportedRegion",
    }
)  # fmt: skip

logging.getLogger("tencentcloud_sdk_common").setLevel(logging.CRITICAL)


class Tencent:
    """One account of 腾讯云."""

    name = "tencent"

    def __init__(self, account: Account) -> None:
        self._account = account
        profile = HttpProfile(endpoint=account.host, protocol="http" if account.is_plain else "https")
        profile.reqTimeout = (CONNECT_SECONDS, TOTAL_SECONDS)
        credential = Credential(account.key_id, account.key_secret)
        self._client = SmsClient(credential, account.region, ClientProfile(httpProfile=profile))

    def send(self, message: ShortMessage) -> Taken | Refusal:
        """Send to the one number; its own status decides, whatever the whole answer says."""
        request = SendSmsRequest()
        request.PhoneNumberSet = [message.phone]
        request.SmsSdkAppId, request.SignName = self._account.app_id, self._account.sign
        request.TemplateId, request.TemplateParamSet = message.templates[self.name], [message.number, message.code]
        request.SessionContext = message.reference
        try:
            statuses = self._client.SendSms(request).SendStatusSet
        except (TencentCloudSDKException, OSError, ValueError) as error:
            return hide(error, self.name)
        if not statuses:
            return Refusal("no_status", is_permanent=False, is_unsure=True)
        status = statuses[0]
        if status.Code != "Ok":
            return refusal_of(status.Code, DEFINITE)
        return Taken(self.name, status.SerialNo)
