"""What changed for a person since a token: a feed of changes that never skips a late commit.

A trigger on every followed table notes the object in `common_change`, in the transaction of the
change itself: nobody can forget to. There is one row for each object, so the feed stays as small
as what it is about, and a row whose object is gone is its tombstone.
"""

# Note [Late commits]
# A moment or a running number is taken before its transaction commits, so a reader that remembers
# the highest one seen skips whatever commits after it with a lower one. A token therefore holds a
# snapshot: which transactions had ended when it was given. New is what that snapshot could not
# see, in whatever order it commits; nothing waits for a transaction that stays open for long.
# Only top-level transaction numbers are compared; they have 64 bits and never come round.
# After a crash the server may give out again the number of a transaction that had ended without
# leaving a trace, so what began after the token is new too, by the database's clock.
# A database restored from a dump, or promoted with changes lost, has another past than the token
# tells of: the token names the system, its timeline and the table, and is refused when they differ.
# Rows of a dump may carry numbers not given out yet; every token of the new database is younger
# than these rows, so they are not new.

import dataclasses
import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.core import signing
from django.db import connection, migrations

from common import db
from common.errors import Refusal, Unavailable
from common.models import Change as Row

KEEP_DAYS = 90  # how long a phone may stay away; tombstones live a little longer
RENEWED_AFTER = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
MAX_RUNNING = 100
SALT = "common.feed"


class SyncTokenExpired(Refusal):
    code = "sync_token_expired"
    status = 410
    title_vi = "Mã đồng bộ không còn dùng được"
    title_en = "The sync token is no longer good"
    detail_vi = "Hãy xóa dữ liệu đã lưu trên máy và đồng bộ lại từ đầu, không kèm since."
    detail_en = "Drop what the phone holds and start over: call again without `since`."


@dataclasses.dataclass(frozen=True)
class Change:
    """An object that changed. `gone`: it is no longer the person's to see."""

    kind: str
    object_id: str
    gone: bool


@dataclasses.dataclass(frozen=True)
class Page:
    """Some changes, and the token that goes on after them."""

    changes: tuple[Change, ...]
    token: str
    has_more: bool


@dataclasses.dataclass(frozen=True)
class Moment:
    """What the database was when somebody looked. Units: `at` in microseconds, its own clock."""

    at: int
    snapshot: str


@dataclasses.dataclass(frozen=True)
class Place:
    """How far a phone came: all up to `seen`, and on the way to `seeing` all up to `after`."""

    seen: Moment | None = None
    seeing: Moment | None = None
    after: tuple[str, str] = ("", "")


def since(*, owner: str, token: str | None, limit: int) -> Page:
    """Return what changed for `owner` since `token`; without one, everything there is.

    What changes while somebody reads page by page may come twice, and never not at all: an
    object's place in the order of pages does not move, and the last token is as old as the first
    page.
    Errors: SyncTokenExpired for a token that is unknown, somebody else's, too old, or of a
    database that was restored; Unavailable on a standby, which cannot tell what is running.
    """
    epoch, now = _look()
    place = _read(owner, token, epoch, now) if token is not None else Place()
    target = place.seeing or now
    rows = _rows(owner, place, limit + 1)
    if len(rows) > limit:
        last = rows[limit - 1]
        further = Place(place.seen, target, (last.kind, last.object_id))
        return Page(tuple(rows[:limit]), _write(owner, epoch, further), True)
    young = place.seen is not None and now.at - place.seen.at < RENEWED_AFTER // MICROSECOND
    if not rows and token is not None and place.seeing is None and young:
        return Page((), token, False)  # the same answer for a phone that asks often: a 304
    return Page(tuple(rows), _write(owner, epoch, Place(seen=target)), False)


def forget(*, now: datetime, limit: int = 5000) -> int:
    """Delete the tombstones that no valid token can ask for; return how many went."""
    with db.transaction(), connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM common_change WHERE (owner, kind, object_id) IN (
                SELECT owner, kind, object_id FROM common_change
                WHERE gone AND changed_at < %s ORDER BY changed_at LIMIT %s
            )
            """,
            [now - timedelta(days=KEEP_DAYS + 1), limit],
        )
        return int(cursor.rowcount)


def _look() -> tuple[str, Moment]:
    """Return which database this is, and what it is at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT pg_is_in_recovery(),
                concat_ws(':', s.system_identifier, %s::regclass::oid,
                    CASE WHEN NOT pg_is_in_recovery()
                        THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) END),
                pg_current_snapshot()::text,
                (extract(epoch FROM statement_timestamp()) * 1000000)::bigint
            FROM pg_control_system() s
            """,
            [Row._meta.db_table],
        )
        standby, name, snapshot, at = cursor.fetchone()
    if standby:
        raise Unavailable(retry_after=2)
    return hashlib.sha256(name.encode()).hexdigest()[:12], Moment(at, _short(snapshot))


def _short(snapshot: str) -> str:
    """Return a snapshot that sees no more than `snapshot`, and fits into an address."""
    oldest, _, running = snapshot.split(":")
    return f"{oldest}:{oldest}:" if running.count(",") >= MAX_RUNNING else snapshot


def _rows(owner: str, place: Place, limit: int) -> list[Change]:
    condition = "NOT gone"
    values: list[str | int] = []
    if place.seen is not None:
        # See Note [Late commits].
        condition = """
            (xid >= pg_snapshot_xmin(%s::pg_snapshot)::text::bigint
                AND NOT pg_visible_in_snapshot(xid::text::xid8, %s::pg_snapshot)
                AND xid < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
            OR changed_at > to_timestamp(%s::numeric / 1000000))
        """
        values = [place.seen.snapshot, place.seen.snapshot, place.seen.at]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT kind, object_id, gone FROM common_change
            WHERE owner = %s AND (kind, object_id) > (%s, %s) AND {condition}
            ORDER BY kind, object_id LIMIT %s
            """,  # noqa: S608 - both conditions stand above
            [owner, *place.after, *values, limit],
        )
        return [Change(*row) for row in cursor.fetchall()]


