"""Tables of any program are read; what cannot be is refused with one sentence that says what to do."""

from __future__ import annotations

import json

import pytest

from SynthTrustLib.errors import InputError
from SynthTrustLib.table_file import path_in_table, read_table_file

ROWS = ((2, {"id": "A", "flair": "a b/flair.nii.gz"}), (3, {"id": "Müller"}))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("id,flair\nA,a b/flair.nii.gz\nMüller,\n", "utf-8"),
        ("ID , Flair \r\n A,a b/flair.nii.gz \r\nMüller\r\n", "utf-8-sig"),
        ("id;flair\nA;a b/flair.nii.gz\nMüller;\n;\n;;;\n\n", "utf-8"),
        ("id\tflair\nA\ta b/flair.nii.gz\nMüller\t\n", "utf-16"),
        ('"id","flair"\n"A","a b/flair.nii.gz"\n"Müller",""\n', "utf-8"),
    ],
    ids=["commas", "spaces and a mark", "empty rows of a spreadsheet", "tabs in UTF-16", "quotes"],
)
def test_a_table_is_read_however_it_was_saved(tmp_path, text, encoding):
    (tmp_path / "t.csv").write_bytes(text.encode(encoding))
    table = read_table_file(tmp_path / "t.csv")
    assert table.columns == ("id", "flair") and table.rows == ROWS


def test_a_first_line_may_tell_the_delimiter_and_lines_are_counted_as_an_editor_does(tmp_path):
    (tmp_path / "t.csv").write_text('sep=;\r\nid;note\r\n\r\nA;"two\nlines, one; cell"\r\nB;\r\n', newline="")
    table = read_table_file(tmp_path / "t.csv")
    assert table.rows == ((5, {"id": "A", "note": "two\nlines, one; cell"}), (6, {"id": "B"}))


def test_a_list_of_objects_is_a_table_too(tmp_path):
    rows = [{"ID": 1, " Flair ": "a.nii", "label": None}, {}, {"id": "B", "t1": False, "label": " b "}]
    (tmp_path / "t.JSON").write_text(json.dumps(rows))
    table = read_table_file(tmp_path / "t.JSON")
    assert table.columns == ("id", "flair", "label", "t1") and table.place == "object"
    assert table.rows == ((1, {"id": "1", "flair": "a.nii"}), (3, {"id": "B", "label": "b"}))


@pytest.mark.parametrize("text", ['{"id": "a"}', '["a", "b"]', "7", "[", "null", "[" * 100_000, '[{"id": 1, "ID": 2}]'])
def test_json_that_is_no_list_of_cases_gets_one_sentence(tmp_path, text):
    (tmp_path / "t.json").write_text(text)
    says = "t.json: (the table cannot be read as JSON|it is no list of objects|two of its columns are called 'id')"
    with pytest.raises(InputError, match=says):
        read_table_file(tmp_path / "t.json")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("id,flair,FLAIR\n1,2,3\n", "two of its columns are called 'flair'"),
        ("id,flair\n1,2,3\n", "line 2 has more cells"),
        ("id,flair\nMüller,\n".encode("cp1252"), "letters that are not in UTF-8. Save it as CSV in UTF-8"),
        (b"PK\x03\x04\x14\0", "a workbook of a spreadsheet program"),
        ("id,flair\n1," + "x" * 200_000, "cannot be read"),
    ],
    ids=["twice", "too many cells", "another encoding", "workbook", "endless cell"],
)
def test_a_table_that_cannot_be_read_gets_one_sentence(tmp_path, content, says):
    (tmp_path / "t.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputError, match=says):
        read_table_file(tmp_path / "t.csv")


def test_a_table_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be opened"):
        read_table_file(tmp_path / "t.csv")


def test_a_path_of_windows_is_found_where_nothing_else_has_its_name(tmp_path):
    (tmp_path / "A").mkdir()
    (tmp_path / "A" / "t1.nii").touch()
    assert path_in_table(tmp_path / "t.csv", r"A\t1.nii") == tmp_path / "A" / "t1.nii"
    assert path_in_table(tmp_path / "t.csv", "A/t2.nii") == tmp_path / "A" / "t2.nii"
