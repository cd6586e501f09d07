import gzip

import pytest

from accesslog.cli import main, read_ignored, read_log


def test_a_log_is_summarized(log, capsys):
    assert main([str(log)]) == 0
    assert "requests   600" in capsys.readouterr().out


def test_several_logs_add_up(log, tmp_path, capsys):
    packed = tmp_path / "access.log.1.gz"
    packed.write_bytes(gzip.compress(log.read_bytes()))
    assert main([str(log), str(packed), "--top", "1"]) == 0
    assert "requests   1200" in capsys.readouterr().out


def test_paths_are_ignored(log, tmp_path, capsys):
    names = tmp_path / "ignored.txt"
    names.write_text("# machines\nrobots.txt\n\n/favicon.ico  # browsers ask for it\n")
    assert (
        main([str(log), "--ignore", "/", "--ignore-from", str(names), "--format", "markdown"]) == 0
    )
    assert "| requests | 600 |" not in capsys.readouterr().out


def test_ignored_paths_are_read(tmp_path):
    names = tmp_path / "ignored.txt"
    names.write_text("".join(f"/old/{number}  # gone\n" for number in range(50)))
    assert read_ignored(str(names)) == [f"/old/{number}" for number in range(50)]
    names.write_text("/ok\n/b\x07d\n")
    with pytest.raises(ValueError, match="not a path"):
        read_ignored(str(names))


def test_a_missing_log(tmp_path, capsys):
    assert main([str(tmp_path / "none.log")]) == 1
    assert "none.log" in capsys.readouterr().err


def test_a_malformed_line(log, capsys):
    with log.open("a") as stream:
        stream.write("garbage\n")
    assert len(read_log(str(log))) == 600
    assert main([str(log), "--strict"]) == 1
    assert "garbage" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["x", "--format", "html"], ["x", "--top", "ten"]])
def test_wrong_usage(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
