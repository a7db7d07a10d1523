"""The remediation workspace: history of actions, accepted risks, evidence of closure, missed conditions, mail settings."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ON = (
    "CREATE TRIGGER hkguide_frozen BEFORE UPDATE OR DELETE ON assessments_actionevent "
    "FOR EACH ROW EXECUTE FUNCTION hkguide_refuse();"
)
OFF = "DROP TRIGGER IF EXISTS hkguide_frozen ON assessments_actionevent;"


def on_postgresql(sql):
    """The history of actions is frozen as other records are (see 0002)."""

    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql)

    return run


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0010_audit'),
    ]

    operations = [
        migrations.CreateModel(
            name='ActionEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('owner', 'Owner changed'), ('due', 'Due date changed'), ('effort', 'Effort changed'), ('note', 'Note'), ('reported', 'Reported as done'), ('reopened', 'Opened again'), ('closed', 'Closed'), ('risk_accepted', 'Risk accepted'), ('risk_ended', 'Risk no longer accepted'), ('attached', 'Evidence attached'), ('detached', 'Evidence detached')], max_length=16)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('old', models.CharField(blank=True, max_length=200)),
                ('new', models.CharField(blank=True, max_length=200)),
                ('words', models.TextField(blank=True, max_length=4000)),
                ('batch', models.UUIDField(db_index=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='StepRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, unique=True)),
                ('day', models.DateField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='evidenceuse',
            name='evidence_use_has_one_target',
        ),
        migrations.AddField(
            model_name='answer',
            name='closed_action',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='condition',
            name='missed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='evidenceuse',
            name='action',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='evidence_uses', to='assessments.remediationaction'),
        ),
        migrations.AddField(
            model_name='message',
            name='unmailed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='risk_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='risk_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='risk_reason',
            field=models.TextField(blank=True, max_length=4000),
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='risk_review',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='risk_until',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='set_by_hand',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='user',
            name='digest_on',
            field=models.DateField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='user',
            name='mail_when',
            field=models.CharField(choices=[('at_once', 'At once, each message as a mail of its own'), ('daily', 'Once a day, in the morning, as one mail'), ('acting', 'Only what asks me to act, at once')], default='at_once', max_length=8, verbose_name='mails'),
        ),
        migrations.AlterField(
            model_name='remediationaction',
            name='status',
            field=models.CharField(choices=[('open', 'Open'), ('done', 'Done, to be checked'), ('accepted', 'Risk accepted'), ('closed', 'Closed')], default='open', max_length=8),
        ),
        migrations.AddConstraint(
            model_name='evidenceuse',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('action__isnull', True), ('answer__isnull', False), ('condition__isnull', True), ('fact__isnull', True), ('hold__isnull', True)), models.Q(('action__isnull', True), ('answer__isnull', True), ('condition__isnull', True), ('fact__isnull', False), ('hold__isnull', True)), models.Q(('action__isnull', True), ('answer__isnull', True), ('condition__isnull', True), ('fact__isnull', True), ('hold__isnull', False)), models.Q(('action__isnull', True), ('answer__isnull', True), ('condition__isnull', False), ('fact__isnull', True), ('hold__isnull', True)), models.Q(('action__isnull', False), ('answer__isnull', True), ('condition__isnull', True), ('fact__isnull', True), ('hold__isnull', True)), _connector='OR'), name='evidence_use_has_one_target'),
        ),
        migrations.AddConstraint(
            model_name='evidenceuse',
            constraint=models.UniqueConstraint(fields=('evidence', 'action'), name='one_evidence_use_a_action'),
        ),
        migrations.AddConstraint(
            model_name='remediationaction',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'accepted'), _negated=True), models.Q(models.Q(('risk_reason', ''), _negated=True), ('risk_by__isnull', False), ('risk_review__isnull', False), ('risk_until__isnull', False)), _connector='OR'), name='an_accepted_risk_says_why_by_whom_until_when'),
        ),
        migrations.AddConstraint(
            model_name='remediationaction',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'accepted'), _negated=True), models.Q(('risk_by', models.F('owner')), _negated=True), _connector='OR'), name='a_risk_is_accepted_by_another_than_owner'),
        ),
        migrations.AddField(
            model_name='actionevent',
            name='action',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='assessments.remediationaction'),
        ),
        migrations.AddField(
            model_name='actionevent',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='actionevent',
            index=models.Index(fields=['action', 'at'], name='assessments_action__1d9252_idx'),
        ),
        migrations.RunPython(on_postgresql(ON), on_postgresql(OFF)),
    ]
