"""On PostgreSQL a trigger refuses UPDATE and DELETE of frozen rows, whatever runs the SQL; SQLite has the model's refusal."""

from django.db import migrations

FROZEN = [
    "edition",
    "editiontext",
    "factrevision",
    "answerrevision",
    "reviewmarkrevision",
    "submission",
    "reviewdecision",
    "certificateevent",
    "auditentry",
]


def freeze(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(
        """
        CREATE OR REPLACE FUNCTION hkguide_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME;
        END $$;
        """,
        params=None,
    )
    for name in FROZEN:
        schema_editor.execute(
            f"CREATE TRIGGER hkguide_frozen BEFORE UPDATE OR DELETE ON assessments_{name} "
            "FOR EACH ROW EXECUTE FUNCTION hkguide_refuse();"
        )


def thaw(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for name in FROZEN:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS hkguide_frozen ON assessments_{name};")
    schema_editor.execute("DROP FUNCTION IF EXISTS hkguide_refuse();")


class Migration(migrations.Migration):
    dependencies = [("assessments", "0001_initial")]
    operations = [migrations.RunPython(freeze, thaw)]
