"""How much a citizen may send, and how an upload is cut into parts. Pure."""

MEBIBYTE = 1024 * 1024

MAX_FILES = 20
MAX_TOTAL_BYTES = 100 * MEBIBYTE  # of one draft, or added to one dossier
MAX_WAITING_BYTES = 500 * MEBIBYTE  # of all drafts of one citizen that are not submitted
MAX_FILE_BYTES = 10 * MEBIBYTE  # in one request
MAX_UPLOAD_BYTES = 50 * MEBIBYTE  # in parts
PART_BYTES = 512 * 1024  # what a lost connection costs at most: 40 s at 100 kbit/s
MAX_OPEN_UPLOADS = 10
MAX_OPEN_UPLOAD_BYTES = 150 * MEBIBYTE
UPLOAD_HOURS = 24
MAX_FILE_NAME = 200


def part_count(size_bytes: int, part_bytes: int) -> int:
    """Return into how many parts so many bytes are cut."""
    return -(-size_bytes // part_bytes)


def part_size(number: int, *, size_bytes: int, part_bytes: int) -> int:
    """Return how long part `number` (from 1) is; only the last one may be shorter."""
    return min(part_bytes, size_bytes - (number - 1) * part_bytes)
