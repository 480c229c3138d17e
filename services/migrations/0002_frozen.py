"""A published version never changes: only its end may be set, once."""

from django.db import migrations

CREATE = """
CREATE OR REPLACE FUNCTION services_refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.valid_to IS NOT NULL
       OR (to_jsonb(OLD) - 'valid_to') <> (to_jsonb(NEW) - 'valid_to') THEN
        RAISE EXCEPTION '% is published and frozen', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER services_procedureversion_frozen BEFORE UPDATE OR DELETE
    ON services_procedureversion FOR EACH ROW EXECUTE FUNCTION services_refuse_rewrite();
CREATE TRIGGER services_form_frozen BEFORE UPDATE OR DELETE
    ON services_form FOR EACH ROW EXECUTE FUNCTION services_refuse_rewrite();
"""
DROP = """
DROP TRIGGER services_procedureversion_frozen ON services_procedureversion;
DROP TRIGGER services_form_frozen ON services_form;
DROP FUNCTION services_refuse_rewrite();
"""


class Migration(migrations.Migration):
    dependencies = [("services", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
