"""Versions of evidence are frozen as other records are (see 0002)."""

from django.db import migrations

ON = (
    "CREATE TRIGGER hkguide_frozen BEFORE UPDATE OR DELETE ON assessments_evidenceversion "
    "FOR EACH ROW EXECUTE FUNCTION hkguide_refuse();"
)
OFF = "DROP TRIGGER IF EXISTS hkguide_frozen ON assessments_evidenceversion;"


def on_postgresql(sql):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql)

    return run


class Migration(migrations.Migration):
    dependencies = [("assessments", "0003_answering_together")]
    operations = [migrations.RunPython(on_postgresql(ON), on_postgresql(OFF))]
