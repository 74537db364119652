"""Files 附件 on their way in: parsed, checked by what they hold, cleaned, stored."""
