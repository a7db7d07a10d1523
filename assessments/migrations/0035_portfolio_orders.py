"""What the portfolio reads in each of its orders, and the words by which a search finds uses."""

from collections import defaultdict

import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models
from django.db.models import Case, F, IntegerField, OuterRef, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, Lower, NullIf

from assessments.models.search_words import MANY, MOST_USES, SEARCHED, words_in

RANKS = {"low": 1, "limited": 2, "high": 3, "unacceptable": 4}


def fill(apps, schema_editor):
    """Fill the columns of all uses in one statement, and the words of one organisation after another."""
    DeclaredUse = apps.get_model("assessments", "DeclaredUse")
    newest = apps.get_model("assessments", "Assessment").objects.filter(use=OuterRef("pk")).order_by("-pk")
    progress = Cast(F("answered"), IntegerField()) * 1000 / NullIf(F("applicable"), 0)
    system = apps.get_model("assessments", "AISystem").objects.filter(pk=OuterRef("system"))
    DeclaredUse.objects.update(
        newest_progress=Coalesce(
            Subquery(newest.annotate(thousandths=progress).values("thousandths")[:1]), Value(-1), output_field=IntegerField()
        ),
        system_name=Lower(Subquery(system.values("name")[:1])),
        tier_rank=Case(*(When(assigned_tier=tier, then=Value(rank)) for tier, rank in RANKS.items()), default=Value(0)),
    )
    SearchWord = apps.get_model("assessments", "SearchWord")
    for organisation in apps.get_model("assessments", "Organisation").objects.filter(deleted_at=None):
        by_word = defaultdict(set)
        rows = DeclaredUse.objects.filter(organisation=organisation).values_list("pk", *SEARCHED)
        for pk, *texts in rows.iterator():
            for word in set().union(*(words_in(text) for text in texts)):
                by_word[word].add(pk)
        SearchWord.objects.bulk_create(
            [
                SearchWord(
                    organisation=organisation,
                    word=word,
                    uses=MANY if len(pks) > MOST_USES else " ".join(str(pk) for pk in sorted(pks)),
                )
                for word, pks in sorted(by_word.items())
            ],
            batch_size=1000,
        )


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0034_sealed_emails'),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchWord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('word', models.TextField()),
                ('uses', models.TextField()),
            ],
        ),
        migrations.RemoveIndex(
            model_name='declareduse',
            name='assessments_organis_ec4410_idx',
        ),
        migrations.AddField(
            model_name='declareduse',
            name='newest_progress',
            field=models.SmallIntegerField(default=-1),
        ),
        migrations.AddField(
            model_name='declareduse',
            name='system_name',
            field=models.CharField(blank=True, max_length=160),
        ),
        migrations.AddField(
            model_name='declareduse',
            name='tier_rank',
            field=models.SmallIntegerField(default=0),
        ),
        migrations.AddIndex(
            model_name='declareduse',
            index=models.Index(fields=['organisation', 'assigned_tier', '-changed_at', '-id', 'in_use'], name='uses_by_tier_and_change'),
        ),
        migrations.AddIndex(
            model_name='declareduse',
            index=models.Index(fields=['organisation', '-tier_rank', '-id', 'in_use'], name='uses_by_tier'),
        ),
        migrations.AddIndex(
            model_name='declareduse',
            index=models.Index(fields=['organisation', 'newest_progress', 'id', 'in_use'], name='uses_by_progress'),
        ),
        migrations.AddIndex(
            model_name='declareduse',
            index=models.Index(fields=['organisation', 'system_name', 'id', 'in_use'], name='uses_by_system'),
        ),
        migrations.AddIndex(
            model_name='declareduse',
            index=models.Index(models.F('organisation'), django.db.models.functions.text.Lower('title'), models.F('id'), models.F('in_use'), name='uses_by_title'),
        ),
        migrations.AddField(
            model_name='searchword',
            name='organisation',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.organisation'),
        ),
        migrations.AddConstraint(
            model_name='searchword',
            constraint=models.UniqueConstraint(fields=('organisation', 'word'), name='one_search_word'),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
