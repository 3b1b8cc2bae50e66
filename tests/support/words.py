"""Words in text that also has random parts, such as tokens, nonces and salts of passwords."""

import re


def has_word(text: str, word: str) -> bool:
    """Return whether the text has the word, or the words, and not only as a part of a longer word.

    A random token of 64 letters and digits contains a given name of three letters, such as "Ann",
    once in 4,000 times.
    """
    start = r"(?<!\w)" if re.match(r"\w", word) else ""
    end = r"(?!\w)" if re.search(r"\w$", word) else ""
    return re.search(f"{start}{re.escape(word)}{end}", text) is not None
