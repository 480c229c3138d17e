"""Frozen answers and hand-overs are never rewritten; a state changes along a listed edge only.

The pairs are those of `dossiers.rules.states`; a test holds the two together. A new edge needs a
migration that replaces the function.
"""

from django.db import migrations

from common import db

EDGES = migrations.RunSQL(
    sql="""
    CREATE FUNCTION dossiers_refuse_other_edges() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        (1, 2), (1, 3), (1, 5), (1, 6), (1, 7), (2, 3), (2, 4), (2, 5),
        (2, 6), (2, 7), (2, 9), (4, 5), (4, 6), (4, 7), (4, 8), (4, 9),
        (5, 2), (5, 3), (5, 4), (5, 7), (5, 8), (6, 2), (6, 4), (6, 7),
        (6, 8), (6, 9), (7, 2), (7, 4), (7, 8), (9, 4), (9, 6), (9, 10),
        (10, 9)
        ) THEN
            RAISE EXCEPTION 'no move leads from state % to state %', OLD.state, NEW.state
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER dossiers_dossier_edges BEFORE UPDATE OF state ON dossiers_dossier
        FOR EACH ROW EXECUTE FUNCTION dossiers_refuse_other_edges();
    """,
    reverse_sql="""
    DROP TRIGGER dossiers_dossier_edges ON dossiers_dossier;
    DROP FUNCTION dossiers_refuse_other_edges();
    """,
)


class Migration(migrations.Migration):
    dependencies = [("dossiers", "0010_intake")]
    operations = [
        db.append_only("dossiers_answerversion"),
        db.append_only("dossiers_deliveryevent"),
        EDGES,
    ]
