"""Marks that can be taken back, draft an action and judge evidence; replies to what was returned; their versions are frozen."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


FROZEN = ["evidencemarkrevision", "markreplyrevision"]


def freeze(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in FROZEN:
            schema_editor.execute(
                f"CREATE TRIGGER hkguide_frozen BEFORE UPDATE OR DELETE ON assessments_{name} "
                "FOR EACH ROW EXECUTE FUNCTION hkguide_refuse();"
            )


def thaw(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in FROZEN:
            schema_editor.execute(f"DROP TRIGGER IF EXISTS hkguide_frozen ON assessments_{name};")


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0006_reviewers_work'),
    ]

    operations = [
        migrations.AddField(
            model_name='remediationaction',
            name='asked',
            field=models.TextField(blank=True, max_length=8000),
        ),
        migrations.AddField(
            model_name='reviewdecision',
            name='answer_by',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='reviewmark',
            name='action_due',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='reviewmark',
            name='action_title',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='reviewmark',
            name='together',
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name='reviewmark',
            name='mark',
            field=models.CharField(blank=True, choices=[('accepted', 'Accepted'), ('accepted_with_action', 'Accepted with action'), ('change_needed', 'Change needed')], max_length=20),
        ),
        migrations.AlterField(
            model_name='reviewmark',
            name='reason',
            field=models.CharField(blank=True, choices=[('unclear', 'The answer is not clear'), ('not_shown', 'What shows it is missing'), ('other_evidence', 'Another piece of evidence is needed'), ('too_high', 'Less is in place than the answer says'), ('not_applicable', 'It does apply'), ('wrong_fact', 'The fact does not fit what is described'), ('other', 'Another reason')], max_length=16),
        ),
        migrations.CreateModel(
            name='EvidenceMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('question', models.CharField(max_length=60)),
                ('piece', models.CharField(max_length=12)),
                ('version', models.PositiveIntegerField()),
                ('verdict', models.CharField(blank=True, choices=[('supports', 'Supports the answer'), ('partly', 'Supports it partly'), ('does_not', 'Does not support it')], max_length=10)),
                ('note', models.CharField(blank=True, max_length=400)),
                ('revision', models.PositiveIntegerField(default=1)),
                ('at', models.DateTimeField(auto_now=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('carried_from', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.evidencemark')),
                ('submission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evidence_marks', to='assessments.submission')),
            ],
        ),
        migrations.CreateModel(
            name='EvidenceMarkRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('operation', models.UUIDField(unique=True)),
                ('base', models.PositiveIntegerField()),
                ('value', models.JSONField()),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('outcome', models.CharField(choices=[('current', 'current'), ('conflict', 'stored beside a newer version'), ('suggestion', 'suggestion'), ('restored', 'restored'), ('carried', 'carried over')], default='current', max_length=12)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('parent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='assessments.evidencemark')),
            ],
        ),
        migrations.CreateModel(
            name='MarkReply',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('target', models.CharField(max_length=80)),
                ('words', models.TextField(blank=True, max_length=4000)),
                ('revision', models.PositiveIntegerField(default=1)),
                ('at', models.DateTimeField(auto_now=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('submission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='replies', to='assessments.submission')),
            ],
        ),
        migrations.CreateModel(
            name='MarkReplyRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('operation', models.UUIDField(unique=True)),
                ('base', models.PositiveIntegerField()),
                ('value', models.JSONField()),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('outcome', models.CharField(choices=[('current', 'current'), ('conflict', 'stored beside a newer version'), ('suggestion', 'suggestion'), ('restored', 'restored'), ('carried', 'carried over')], default='current', max_length=12)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('parent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='assessments.markreply')),
            ],
        ),
        migrations.AddConstraint(
            model_name='evidencemark',
            constraint=models.UniqueConstraint(fields=('submission', 'question', 'piece'), name='one_evidence_mark_a_piece'),
        ),
        migrations.AddConstraint(
            model_name='evidencemarkrevision',
            constraint=models.UniqueConstraint(fields=('parent', 'number'), name='one_evidence_mark_revision_a_number'),
        ),
        migrations.AddConstraint(
            model_name='markreply',
            constraint=models.UniqueConstraint(fields=('submission', 'target'), name='one_reply_a_target'),
        ),
        migrations.AddConstraint(
            model_name='markreplyrevision',
            constraint=models.UniqueConstraint(fields=('parent', 'number'), name='one_reply_revision_a_number'),
        ),
        migrations.RunPython(freeze, thaw),
    ]
