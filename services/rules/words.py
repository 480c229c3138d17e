"""Searching Vietnamese without accents. Pure."""

import re
import unicodedata
from collections.abc import Mapping


def fold(text: str) -> str:
    """Return `text` in lower case without marks; đ becomes d, which NFD does not do."""
    spread = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    plain = "".join(letter for letter in spread if unicodedata.category(letter) != "Mn")
    return " ".join(re.findall(r"[a-z0-9.]+", plain))


def expand(query: str, synonyms: Mapping[str, str]) -> str:
    """Return the folded query with known abbreviations written out."""
    folded = fold(query)
    if folded in synonyms:
        return synonyms[folded]
    return " ".join(synonyms.get(word, word) for word in folded.split())


def tsquery(folded: str) -> str:
    """Return the PostgreSQL query that wants every word, the beginning of it being enough."""
    words = re.findall(r"[a-z0-9]+", folded)
    return " & ".join(f"{word}:*" for word in words[:12])
