"""Blind second looks at decided cases, and who leads the reviewing body. Nothing that exists is changed.

What both reviewers write about the differences is frozen. On PostgreSQL the table has a trigger of its own, which lets the
deletion of an organisation empty the column named here (see 0021).
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ON = """
CREATE OR REPLACE FUNCTION hkguide_refuse_second_looks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('hkguide.erasing', true) = 'organisation'
        AND (to_jsonb(NEW) - ARRAY['text']) = (to_jsonb(OLD) - ARRAY['text']) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME;
END $$;
CREATE TRIGGER hkguide_frozen BEFORE UPDATE OR DELETE ON assessments_secondlookwords
    FOR EACH ROW EXECUTE FUNCTION hkguide_refuse_second_looks();
"""
OFF = """
DROP TRIGGER IF EXISTS hkguide_frozen ON assessments_secondlookwords;
DROP FUNCTION IF EXISTS hkguide_refuse_second_looks();
"""


def on_postgresql(sql):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql, params=None)

    return run


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0029_desk_words'),
    ]

    operations = [
        migrations.AddField(
            model_name='membership',
            name='leads',
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name='SecondLook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('independent', models.BooleanField()),
                ('rules', models.JSONField(default=dict)),
                ('drawn_at', models.DateTimeField(auto_now_add=True)),
                ('reason', models.CharField(blank=True, max_length=400)),
                ('taken_at', models.DateTimeField(null=True)),
                ('given_at', models.DateTimeField(null=True)),
                ('reported_at', models.DateTimeField(null=True)),
                ('reported_words', models.TextField(blank=True, max_length=4000)),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reported_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reviewer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='second_looks', to=settings.AUTH_USER_MODEL)),
                ('submission', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='second_look', to='assessments.submission')),
            ],
        ),
        migrations.CreateModel(
            name='SecondLookMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('target', models.CharField(max_length=80)),
                ('mark', models.CharField(choices=[('accepted', 'Accepted'), ('accepted_with_action', 'Accepted with action'), ('change_needed', 'Change needed')], max_length=20)),
                ('words', models.TextField(blank=True, max_length=4000)),
                ('shown_at', models.DateTimeField()),
                ('at', models.DateTimeField(auto_now=True)),
                ('look', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='marks', to='assessments.secondlook')),
            ],
        ),
        migrations.CreateModel(
            name='SecondLookWords',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(max_length=4000)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('look', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='talk', to='assessments.secondlook')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddIndex(
            model_name='secondlook',
            index=models.Index(condition=models.Q(('given_at', None)), fields=['reviewer'], name='second_looks_being_given'),
        ),
        migrations.AddConstraint(
            model_name='secondlook',
            constraint=models.CheckConstraint(condition=models.Q(('given_at', None), ('reviewer__isnull', False), _connector='OR'), name='a_second_look_is_given_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='secondlookmark',
            constraint=models.UniqueConstraint(fields=('look', 'target'), name='one_mark_a_second_look_and_target'),
        ),
        migrations.RunPython(on_postgresql(ON), on_postgresql(OFF)),
    ]
