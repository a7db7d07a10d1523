"""The map of the site, grouped as a user walks through it."""

from django.urls import path

from assessments.views import (
    answering,
    certificates,
    dashboard,
    documents,
    facts,
    guideline,
    organisations,
    public,
    results,
    returned,
    reviews,
    signing,
    systems,
    task_list,
)

urlpatterns = [
    # anyone
    path("", public.start, name="start"),
    path("verify/", public.verify, name="verify_form"),
    path("verify/<str:number>/", public.verify, name="verify"),
    path("guideline/", guideline.clauses, name="clauses"),
    path("guideline/<path:clause>/", guideline.clause, name="clause"),
    path("method/", guideline.method, name="method"),
    path("health/", public.health, name="health"),
    path("invitations/<str:token>/", organisations.accept, name="invitation"),
    # a member: what to do next
    path("home/", dashboard.dashboard, name="dashboard"),
    path("assessments/", dashboard.assessments, name="assessments"),
    path("actions/", dashboard.actions, name="actions"),
    path("actions/<str:reference>/<int:number>/", dashboard.action, name="action"),
    path("certificates/", certificates.certificates, name="certificates"),
    # organisations and people
    path("organisations/new/", organisations.found, name="found"),
    path("organisations/<str:reference>/", organisations.organisation, name="organisation"),
    path("organisations/<str:reference>/edit/", organisations.edit, name="organisation_edit"),
    path("organisations/<str:reference>/people/", organisations.people, name="people"),
    path("organisations/<str:reference>/people/<int:pk>/remove/", organisations.remove, name="member_remove"),
    # AI systems and their declared uses
    path("systems/", systems.systems, name="systems"),
    path("systems/new/", systems.new, name="system_new"),
    path("systems/<str:reference>/", systems.system, name="system"),
    path("systems/<str:reference>/edit/", systems.edit, name="system_edit"),
    path("systems/<str:reference>/uses/new/", systems.use_new, name="use_new"),
    path("uses/<str:reference>/edit/", systems.use_edit, name="use_edit"),
    # facts, and the tier that they give
    path("uses/<str:reference>/", facts.tier, name="use"),
    path("uses/<str:reference>/facts/<str:group>/", facts.group, name="facts"),
    path("uses/<str:reference>/prohibited/", facts.stopped, name="stopped"),
    path("uses/<str:reference>/agree/", facts.agree, name="agree"),
    path("uses/<str:reference>/start/", facts.start, name="use_start"),
    # answering
    path("assessments/<str:reference>/", task_list.task_list, name="assessment"),
    path("assessments/<str:reference>/next/", task_list.next_unanswered, name="next"),
    path("assessments/<str:reference>/sections/<str:key>/", answering.section, name="section"),
    path("assessments/<str:reference>/sections/<str:key>/assign/", task_list.assign, name="assign"),
    path("assessments/<str:reference>/answers/<str:question>/", answering.answer, name="answer"),
    path("assessments/<str:reference>/returned/", returned.returned, name="returned"),
    # results
    path("assessments/<str:reference>/results/", results.results, name="results"),
    path("assessments/<str:reference>/results/<str:kind>/<path:key>/", results.detail, name="result"),
    # check, sign, and what the owner may do afterwards
    path("assessments/<str:reference>/check/", signing.check, name="check"),
    path("assessments/<str:reference>/sign/", signing.sign, name="sign"),
    path("assessments/<str:reference>/self-certify/", signing.self_certify, name="self_certify"),
    path("assessments/<str:reference>/declare-prohibited/", signing.declare_prohibited, name="declare_prohibited"),
    path("assessments/<str:reference>/recall/", signing.recall, name="recall"),
    path("assessments/<str:reference>/withdraw/", signing.withdraw, name="withdraw"),
    # review
    path("reviews/", reviews.queue, name="reviews"),
    path("reviews/<str:reference>/", reviews.overview, name="review"),
    path("reviews/<str:reference>/take/", reviews.take, name="take"),
    path("reviews/<str:reference>/facts/", reviews.facts, name="review_facts"),
    path("reviews/<str:reference>/sections/<str:key>/", reviews.section, name="review_section"),
    path("reviews/<str:reference>/marks/", reviews.mark, name="mark"),
    path("reviews/<str:reference>/holds/<int:pk>/", reviews.close_hold, name="close_hold"),
    path("reviews/<str:reference>/return/", reviews.send_back, name="send_back"),
    path("reviews/<str:reference>/approve/", reviews.approve, name="approve"),
    path("reviews/<str:reference>/refuse/", reviews.refuse, name="refuse"),
    # documents
    path("documents/<str:reference>/", documents.download, name="document"),
    path("documents/<str:reference>/state/", documents.state, name="document_state"),
]
