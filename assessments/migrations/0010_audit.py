"""The log: when a chain was last verified, and a database that keeps it as it was written.

On PostgreSQL a trigger lets details be erased as a whole and changed in no other way, lets the head of a chain only go
forward, and keeps what a certificate says; entries themselves are frozen since 0002. SQLite has the models' refusal and
`verify_audit_log`: a trigger there would be lost, silently, each time a later migration makes its table anew, and it
would keep the tests that commit from emptying their database.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ON = """
CREATE OR REPLACE FUNCTION hkguide_erase_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND NEW.salt = '' AND NEW.detail = ''
        AND NEW.id = OLD.id AND NEW.entry_id = OLD.entry_id THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rows of % are erased as a whole, or never changed', TG_TABLE_NAME;
END $$;
CREATE TRIGGER hkguide_frozen BEFORE UPDATE OR DELETE ON assessments_auditdetail
    FOR EACH ROW EXECUTE FUNCTION hkguide_erase_only();

CREATE OR REPLACE FUNCTION hkguide_forward_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.chain = OLD.chain AND (NEW.seq > OLD.seq OR (NEW.seq = OLD.seq AND NEW.hash = OLD.hash)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rows of % are never changed but to go forward', TG_TABLE_NAME;
END $$;
CREATE TRIGGER hkguide_frozen BEFORE UPDATE OR DELETE ON assessments_audithead
    FOR EACH ROW EXECUTE FUNCTION hkguide_forward_only();

CREATE OR REPLACE FUNCTION hkguide_as_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.number = OLD.number AND NEW.submission_id = OLD.submission_id AND NEW.tier = OLD.tier
        AND NEW.assurance = OLD.assurance AND NEW.public_record = OLD.public_record THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rows of % are never changed in what they say', TG_TABLE_NAME;
END $$;
CREATE TRIGGER hkguide_frozen BEFORE UPDATE OR DELETE ON assessments_certificate
    FOR EACH ROW EXECUTE FUNCTION hkguide_as_issued();
"""
OFF = """
DROP TRIGGER IF EXISTS hkguide_frozen ON assessments_auditdetail;
DROP TRIGGER IF EXISTS hkguide_frozen ON assessments_audithead;
DROP TRIGGER IF EXISTS hkguide_frozen ON assessments_certificate;
DROP FUNCTION IF EXISTS hkguide_erase_only();
DROP FUNCTION IF EXISTS hkguide_forward_only();
DROP FUNCTION IF EXISTS hkguide_as_issued();
"""


def on_postgresql(sql):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql, params=None)

    return run


class Migration(migrations.Migration):
    dependencies = [("assessments", "0009_holds_and_changes")]

    operations = [
        migrations.AddField("audithead", "verified_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "audithead",
            "verified_by",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField("audithead", "verified_seq", models.PositiveBigIntegerField(default=0)),
        migrations.AddField(
            "audithead", "verified_hash", models.CharField(blank=True, default="", max_length=64), preserve_default=False
        ),
        migrations.AddField("audithead", "faults", models.PositiveIntegerField(default=0)),
        migrations.AddIndex("auditentry", models.Index(fields=["chain", "object", "seq"], name="audit_by_object")),
        migrations.AddIndex("auditentry", models.Index(fields=["chain", "actor", "seq"], name="audit_by_person")),
        migrations.RunPython(on_postgresql(ON), on_postgresql(OFF)),
    ]
