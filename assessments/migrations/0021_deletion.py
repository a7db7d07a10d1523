"""Deletion: when an organisation goes, what stays of an account, and frozen rows whose content may then be emptied.

On PostgreSQL the trigger of frozen rows goes on refusing every change but one: while a transaction says that it erases an
organisation, the columns named here may be emptied, and nothing else of the row may differ.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

MAY_BE_EMPTIED = {
    "factrevision": ["value"],
    "answerrevision": ["value"],
    "reviewmarkrevision": ["value"],
    "evidencemarkrevision": ["value"],
    "markreplyrevision": ["value"],
    "conformityrevision": ["value"],
    "submission": ["snapshot"],
    "reviewdecision": ["statement"],
    "certificateevent": ["private_reason"],
    "evidenceversion": ["link", "storage_key", "file_name"],
    "actionevent": ["old", "new", "words"],
    "signedworst": ["facts", "statement"],
    "statedchange": ["words"],
    "interest": ["words"],
    "casemessage": ["text"],
    "appeal": ["reasons"],
    "appealanswer": ["words"],
}
CASES = " ".join(
    f"WHEN 'assessments_{table}' THEN ARRAY[{', '.join(repr(name) for name in columns)}]"
    for table, columns in MAY_BE_EMPTIED.items()
)
ON = f"""
CREATE OR REPLACE FUNCTION hkguide_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    empties text[];
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('hkguide.erasing', true) = 'organisation' THEN
        empties := CASE TG_TABLE_NAME {CASES} ELSE ARRAY[]::text[] END;
        IF (to_jsonb(NEW) - empties) = (to_jsonb(OLD) - empties) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME;
END $$;
"""
OFF = """
CREATE OR REPLACE FUNCTION hkguide_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME;
END $$;
"""


def on_postgresql(sql):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql, params=None)

    return run


class Migration(migrations.Migration):
    dependencies = [("assessments", "0020_second_factor")]

    operations = [
        migrations.AddField("organisation", "deleted_at", models.DateTimeField(editable=False, null=True)),
        migrations.AddField(
            "organisation",
            "deletion_by",
            models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField("organisation", "deletion_on", models.DateField(editable=False, null=True)),
        migrations.AddField("user", "deleted_at", models.DateTimeField(editable=False, null=True)),
        migrations.AddField("user", "signed_name", models.CharField(blank=True, default="", editable=False, max_length=120), preserve_default=False),
        migrations.RunPython(on_postgresql(ON), on_postgresql(OFF)),
    ]
