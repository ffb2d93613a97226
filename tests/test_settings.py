import pytest

from fairal import settings
from fairal.errors import InputError


@pytest.mark.parametrize(
    ("name", "read", "wrong"),
    [
        ("FAIRAL_WORKERS", settings.workers, ["many", "0", "65", "²", "-1", "1e3", "9" * 5000]),
        ("FAIRAL_THREADS", settings.threads, ["two", "257", "٣"]),
        ("FAIRAL_CACHE_GB", settings.cache_bytes, ["much", "nan", "-1", "inf", "1e400"]),
        ("FAIRAL_WARM", settings.warm, ["yes", "2"]),
        ("FAIRAL_ALLOWED_EMAILS", settings.allowed_emails, ["alice", "a@b", "a@b.org,,", "@", "*", "a b@c.org"]),
    ],
)
def test_a_wrong_value_is_a_sentence_that_names_it(monkeypatch, name, read, wrong):
    for value in wrong:
        monkeypatch.setenv(name, value)
        with pytest.raises(InputError, match=f"{name} must be .*, got '"):
            read()


def test_the_home_of_nobody_is_a_sentence(monkeypatch):
    monkeypatch.setenv("FAIRAL_HOME", "~nobody-of-that-name/x")
    with pytest.raises(InputError, match=r"FAIRAL_HOME must be a folder, got '~nobody-of-that-name/x'"):
        settings.home()


def test_what_is_not_set_or_empty_has_its_default(monkeypatch):
    for value in (None, ""):
        for name in ("FAIRAL_HOME", "FAIRAL_WORKERS", "FAIRAL_THREADS", "FAIRAL_CACHE_GB", "FAIRAL_WARM"):
            monkeypatch.delenv(name, raising=False)
            if value is not None:
                monkeypatch.setenv(name, value)
        assert (settings.home(), settings.workers(), settings.threads()) == (None, None, None)
        assert (settings.cache_bytes(), settings.warm()) == (5_000_000_000, True)


def test_what_is_set_is_read_on_use(monkeypatch):
    monkeypatch.setenv("FAIRAL_CACHE_GB", "0.5")
    assert settings.cache_bytes() == 500_000_000
    monkeypatch.setenv("FAIRAL_ALLOWED_EMAILS", "Alice@Example.org, @uni.example.org")
    assert settings.allowed_emails() == {"alice@example.org", "@uni.example.org"}
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0, 2,-1")
    assert settings.visible_gpus() == ["0", "2"]


def test_every_command_says_a_wrong_environment_in_a_sentence(monkeypatch, tmp_path):
    import subprocess
    import sys

    environment = {"FAIRAL_CACHE_GB": "much", "FAIRAL_HOME": str(tmp_path / "home"), "PATH": "/usr/bin"}
    command = [sys.executable, "-m", "fairal", "doctor", "--no-fit"]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.strip() == "fairal: FAIRAL_CACHE_GB must be a number of gigabytes in 0..1000000, got 'much'."
