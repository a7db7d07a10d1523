"""What reviewers need around a case: interests, seats asked of colleagues, messages, appeals, absence, a count of changes."""

import assessments.models.base
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


FROZEN = ["interest", "casemessage", "appeal", "appealanswer"]  # as in 0002


def freeze(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
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


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0005_questions_asked_by_invitation'),
    ]

    operations = [
        migrations.CreateModel(
            name='Appeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(default=assessments.models.base.new_reference, editable=False, max_length=12, unique=True)),
                ('kind', models.CharField(choices=[('appeal', 'Appeal'), ('complaint', 'Complaint')], max_length=9)),
                ('reasons', models.TextField(max_length=8000)),
                ('at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='AppealAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('upheld', models.BooleanField()),
                ('words', models.TextField(max_length=8000)),
                ('at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='CaseMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_reviewer', models.BooleanField()),
                ('text', models.TextField(max_length=4000)),
                ('at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Interest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('words', models.CharField(blank=True, max_length=400)),
                ('at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='SeatRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seat', models.CharField(choices=[('first', 'first reviewer'), ('second', 'second reviewer')], max_length=6)),
                ('note', models.TextField(blank=True, max_length=2000)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('outcome', models.CharField(blank=True, choices=[('taken', 'taken'), ('declined', 'declined for a conflict of interest'), ('replaced', 'somebody else was asked or took it')], max_length=8)),
            ],
        ),
        migrations.AddField(
            model_name='submission',
            name='changed',
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='user',
            name='away_from',
            field=models.DateField(blank=True, null=True, verbose_name='away from'),
        ),
        migrations.AddField(
            model_name='user',
            name='away_until',
            field=models.DateField(blank=True, null=True, verbose_name='away until'),
        ),
        migrations.AddField(
            model_name='appeal',
            name='assessment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appeals', to='assessments.assessment'),
        ),
        migrations.AddField(
            model_name='appeal',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='appeal',
            name='decision',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='appeals', to='assessments.reviewdecision'),
        ),
        migrations.AddField(
            model_name='appeal',
            name='event',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='appeals', to='assessments.certificateevent'),
        ),
        migrations.AddField(
            model_name='appeal',
            name='submission',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appeals', to='assessments.submission'),
        ),
        migrations.AddField(
            model_name='appealanswer',
            name='appeal',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='answer', to='assessments.appeal'),
        ),
        migrations.AddField(
            model_name='appealanswer',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='casemessage',
            name='author',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='casemessage',
            name='submission',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='talk', to='assessments.submission'),
        ),
        migrations.AddField(
            model_name='interest',
            name='assessment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='interests', to='assessments.assessment'),
        ),
        migrations.AddField(
            model_name='interest',
            name='reviewer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='seatrequest',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='seatrequest',
            name='holder',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='seatrequest',
            name='submission',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='assessments.submission'),
        ),
        migrations.AddField(
            model_name='seatrequest',
            name='to',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.UniqueConstraint(condition=models.Q(('decision__isnull', False)), fields=('decision', 'kind'), name='one_appeal_a_decision'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.UniqueConstraint(condition=models.Q(('event__isnull', False)), fields=('event', 'kind'), name='one_appeal_an_event'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.UniqueConstraint(condition=models.Q(('decision', None), ('event', None)), fields=('submission', 'kind'), name='one_complaint_a_submission'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.CheckConstraint(condition=models.Q(('decision', None), ('event', None), _connector='OR'), name='an_appeal_is_about_one_thing'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'complaint'), ('decision__isnull', False), ('event__isnull', False), _connector='OR'), name='an_appeal_is_against_a_decision'),
        ),
        migrations.AddConstraint(
            model_name='seatrequest',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('submission', 'seat'), name='one_open_request_a_seat'),
        ),
        migrations.RunPython(freeze, thaw),
    ]
