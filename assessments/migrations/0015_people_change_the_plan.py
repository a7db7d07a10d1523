"""People change the plan: actions of their own, split, merged, edited, not relevant; and the two dates of an action."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0014_fact_drafts'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='remediationaction',
            name='one_open_action_a_question',
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='added_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='clause',
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='first_step_on',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='full_due',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='irrelevant_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='irrelevant_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='irrelevant_reason',
            field=models.TextField(blank=True, max_length=4000),
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='merged_into',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='assessments.remediationaction'),
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='original_title',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='package',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='part_of',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='assessments.remediationaction'),
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='placed',
            field=models.CharField(blank=True, max_length=24),
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='whole_organisation',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='rank',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='steps',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='stopgap',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='undo',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='remediationaction',
            name='why_here',
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name='actionevent',
            name='kind',
            field=models.CharField(choices=[('owner', 'Owner changed'), ('due', 'Due date changed'), ('full_due', 'Date for all of it changed'), ('effort', 'Effort changed'), ('note', 'Note'), ('reported', 'Reported as done'), ('reopened', 'Opened again'), ('closed', 'Closed'), ('risk_accepted', 'Risk accepted'), ('risk_ended', 'Risk no longer accepted'), ('attached', 'Evidence attached'), ('detached', 'Evidence detached'), ('added', 'Added'), ('title', 'Title changed'), ('steps', 'Steps changed'), ('started', 'First step done'), ('split', 'Split'), ('merged', 'Merged'), ('undone', 'Undone'), ('not_relevant', 'Marked as not relevant'), ('relevant', 'Relevant again')], max_length=16),
        ),
        migrations.AlterField(
            model_name='remediationaction',
            name='status',
            field=models.CharField(choices=[('open', 'Open'), ('done', 'Done, to be checked'), ('accepted', 'Risk accepted'), ('not_relevant', 'Not relevant'), ('closed', 'Closed')], default='open', max_length=12),
        ),
        migrations.AddConstraint(
            model_name='remediationaction',
            constraint=models.UniqueConstraint(condition=models.Q(models.Q(('status', 'closed'), _negated=True), models.Q(('question', ''), _negated=True), ('part_of', None)), fields=('use', 'question'), name='one_open_action_a_question'),
        ),
        migrations.AddConstraint(
            model_name='remediationaction',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'not_relevant'), _negated=True), models.Q(models.Q(('irrelevant_reason', ''), _negated=True), ('irrelevant_by__isnull', False)), _connector='OR'), name='an_action_that_is_not_relevant_says_why'),
        ),
        migrations.AddConstraint(
            model_name='remediationaction',
            constraint=models.CheckConstraint(condition=models.Q(('full_due', None), ('full_due__gte', models.F('due')), _connector='OR'), name='all_of_it_is_due_after_the_first_step'),
        ),
    ]
