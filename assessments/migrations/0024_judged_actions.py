"""Actions that are closed by judged evidence, what the use keeps of them, and holds that wait for a reviewer."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


ON = """
CREATE OR REPLACE FUNCTION hkguide_refuse_closing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('hkguide.erasing', true) = 'organisation'
        AND (to_jsonb(NEW) - ARRAY['words', 'pieces']) = (to_jsonb(OLD) - ARRAY['words', 'pieces']) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME;
END $$;
CREATE TRIGGER hkguide_frozen BEFORE UPDATE OR DELETE ON assessments_actionverdict
    FOR EACH ROW EXECUTE FUNCTION hkguide_refuse_closing();
CREATE TRIGGER hkguide_frozen BEFORE UPDATE OR DELETE ON assessments_closedpractice
    FOR EACH ROW EXECUTE FUNCTION hkguide_refuse_closing();
"""
OFF = """
DROP TRIGGER IF EXISTS hkguide_frozen ON assessments_actionverdict;
DROP TRIGGER IF EXISTS hkguide_frozen ON assessments_closedpractice;
DROP FUNCTION IF EXISTS hkguide_refuse_closing();
"""


def on_postgresql(sql):
    """Both tables are frozen as other records are; with its organisation what they say is emptied (see 0021)."""

    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql, params=None)

    return run


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0023_own_marks'),
    ]

    operations = [
        migrations.AddField(
            model_name='evidenceuse',
            name='taken_from',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='assessments.answer'),
        ),
        migrations.AddField(
            model_name='hold',
            name='answered_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='hold',
            name='sent_back_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='accepted_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='accepted_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='confirmed_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='actionevent',
            name='kind',
            field=models.CharField(choices=[('owner', 'Owner changed'), ('due', 'Due date changed'), ('full_due', 'Date for all of it changed'), ('effort', 'Effort changed'), ('note', 'Note'), ('reported', 'Reported as done'), ('reopened', 'Opened again'), ('approved', 'Accepted by one of two reviewers'), ('closed', 'Closed'), ('risk_accepted', 'Risk accepted'), ('risk_ended', 'Risk no longer accepted'), ('attached', 'Evidence attached'), ('detached', 'Evidence detached'), ('added', 'Added'), ('title', 'Title changed'), ('steps', 'Steps changed'), ('started', 'First step done'), ('split', 'Split'), ('merged', 'Merged'), ('undone', 'Undone'), ('not_relevant', 'Marked as not relevant'), ('relevant', 'Relevant again')], max_length=16),
        ),
        migrations.CreateModel(
            name='ActionVerdict',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('verdict', models.CharField(choices=[('supports', 'Supports the answer'), ('partly', 'Supports it partly'), ('does_not', 'Does not support it')], max_length=10)),
                ('words', models.CharField(blank=True, max_length=400)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('action', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='verdicts', to='assessments.remediationaction')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('evidence', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.evidence')),
            ],
            options={
                'indexes': [models.Index(fields=['action', 'by'], name='assessments_action__547f6f_idx')],
            },
        ),
        migrations.CreateModel(
            name='ClosedPractice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('question', models.CharField(max_length=60)),
                ('pieces', models.JSONField(default=list)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('action', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='closed_practices', to='assessments.remediationaction')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('use', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='closed_practices', to='assessments.declareduse')),
            ],
            options={
                'indexes': [models.Index(fields=['use', 'at'], name='assessments_use_id_031a4c_idx')],
            },
        ),
        migrations.RunPython(on_postgresql(ON), on_postgresql(OFF)),
    ]
