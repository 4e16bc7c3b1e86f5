"""A bundle of evidence proves itself, by Python's standard library alone, and every change of it is found."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.audit.offline import GENESIS, entry_hash
from connector.report.evidence.bundle import About, Bundle
from connector.report.evidence.verify import Folder, Zip, faults, main

MADE = datetime(2026, 3, 31, 12, tzinfo=UTC)
ABOUT = (About("bank", "2026-03-31T11:00:00Z", True, (), "sr-26-2", {"high": 2}),)


def trail(number: int = 3) -> tuple[list[str], str]:
    lines, previous = [], GENESIS
    for sequence in range(1, number + 1):
        members = {"sequence": sequence, "previous": previous, "action": "link"}
        previous = entry_hash(members)
        lines.append(json.dumps(members | {"hash": previous}))
    return lines, f"{number}:{previous}"


def make(path: Path, note: str = "fine") -> tuple[str, str]:
    """A bundle at ``path``; the digest of its manifest and the end of its trail."""
    lines, head = trail()
    with path.open("wb") as stream:
        bundle = Bundle(stream, MADE)
        with bundle.text("audit.jsonl", "the audit trail") as out:
            out.write("\n".join(lines) + "\n")
        with bundle.text("bank/findings.csv", "what the controls found") as out:
            out.write(f"{note}\n\ud800")
        with bundle.binary("bank/inventory.xlsx", "the inventory") as out:
            out.write(b"\x00\x01")
        return bundle.close(ABOUT, head, "abc"), head


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    make(tmp_path / "evidence.zip")
    return tmp_path / "evidence.zip"


def unpacked(path: Path) -> Path:
    folder = path.parent / "unpacked"
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return folder


def changed(path: Path, name: str, content: bytes | None, *, add: bool = False) -> Path:
    """The bundle with one file of it replaced, left out or added."""
    made = path.with_name("changed.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(made, "w") as new:
        for each in old.infolist():
            if each.filename != name or add:
                new.writestr(each, old.read(each))
        if content is not None:
            new.writestr(name, content)
    return made


def found(path: Path, **kept: str) -> list[str]:
    return list(faults(Zip(path), **kept))


def test_a_bundle_holds_zipped_and_unpacked(bundle: Path) -> None:
    assert found(bundle) == []
    assert list(faults(Folder(unpacked(bundle)))) == []


def test_the_same_content_gives_the_same_bundle(tmp_path: Path) -> None:
    first, second = (make(tmp_path / name) for name in ("a.zip", "b.zip"))
    assert first == second
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_an_examiner_needs_python_and_nothing_else(bundle: Path) -> None:
    folder = unpacked(bundle)
    command = [sys.executable, "-I", "-S", "verify.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "All files are as the manifest says" in done.stdout
    assert "Nothing kept elsewhere was compared" in done.stdout
    assert list(faults(Folder(folder))) == [], "checking left something behind"
    (folder / "bank" / "findings.csv").write_text("nothing", encoding="utf-8")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "WRONG: bank/findings.csv was changed.\n")


NAMES = ("audit.jsonl", "bank/findings.csv", "bank/inventory.xlsx", "verify.py", "offline.py", "README.txt")


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_or_missing_file_is_found(bundle: Path, name: str) -> None:
    with zipfile.ZipFile(bundle) as archive:
        content = archive.read(name)
    assert f"{name} was changed" in found(changed(bundle, name, content + b"\n"))
    assert f"{name} is missing" in found(changed(bundle, name, None))


def test_a_program_that_was_not_in_the_bundle_is_not_run(bundle: Path, tmp_path: Path) -> None:
    """An examiner who checks with a verify.py from elsewhere runs the bundle's offline.py too."""
    ran = tmp_path / "ran"
    planted = f"open({str(ran)!r}, 'w').close()\n".encode()
    changed_one, unchecked = found(changed(bundle, "offline.py", planted))
    assert changed_one == "offline.py was changed"
    assert "was not checked" in unchecked
    assert not ran.exists()
    anew = bundle.with_name("anew.zip")
    with zipfile.ZipFile(changed(bundle, "offline.py", planted)) as old, zipfile.ZipFile(anew, "w") as new:
        manifest = json.loads(old.read("manifest.json"))
        manifest["files"]["offline.py"]["sha256"] = hashlib.sha256(planted).hexdigest()
        for each in old.infolist():
            new.writestr(each, json.dumps(manifest) if each.filename == "manifest.json" else old.read(each))
    faults_of_anew = found(anew, manifest=hashlib.sha256(b"the true one").hexdigest())
    assert ["made anew" in faults_of_anew[0], "was not checked" in faults_of_anew[1]] == [True, True]
    assert not ran.exists()


