"""Who once worked on a use stays in its delivery team, whatever was taken back; the rows are frozen as others are (0002)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


ON = (
    "CREATE TRIGGER hkguide_frozen BEFORE UPDATE OR DELETE ON assessments_involvement "
    "FOR EACH ROW EXECUTE FUNCTION hkguide_refuse();"
)
OFF = "DROP TRIGGER IF EXISTS hkguide_frozen ON assessments_involvement;"


def on_postgresql(sql):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql)

    return run


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0011_remediation'),
    ]

    operations = [
        migrations.CreateModel(
            name='Involvement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('owned', 'owned an action'), ('assigned', 'was asked to answer'), ('attached', 'attached or gave evidence'), ('agreed', 'agreed to a fact')], max_length=8)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('use', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='involvements', to='assessments.declareduse')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('use', 'user', 'kind'), name='one_involvement_a_person_and_kind')],
            },
        ),
        migrations.RunPython(on_postgresql(ON), on_postgresql(OFF)),
    ]
