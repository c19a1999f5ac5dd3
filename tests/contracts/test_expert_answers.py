"""What an expert fills in is read as a spreadsheet program saves it, and what is asked next keeps its form."""

import pytest

from workflow_scripts.contracts.expert_answers import answers_digest, ask, read_answers
from workflow_scripts.runtime.errors import UserError


@pytest.mark.parametrize(
    "data",
    ["id,label\nä1,hoch\nb,\n".encode(),
     "\ufeffid;label\r\nä1;hoch\r\nb;\r\n".encode(),
     "id;label\r\nä1;hoch\r\nb;\r\n".encode("cp1252"),
     "id\tlabel\r\nä1\thoch\r\nb\t\r\n".encode("utf-16")],
)  # fmt: skip
def test_answers_are_read_as_a_spreadsheet_program_saves_them(tmp_path, data):
    path, plain = tmp_path / "labels.csv", tmp_path / "plain.csv"
    path.write_bytes(data)
    plain.write_text("id,label\nä1,hoch\n", encoding="utf-8")
    assert read_answers(path) == {"ä1": "hoch", "b": ""}
    assert answers_digest(path) == answers_digest(plain)


def test_what_is_asked_next_is_added_in_the_form_that_the_file_has(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("id;note;label\nä1;0,5;hoch\n", encoding="utf-8")
    ask(path, ["ä1", "b"])
    assert path.read_text(encoding="utf-8") == "id;note;label\nä1;0,5;hoch\nb;;\n"


@pytest.mark.parametrize("text", ["id,label\na,x\n\n\na,y\n", "id,label\n\na,x\n\nb\n"])
def test_a_row_is_named_as_a_person_counts_it_empty_lines_included(tmp_path, text):
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"labels\.csv, row 5: "):
        read_answers(path)
