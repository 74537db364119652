"""Which numbers a short message may be sent to: mobiles of the mainland, for everything else costs and is misused."""

import phonenumbers

_MAINLAND = 86


def is_mainland_mobile(phone: str | None) -> bool:
    """Tell whether an E.164 number is a mainland mobile."""
    if phone is None:
        return False
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return False
    kind = phonenumbers.number_type(number)
    return number.country_code == _MAINLAND and kind == phonenumbers.PhoneNumberType.MOBILE
