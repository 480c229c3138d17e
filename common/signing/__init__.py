"""PAdES signatures on papers: `sign` makes them, `check` says whether one still holds.

`keys` says where keys come from, `authority` is the certificate authority of development,
`inspection` reads a PDF of a stranger in a process of its own.
"""

from common.signing.checking import Finding, Unreadable, check
from common.signing.keys import Signatory
from common.signing.making import Seal, sign

__all__ = ["Finding", "Seal", "Signatory", "Unreadable", "check", "sign"]
