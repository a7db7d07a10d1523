from django.db import models


class Row(models.Model):
    title = models.CharField(max_length=120)
    text = models.TextField(blank=True)
    state = models.CharField(max_length=12, default="draft")
    number = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "floor"

    def __str__(self) -> str:
        return self.title
