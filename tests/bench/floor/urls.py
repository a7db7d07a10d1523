"""F1 a page, F2 a save, F3 a form of fifteen questions, F4 a list of fifty rows (F5 is 150 times F2)."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from tests.bench.floor.models import Row

ROWS = 50
QUESTIONS = [(n, f"Question {n} of this page: is the practice in place, and what shows it?") for n in range(1, 16)]
CHOICES = ["In place", "Partly", "Planned", "Not in place", "Do not know"]


@login_required
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "page.html")


@login_required
def save(request: HttpRequest, pk: int) -> HttpResponse:
    row = Row.objects.get(pk=pk)
    Row.objects.filter(pk=row.pk).update(text=request.POST["text"], number=row.number + 1)
    return HttpResponse("saved")


@login_required
def form(request: HttpRequest) -> HttpResponse:
    row = Row.objects.get(pk=1)
    return render(request, "form.html", {"row": row, "questions": QUESTIONS, "choices": CHOICES})


@login_required
def rows(request: HttpRequest) -> HttpResponse:
    found = Row.objects.order_by("-pk")[:ROWS]
    return render(request, "rows.html", {"rows": found, "total": Row.objects.count()})


urlpatterns = [path("page/", page), path("save/<int:pk>/", save), path("form/", form), path("rows/", rows)]
