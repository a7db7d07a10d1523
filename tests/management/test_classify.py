"""manage.py classify: a file of declared uses in, their tiers out, with no database and no setting."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command

from tests.support.paths import DATA, ROOT

CASES = DATA / "cases.yaml"


def facts_of(case: str) -> dict[str, object]:
    """What the organisation of a worked case declared."""
    return next(one["facts"] for one in yaml.safe_load(CASES.read_text())["cases"] if one["id"] == case)


@pytest.fixture
def classify(tmp_path, source, monkeypatch):
    """Run the command on the text of a file; gives what it printed. The edition is read once for all tests."""
    monkeypatch.setattr("assessments.management.commands.classify.read_edition", lambda directory: source)

    def run(text: str, *options: str) -> str:
        file = tmp_path / "uses.yaml"
        file.write_text(text)
        out = StringIO()
        try:
            call_command("classify", file, *options, stdout=out)
        except CommandError:
            assert out.getvalue() == ""  # nothing is classified where anything is wrong
            raise
        return out.getvalue()

    return run


@pytest.fixture
def refused(classify, tmp_path):
    """Run the command on a file that is wrong; gives the lines of its message, without the folder."""

    def run(text: str) -> list[str]:
        with pytest.raises(CommandError) as error:
            classify(text)
        assert error.value.returncode == 2
        head, *lines = str(error.value).replace(f"{tmp_path}/", "").splitlines()
        assert head == "nothing was classified."
        return lines

    return run


@pytest.mark.long
def test_the_worked_cases_come_out_as_judged(classify):
    expected = {case["id"]: case["expected_tier"] for case in yaml.safe_load(CASES.read_text())["cases"]}
    results = json.loads(classify(CASES.read_text(), "--format", "json"))
    assert {result["id"]: result["assigned_tier"] for result in results} == expected


def test_json_says_everything_about_a_use(classify):
    facts = facts_of("game-concept-art") | {
        "lawful_exception_claimed": True,
        "employment_decisions": "unknown",
        "sector": "finance",  # accepted, and read by no rule
        "markets": ["hong_kong", "eu"],
        "takes_user_input": "unknown",
    }
    results = json.loads(classify(yaml.safe_dump({"cases": [{"id": "a", "facts": facts}]}), "--format=json"))
    higher = results[0]["counterfactuals"].pop("higher")
    assert results == [
        {
            "id": "a",
            "assigned_tier": "limited",
            "text_tier": None,
            "provisional": True,
            "waits_for": ["employment_decisions"],
            "holds": [{"kind": "exception_evidence", "facts": ["lawful_exception_claimed"]}],
            "rules": [
                {
                    "id": "L-WORK",
                    "tier": "limited",
                    "basis": "explicit",
                    "clause": "2.1.2/table-1",
                    "facts": ["employment_decisions"],
                },
                {
                    "id": "X-PLEA",
                    "tier": None,
                    "basis": "judgement",
                    "clause": "2.1.2",
                    "facts": ["lawful_exception_claimed", "illegal_purpose"],
                },
            ],
            "counterfactuals": {
                "lower": [{"fact": "employment_decisions", "from": "unknown", "to": False, "tier": "low"}],
                "together": [],
            },
        }
    ]
    assert {"fact": "safety_component", "from": False, "to": True, "tier": "high"} in higher


def test_a_rule_without_a_clause_has_none_and_several_are_joined(classify):
    (result,) = json.loads(classify("cases: [{id: a, facts: {}}]", "--format=json"))
    clauses = {rule["id"]: rule["clause"] for rule in result["rules"]}
    assert clauses["H-OPEN"] is None
    assert clauses["H-HEALTH"] == "2.1.2/table-1; A2.2.2/healthcare"


def test_the_table_is_for_a_person(classify):
    printed = classify(CASES.read_text()).splitlines()
    assert printed[0].split("  ")[0] == "use"
    assert len(printed) == 2 + 15
    assert printed[2].split() == ["budget-airline-chat", "Limited", "not", "stated", "final", "L-REACH,", "L-PUBLIC"]


def test_the_table_names_what_a_use_waits_for_and_what_holds_it(classify):
    printed = classify("cases: [{id: a, facts: {}}]").splitlines()
    assert printed[2].split()[:5] == ["a", "High", "not", "stated", "provisional,"]
    assert printed[3].startswith("    answers still needed: causes_or_enables_physical_harm, ")
    assert "    hold, legal review: exploits_vulnerable_groups" in printed
    assert max(len(line) for line in printed[3:]) <= 116


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ("favourite_colour: blue", "favourite_colour: is not a fact in hk-genai-1.1; correct or remove it"),
        ("1: true", "1: is not a fact in hk-genai-1.1; correct or remove it"),
        (
            "decision_autonomy: always",
            "decision_autonomy: always is not a possible value of this fact; write one of advisory, human_approves, ",
        ),
        (
            'public_facing: "yes"',
            'public_facing: "yes" is not a possible value of this fact; write one of true, false, unknown',
        ),
        (
            'public_facing: "true"',
            'public_facing: "true" is not a possible value of this fact; write one of true, false, unknown',
        ),
        (
            "public_facing: 1",
            "public_facing: 1 is not a possible value of this fact; write one of true, false, unknown",
        ),
        (
            "public_facing:",
            "public_facing: null is not a possible value of this fact; write one of true, false, unknown",
        ),
        (
            "public_facing: [true]",
            "public_facing: [true] is not a possible value of this fact; write one of true, false, unknown",
        ),
        ("sector: unknown", "sector: unknown is not a possible value of this fact; write one of none, finance, "),
        ("high_risk_content: []", "high_risk_content: write at least one answer"),
        ("high_risk_content: [none, deepfake]", "high_risk_content: none cannot be combined with other answers"),
        (
            "modalities: [text, smell]",
            "modalities: smell is not a possible value of this fact; write one of text, image, ",
        ),
        ("modalities: unknown", "modalities: unknown is not a possible value of this fact; write one of text, image, "),
    ],
)
def test_an_unknown_fact_or_answer_names_file_case_and_key(refused, facts, fault):
    (line,) = refused(f"cases:\n- id: a\n  facts:\n    {facts}\n")
    assert line.startswith(f"uses.yaml: case a: {fault}")


def test_every_fault_is_named_at_once(refused):
    text = (
        "cases: [{id: a, facts: {colour: blue, sector: mining}}, {facts: {}}, {id: b, facts: []}, {id: a, facts: {}}]"
    )
    assert [line.rsplit(": ", 1)[0] for line in refused(text)] == [
        "uses.yaml: case 2: id",
        "uses.yaml: case a: id",
        "uses.yaml: case a: colour",
        "uses.yaml: case a: sector",
        "uses.yaml: case b: facts",
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "uses.yaml: cases: write a list of declared uses, each with an id and facts"),
        ("cases: {a: b}", "uses.yaml: cases: write a list of declared uses, each with an id and facts"),
        (
            "cases:\n- id: a\n  facts:\n    illegal_purpose: true\n    illegal_purpose: false\n",
            "uses.yaml:5: the key illegal_purpose is used twice; keep only one of them",
        ),
        ("cases: [a]", "uses.yaml: case 1: id: write a name for this case, such as booking-chatbot"),
    ],
)
def test_a_malformed_file_is_refused(refused, text, line):
    assert refused(text) == [line]


def test_what_is_no_yaml_is_refused_with_its_line(refused):
    (line,) = refused("cases: it is: not yaml")
    assert line.startswith("uses.yaml:1: mapping values are not allowed")


@pytest.mark.long
def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CommandError, match="No such file") as error:
        call_command("classify", tmp_path / "nowhere.yaml")
    assert error.value.returncode == 2


def test_other_keys_and_what_yaml_allows_are_accepted(classify):
    text = """
common: &mild {causes_or_enables_physical_harm: false, illegal_purpose: false}
cases:
- id: a
  title: 1.5
  signed: 2026-11-23
  facts: {<<: *mild, illegal_purpose: true, lawful_exception_claimed: false}
"""
    (result,) = json.loads(classify(text, "--format=json"))
    assert result["assigned_tier"] == "unacceptable"


def run_by_itself(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run manage.py as on a fresh machine: no setting of ours."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("HKGUIDE_", "DJANGO_"))}
    command = [sys.executable, ROOT / "manage.py", "classify", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.long
def test_the_command_runs_by_itself_without_a_setting(tmp_path):
    done = run_by_itself(CASES, "--format", "json", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(json.loads(done.stdout)) == 15


@pytest.mark.long
def test_a_fault_ends_the_command_with_status_2_and_nothing_on_stdout(tmp_path):
    (tmp_path / "uses.yaml").write_text("cases: [{id: a, facts: {sector: mining}}]")
    done = run_by_itself("uses.yaml", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "uses.yaml: case a: sector: mining is not a possible value of this fact" in done.stderr
