"""Numbers and codes as they are read aloud: 幺 for 1, a word for each letter. Spoken English has its own."""

from intake.pages.preferences import is_english

_DIGITS = "零幺二三四五六七八九"
_DIGITS_EN = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_CODE = "ABCDEFGHJKMNPQRSTVWXYZ"
_LETTERS = dict(zip(_CODE, "阿波春大鹅飞哥喝鸡开马牛朋球人山天微我西云子", strict=True))
_LETTERS_EN = {
    "A": "Alfa", "B": "Bravo", "C": "Charlie", "D": "Delta", "E": "Echo", "F": "Foxtrot", "G": "Golf", "H": "Hotel",
    "J": "Juliett", "K": "Kilo", "M": "Mike", "N": "November", "P": "Papa", "Q": "Quebec", "R": "Romeo", "S": "Sierra",
    "T": "Tango", "V": "Victor", "W": "Whiskey", "X": "X-ray", "Y": "Yankee", "Z": "Zulu",
}  # fmt: skip


def digits_spoken(number: str) -> str:
    """Return a number in groups of four as it is spoken: `二六幺零 幺零零零`."""
    groups = [number[at : at + 4] for at in range(0, len(number), 4)]
    if is_english():
        return ", ".join(" ".join(_DIGITS_EN[int(digit)] for digit in group) for group in groups)
    return "　".join("".join(_DIGITS[int(digit)] for digit in group) for group in groups)


def code_words(code: str) -> str:
    """Return the words for a code's letters: `K 开　M 马`."""
    letters, between = (_LETTERS_EN, ", ") if is_english() else (_LETTERS, "　")
    return between.join(f"{letter} {letters[letter]}" for letter in dict.fromkeys(code) if letter in letters)
