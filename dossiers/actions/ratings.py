"""A citizen's opinion of one closed dossier."""

from datetime import datetime

from common import db
from common.errors import NotFound, Refusal
from dossiers.models import Dossier, Rating
from dossiers.rules.states import State

RATED = frozenset({State.REJECTED, State.STOPPED, State.COMPLETED, State.RETURNED})
MAX_COMMENT = 2000


class NotFinishedYet(Refusal):
    code = "dossier_not_finished"
    status = 409
    title_vi = "Hồ sơ chưa giải quyết xong"
    title_en = "The dossier is not finished yet"


class AlreadyRated(Refusal):
    code = "already_rated"
    status = 409
    title_vi = "Hồ sơ đã được đánh giá"
    title_en = "The dossier was rated already"


@db.transaction()
def rate(*, citizen_id: str, dossier_id: str, stars: int, comment: str, now: datetime) -> Rating:
    """Rate one's own finished dossier, once. Errors: NotFound; NotFinishedYet; AlreadyRated."""
    dossier = db.lock(Dossier.objects.filter(citizen_id=citizen_id, id=dossier_id)).first()
    if dossier is None:
        raise NotFound
    if dossier.state not in RATED:
        raise NotFinishedYet
    if Rating.objects.filter(dossier=dossier).exists():
        raise AlreadyRated
    return Rating.objects.create(dossier=dossier, stars=stars, comment=comment, at=now)
