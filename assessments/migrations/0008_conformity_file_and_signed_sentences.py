"""The conformity file of a High use, whose versions are frozen (see 0002), and the sentences signed with a decision."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


ON = (
    "CREATE TRIGGER hkguide_frozen BEFORE UPDATE OR DELETE ON assessments_conformityrevision "
    "FOR EACH ROW EXECUTE FUNCTION hkguide_refuse();"
)
OFF = "DROP TRIGGER IF EXISTS hkguide_frozen ON assessments_conformityrevision;"


def on_postgresql(sql):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql)

    return run


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0007_marks_and_replies'),
    ]

    operations = [
        migrations.AddField(
            model_name='reviewdecision',
            name='signed',
            field=models.TextField(blank=True),
        ),
        migrations.CreateModel(
            name='ConformityPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=40)),
                ('rows', models.JSONField(default=list)),
                ('words', models.CharField(blank=True, max_length=400, verbose_name='what the public may read')),
                ('revision', models.PositiveIntegerField(default=0)),
                ('at', models.DateTimeField(auto_now=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('use', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='conformity', to='assessments.declareduse')),
            ],
        ),
        migrations.CreateModel(
            name='ConformityEvidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('evidence', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='conformity_uses', to='assessments.evidence')),
                ('part', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evidence_uses', to='assessments.conformitypart')),
            ],
        ),
        migrations.CreateModel(
            name='ConformityRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('operation', models.UUIDField(unique=True)),
                ('base', models.PositiveIntegerField()),
                ('value', models.JSONField()),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('outcome', models.CharField(choices=[('current', 'current'), ('conflict', 'stored beside a newer version'), ('suggestion', 'suggestion'), ('restored', 'restored'), ('carried', 'carried over')], default='current', max_length=12)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('parent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='assessments.conformitypart')),
            ],
        ),
        migrations.AddConstraint(
            model_name='conformitypart',
            constraint=models.UniqueConstraint(fields=('use', 'key'), name='one_conformity_part_a_key'),
        ),
        migrations.AddConstraint(
            model_name='conformityevidence',
            constraint=models.UniqueConstraint(fields=('part', 'evidence'), name='one_conformity_evidence_a_part'),
        ),
        migrations.AddConstraint(
            model_name='conformityrevision',
            constraint=models.UniqueConstraint(fields=('parent', 'number'), name='one_conformity_revision_a_number'),
        ),
        migrations.RunPython(on_postgresql(ON), on_postgresql(OFF)),
    ]
