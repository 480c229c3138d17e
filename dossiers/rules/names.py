"""File names as people may be shown them. Pure."""

import re
import unicodedata

from dossiers.rules.limits import MAX_FILE_NAME


def safe_name(name: str, extension: str) -> str:
    """Return a file name without folders, controls or direction marks, with a true ending.

    Vietnamese letters stay, in one form (NFC). It is only ever shown: bytes lie elsewhere.
    """
    text = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    text = "".join(letter for letter in text if unicodedata.category(letter)[0] != "C")
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", text).strip(" .") or "tep"
    return f"{stem[: MAX_FILE_NAME - 10]}.{extension}"
