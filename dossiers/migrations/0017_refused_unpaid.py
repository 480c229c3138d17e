"""A dossier that was never received and never paid may be refused: 6 to 3."""

from django.db import migrations

PAIRS = """
        (1, 2), (1, 3), (1, 5), (1, 6), (1, 7), (2, 3), (2, 4), (2, 5),
        (2, 6), (2, 7), (2, 9), (4, 5), (4, 6), (4, 7), (4, 8), (4, 9),
        (5, 2), (5, 3), (5, 4), (5, 7), (5, 8), (6, 2), {more}(6, 4), (6, 7),
        (6, 8), (6, 9), (7, 2), (7, 4), (7, 8), (9, 4), (9, 6), (9, 10),
        (10, 9)
"""


def walls(more: str) -> str:
    """Return the function that refuses every pair of states but the listed ones."""
    return f"""
    CREATE OR REPLACE FUNCTION dossiers_refuse_other_edges() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN ({PAIRS.format(more=more)}) THEN
            RAISE EXCEPTION 'no move leads from state % to state %', OLD.state, NEW.state
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$;
    """


class Migration(migrations.Migration):
    dependencies = [("dossiers", "0016_timeline_kinds")]
    operations = [migrations.RunSQL(sql=walls("(6, 3), "), reverse_sql=walls(""))]
