"""No bundle from outside does harm: it is refused with one sentence, in little memory, and nothing of it stays."""

import os
import re
import tracemalloc

import pytest
from hostile_bundles import CASES
from kept import sealed, write

from fairal.errors import InputError
from fairal.runs.library import readers


def test_the_corpus_holds_more_than_sixty_files():
    assert len(CASES) > 60


def test_a_sound_bundle_put_together_again_is_added(store, members, tmp_path):
    assert readers(store).add(write(tmp_path / "x.fairal.zip", sealed(members))).manifest.name == "smoke"


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("kind", CASES)
def test_a_hostile_bundle_is_refused_with_its_sentence(store, members, tmp_path, kind):
    path = tmp_path / "x.fairal.zip"
    make, expected = CASES[kind]
    make(path, members)
    tracemalloc.start()
    with pytest.raises(InputError) as refused:
        readers(store).add(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    text = str(refused.value)
    assert re.search(expected, text), text
    assert text.startswith(f"{path} is not added: ")
    assert text.endswith(".")
    assert text.isprintable()
    assert peak < 40e6
    assert not store.bundles_dir.exists()
    assert sorted(os.listdir(tmp_path)) == ["home", "x.fairal.zip"]


def test_a_pipe_and_a_folder_are_no_bundles(store, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "none"):
        with pytest.raises(InputError, match="is not added: there is no such file"):
            readers(store).add(path)