def _write(owner: str, epoch: str, place: Place) -> str:
    moments = [(one.at, one.snapshot) if one else None for one in (place.seen, place.seeing)]
    return signing.dumps([epoch, *moments, *place.after], salt=f"{SALT}:{owner}", compress=True)


def _read(owner: str, token: str, epoch: str, now: Moment) -> Place:
    """Return the place that a token holds. Errors: SyncTokenExpired."""
    try:
        made_in, seen, seeing, *after = signing.loads(token, salt=f"{SALT}:{owner}")
    except signing.BadSignature as failure:
        raise SyncTokenExpired from failure
    place = Place(
        seen=Moment(*seen) if seen else None,
        seeing=Moment(*seeing) if seeing else None,
        after=(after[0], after[1]),
    )
    oldest = min(one.at for one in (place.seen, place.seeing) if one)
    if made_in != epoch or now.at - oldest > timedelta(days=KEEP_DAYS) // MICROSECOND:
        raise SyncTokenExpired
    return place


# --- what is followed ---------------------------------------------------------------------------

_NOTE = """
CREATE OR REPLACE FUNCTION common_note_change(
    whose text, what text, which text, is_gone boolean
) RETURNS void LANGUAGE sql AS $$
    INSERT INTO common_change AS c (owner, kind, object_id, xid, gone, changed_at)
    SELECT whose, what, which, pg_current_xact_id()::text::bigint, is_gone, now()
    WHERE whose IS NOT NULL
    ON CONFLICT (owner, kind, object_id) DO UPDATE
        SET xid = EXCLUDED.xid, gone = EXCLUDED.gone, changed_at = EXCLUDED.changed_at
        WHERE c.xid <> EXCLUDED.xid OR c.gone <> EXCLUDED.gone
$$
"""


def note_function() -> migrations.RunSQL:
    """Return the migration that makes the function behind every trigger."""
    return migrations.RunSQL(
        sql=_NOTE,
        reverse_sql="DROP FUNCTION common_note_change(text, text, text, boolean)",
    )


def follow(
    table: str,
    *,
    kind: str,
    owner: str,
    key: str = "id",
    columns: tuple[str, ...] = (),
    alive: str = "true",
) -> migrations.RunSQL:
    """Return the migration that feeds the rows of `table` to their owner, those there are too.

    Shape: owner and key name columns; columns, when given, are those whose change counts; alive is
    an SQL condition on `r`: a row that does not hold it is gone for its owner.
    """
    body = f"""
        IF TG_OP <> 'INSERT' AND (TG_OP = 'DELETE' OR
                (OLD.{owner}, OLD.{key}) IS DISTINCT FROM (NEW.{owner}, NEW.{key})) THEN
            PERFORM common_note_change(OLD.{owner}, '{kind}', OLD.{key}::text, true);
        END IF;
        IF TG_OP <> 'DELETE' THEN
            PERFORM common_note_change(r.{owner}, '{kind}', r.{key}::text, NOT ({alive}));
        END IF;
    """
    known = f"""
        INSERT INTO common_change (owner, kind, object_id, xid, gone, changed_at)
        SELECT r.{owner}, '{kind}', r.{key}::text, pg_current_xact_id()::text::bigint, false, now()
        FROM {table} r WHERE r.{owner} IS NOT NULL AND ({alive}) ON CONFLICT DO NOTHING
    """  # noqa: S608 - names of our own tables, written by migrations
    return _trigger(table, "feed", body, columns, known)


def follow_part(
    table: str,
    *,
    kind: str,
    of: str,
    owner: str,
    by: str,
    columns: tuple[str, ...] = (),
) -> migrations.RunSQL:
    """Return the migration that notes the object in `of` when a row that is part of it changes.

    Whoever changes a part holds the lock of the whole, or changes nothing after the part: that
    keeps two writers from waiting for each other.
    Shape: by names the column of `table` that holds the id of the whole, owner a column of `of`.
    """
    body = f"""
        PERFORM common_note_change(w.{owner}, '{kind}', w.id::text, false)
        FROM {of} w WHERE w.id = r.{by};
    """  # noqa: S608
    return _trigger(table, "feed_part", body, columns, "")


def _trigger(
    table: str, name: str, body: str, columns: tuple[str, ...], known: str
) -> migrations.RunSQL:
    same = " AND ".join(f"OLD.{one} IS NOT DISTINCT FROM NEW.{one}" for one in columns)
    skip = f"IF TG_OP = 'UPDATE' AND {same} THEN RETURN NULL; END IF;" if same else ""
    sql: Any = f"""
        CREATE OR REPLACE FUNCTION {table}_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE r {table}%ROWTYPE;
        BEGIN
            {skip}
            IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF;
            {body}
            RETURN NULL;
        END $$;
        CREATE TRIGGER {table}_{name} AFTER INSERT OR UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {table}_{name}();
        {known}
    """
    return migrations.RunSQL(
        sql=sql,
        reverse_sql=f"DROP TRIGGER {table}_{name} ON {table}; DROP FUNCTION {table}_{name}()",
    )