def test_an_added_or_doubled_file_is_found(bundle: Path) -> None:
    assert found(changed(bundle, "bank/more.csv", b"x")) == ["bank/more.csv was added"]
    with pytest.warns(UserWarning, match="Duplicate"):
        doubled = changed(bundle, "README.txt", b"x", add=True)
    assert "README.txt is there more than once" in found(doubled)


def test_a_bundle_made_anew_is_found_by_what_was_kept(tmp_path: Path) -> None:
    digest, head = make(tmp_path / "true.zip")
    make(tmp_path / "forged.zip", note="forged")
    assert found(tmp_path / "true.zip", manifest=digest, head=head) == []
    assert found(tmp_path / "forged.zip") == []
    anew, unchecked = found(tmp_path / "forged.zip", manifest=digest)
    assert "made anew" in anew
    assert "was not checked" in unchecked
    (fault,) = found(tmp_path / "true.zip", head=f"3:{'0' * 64}")
    assert "rewritten" in fault
    (fault,) = found(tmp_path / "true.zip", head="nonsense")
    assert "SEQUENCE:HASH" in fault


def test_a_trail_that_was_cut_or_changed_is_found(tmp_path: Path) -> None:
    lines, head = trail()
    for content, words in ((lines[:2], "and the manifest says"), ([lines[0], lines[2]], "removed")):
        with (tmp_path / "cut.zip").open("wb") as stream:
            bundle = Bundle(stream, MADE)
            with bundle.text("audit.jsonl", "") as out:
                out.write("\n".join(content))
            bundle.close(ABOUT, head, "abc")
        (fault,) = found(tmp_path / "cut.zip")
        assert words in fault


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"files": 3}', b"\xff", b'{"files": {"a": 1}, "format": ""}'])
def test_a_manifest_that_is_none(bundle: Path, content: bytes) -> None:
    assert found(changed(bundle, "manifest.json", content)) == ["manifest.json cannot be read"]
    assert found(changed(bundle, "manifest.json", None))[0].startswith("manifest.json is missing")


def test_a_manifest_of_another_format(bundle: Path) -> None:
    (fault,) = found(changed(bundle, "manifest.json", b'{"files": {}, "format": "other"}'))
    assert "another format" in fault


def test_what_is_no_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.zip").write_bytes(b"no zip")
    assert main([str(tmp_path / "x.zip")]) == 1
    assert main([str(tmp_path / "none.zip")]) == 1
    assert main([str(tmp_path)]) == 1
    assert "no bundle of evidence" in capsys.readouterr().out


def test_the_manifest_says_what_it_is(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        told = json.loads(archive.read("manifest.json"))
        read_me = archive.read("README.txt").decode()
        assert archive.testzip() is None
        assert {each.date_time for each in archive.infolist()} == {(2026, 3, 31, 12, 0, 0)}
    assert told["connections"][0]["profile"] == "sr-26-2"
    assert told["configuration"] == "abc"
    assert "bank/findings.csv: what the controls found" in read_me


def test_a_stream_is_enough() -> None:
    stream = io.BytesIO()
    Bundle(stream, MADE).close((), f"0:{GENESIS}", "")
    assert stream.getvalue()[:2] == b"PK"
