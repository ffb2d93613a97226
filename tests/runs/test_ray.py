"""Two nodes on one machine: what a cluster gives is what one machine gives, whatever is killed meanwhile."""

import os
import pickle
import re
import secrets
import signal
import socket
import sys
import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from cohort.folder.scans import bids
from test_worker import facts, kill, wait_until
from tiny import tiny_config, tiny_record, work_off
from typer.testing import CliRunner

from fairal.cli import app
from fairal.cohort.folder.collection import Collections
from fairal.cohort.folder.importing import import_folder
from fairal.cohort.folder.source import FolderSource, look_at
from fairal.cohort.folder.wishes import Wishes
from fairal.config import Arm, parse_experiment
from fairal.errors import InputError, RunError
from fairal.facts.record import Pick
from fairal.learner.fit import FIT_FILES, load_files
from fairal.loop.job import ask
from fairal.loop.task import Task, next_task
from fairal.runs import control
from fairal.runs.crews.engine import crew_of
from fairal.runs.crews.local import LocalCrew
from fairal.runs.crews.ray import SAID, RayCrew, start_foreman
from fairal.runs.crews.ray_join import answers, host_port
from fairal.runs.launch import launch
from fairal.runs.life import FOREMAN
from fairal.runs.locks import Lost, is_locked, try_lock
from fairal.runs.shelf import find, place
from fairal.runs.standing import live_workers
from fairal.runs.store import Store
from fairal.seals import seal_files

needs_ray = pytest.mark.skipif(
    find_spec("ray") is None or sys.platform != "linux", reason="needs Linux, and Ray: pip install 'fairal[ray]'"
)
QUICK_TO_NOTICE = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 500, "health_check_timeout_ms": 1000,
                   "health_check_failure_threshold": 2}  # fmt: skip


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Whatever Ray reads when it is loaded: a token of this cluster's own, and nothing that is told to anybody."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("FAIRAL_NODE_DIR", str(tmp_path_factory.mktemp("node")))
        yield


@pytest.fixture(scope="module")
def cluster(environment):
    from ray.cluster_utils import Cluster

    cluster, here = Cluster(), {"num_cpus": 1, "node_ip_address": "127.0.0.1"}
    try:
        cluster.add_node(**here, include_dashboard=False, _system_config=QUICK_TO_NOTICE)
        cluster.add_node(**here)
        yield cluster
    finally:
        cluster.shutdown()


@pytest.fixture(scope="module")
def engine(cluster) -> str:
    return f"ray://{cluster.address}"


@pytest.fixture(scope="module")
def led(engine, tmp_path_factory):
    """A home, and a foreman that lingers: each that is started makes the nodes load everything anew."""
    led = Led(Store(tmp_path_factory.mktemp("ray") / "home"), engine)
    yield led
    if led.foreman is not None and led.foreman.poll() is None:
        kill(led.foreman)


class Led:
    def __init__(self, store: Store, engine: str) -> None:
        self.store, self.engine, self.foreman = store, engine, None

    def start(self):
        if self.foreman is None or self.foreman.poll() is not None:
            self.foreman = start_foreman(self.store, self.engine, linger_seconds=300)
        return self.foreman


def titles(raylet: int) -> set[str]:
    """What the processes of a node are doing: Ray names each after its task."""
    children = Path(f"/proc/{raylet}/task/{raylet}/children").read_text().split()
    return {Path(f"/proc/{child}/cmdline").read_text().strip("\0 ") for child in children}


@needs_ray
def test_what_is_killed_goes_on_with_the_records_of_one_machine(cluster, led, tmp_path):
    store = led.store
    config = tiny_config(strategies=["random", "weighted_entropy"], learner={"steps": 100, "channels": [8, 16]})
    experiment, _ = store.create(config)
    keys = store.runs(experiment)
    foreman = led.start()
    [other] = cluster.worker_nodes
    raylet = other.all_processes["raylet"][0].process.pid
    tasks = {"ray::train", "ray::play", "ray::train_and_play"}
    wait_until(lambda: tasks & titles(raylet), 120, "work on the second node")
    committed = sum(len(store.rounds(key)) for key in keys)
    os.kill(raylet, signal.SIGKILL)
    wait_until(lambda: sum(len(store.rounds(key)) for key in keys) > committed, 120, "a round after the node's end")
    kill(foreman)
    assert not is_locked(store.worker_lock(FOREMAN))
    led.start()
    wait_until(lambda: [store.state(key).state for key in keys] == ["done", "done"], 120, "the end")

    straight = Store(tmp_path / "straight")
    expected, _ = straight.create(config)
    work_off(straight)
    assert [facts(store, key) for key in keys] == [facts(straight, key) for key in straight.runs(expected)]
    names = straight.kept_subjects(expected, 0)
    assert store.kept_subjects(experiment, 0) == names
    assert all((store.volumes(key, 2).probability.keys() <= names) for key in keys)


@needs_ray
def test_a_real_head_answers(cluster, monkeypatch):
    monkeypatch.setattr("fairal.runs.crews.ray_join.PROBE_SECONDS", 5.0)
    assert answers(*host_port(cluster.address))


@needs_ray
def test_a_wrong_token_is_a_sentence(cluster, store, environment, monkeypatch):
    monkeypatch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
    engine = f"ray://{cluster.address}"
    store.create(tiny_config())
    assert start_foreman(store, engine).wait(timeout=60) == 1
    assert "token" in RayCrew(engine).why_none(store)
    assert "Traceback" not in store.worker_log(FOREMAN).read_text()


@needs_ray
def test_cancel_failure_and_the_end_of_the_cluster_look_as_on_one_machine(cluster, led):
    store, engine = led.store, led.engine
    bad, _ = store.create(tiny_config(strategies=["random"], learner={"learning_rate": 1e6, "steps": 40}))
    long, _ = store.create(tiny_config(strategies=["random", "entropy"], learner={"steps": 5000}))
    failing, [first, second] = store.runs(bad)[0], store.runs(long)
    foreman = led.start()
    wait_until(lambda: store.state(failing).state == "failed", 120, "the run that fails")
    assert "stopped being finite" in store.state(failing).reason
    assert "Traceback" not in store.log_tail(failing)

    wait_until(lambda: store.state(first).part == store.state(second).part == "fit", 120, "training")
    control.cancel(store, first)
    wait_until(lambda: store.state(first).state == "cancelled", 3.0, "the cancelled run")
    assert store.state(second).state == "running"  # it needs the same fit, which is trained once

    cluster.shutdown()
    assert foreman.wait(timeout=60) != 0
    assert store.shown_state(second, store.state(second)) in ("running", "interrupted")
    said = RayCrew(engine).why_none(store)
    assert said.startswith(f"No Ray cluster answers at {engine.removeprefix('ray://')}; start it")
    assert "`fairal resume` goes on" in said


@needs_ray
def test_no_cluster_is_a_sentence(store, environment):
    store.create(tiny_config())
    assert start_foreman(store, "ray://127.0.0.1:1").wait(timeout=60) == 1
    assert RayCrew("ray").why_none(store).startswith("No Ray cluster answers at 127.0.0.1:1; start it")


@needs_ray
def test_an_open_cluster_is_refused(environment, monkeypatch):
    from fairal.runs.crews.ray_cluster import Cluster

    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    with pytest.raises(InputError, match="RAY_AUTH_MODE must be token, got 'disabled'"):
        Cluster("ray")


@needs_ray
@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("AuthenticationError", "There is no token for the Ray cluster here; put it into RAY_AUTH_TOKEN"),
        ("ConnectionError", "The Ray cluster at 127.0.0.1:1 does not let us in: its token is another than the one"),
    ],
)
def test_a_token_that_is_missing_or_wrong_is_a_sentence(environment, monkeypatch, error, sentence):
    """With Ray's own errors; a real cluster with another token is above."""
    import ray

    from fairal.runs.crews import ray_join

    def init(**_):
        if error == "ConnectionError":
            raise ConnectionError("Failed to connect to Ray cluster at 127.0.0.1:1.")
        raise ray.exceptions.AuthenticationError(
            "Token authentication is enabled but no authentication token was found."
        )

    monkeypatch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    monkeypatch.setenv("RAY_task_oom_retries", "1")
    monkeypatch.setenv("RAY_NUM_REDIS_GET_RETRIES", "4")
    monkeypatch.setattr(ray_join, "answers", lambda *_: True)
    monkeypatch.setattr(ray, "init", init)
    with pytest.raises(RunError, match=re.escape(sentence)):
        ray_join.join("127.0.0.1:1", 1)


@needs_ray
def test_a_ray_that_knows_no_tokens_is_refused(environment, monkeypatch):
    import ray

    from fairal.runs.crews import ray_join

    for name in ("AUTH_TOKEN", "ENABLE_WINDOWS_OR_OSX_CLUSTER", "task_oom_retries", "NUM_REDIS_GET_RETRIES"):
        monkeypatch.setenv(f"RAY_{name}", "0")  # put back afterwards
    monkeypatch.setattr(ray, "__version__", "2.51.1")
    with pytest.raises(InputError, match=r"Ray 2\.51\.1 knows no tokens; 2\.52 or newer"):
        ray_join.join(None, 1)


@pytest.mark.parametrize("engine", ["ray://127.0.0.1:0", "ray://head:65536", "ray://head:99999"])
def test_a_port_that_cannot_be_is_refused(monkeypatch, engine):
    monkeypatch.setattr("fairal.runs.crews.ray.find_spec", lambda name: name)
    with pytest.raises(InputError, match=rf"--on must be ray://HOST:PORT with a port in 1\.\.65535, got '{engine}'"):
        crew_of(engine)


@contextmanager
def listener(says: bytes):
    """Somebody at a port of this machine who says this to whoever comes, and then nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        came = []

        def serve() -> None:
            with suppress(OSError):
                while True:
                    came.append(server.accept()[0])
                    came[-1].sendall(says)

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield f"ray://127.0.0.1:{server.getsockname()[1]}"
        finally:
            for each in came:
                each.close()


@pytest.mark.parametrize("says", [b"", b"\0\0", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n"])
def test_whoever_listens_and_is_no_cluster_is_named_at_once_and_nothing_is_queued(store, monkeypatch, says):
    monkeypatch.setattr("fairal.runs.crews.ray.find_spec", lambda name: name)
    monkeypatch.setattr("fairal.runs.crews.ray_join.PROBE_SECONDS", 0.3)
    monkeypatch.setattr("fairal.runs.crews.ray.start_foreman", lambda *_: pytest.fail("a foreman was started"))
    experiment, _ = store.create(tiny_config())
    key = store.runs(experiment)[0]
    control.cancel(store, key)
    with listener(says) as engine:
        address = engine.removeprefix("ray://")
        began = time.monotonic()
        with pytest.raises(RunError, match=f"No Ray cluster answers at {address}, so nothing was queued"):
            launch(store, [tiny_config()], crew=crew_of(engine), confirmed=True)
        assert time.monotonic() - began < 3
        ran = CliRunner().invoke(app, ["resume", experiment, "--on", engine, "--home", str(store.home)])
        assert isinstance(ran.exception, RunError)
    assert store.experiments() == [experiment]
    assert store.state(key).state == "cancelled"


def test_whoever_begins_as_a_head_does_is_launched_upon(store, monkeypatch):
    started = []
    monkeypatch.setattr("fairal.runs.crews.ray.find_spec", lambda name: name)
    monkeypatch.setattr(
        "fairal.runs.crews.ray.start_foreman", lambda store, engine, _: started.append(engine) or Gone()
    )
    with listener(bytes([0, 0, 24, 4, 0, 0, 0, 0, 0])) as engine:
        [experiment] = launch(store, [tiny_config()], crew=crew_of(engine), confirmed=True)
    assert (store.experiments(), started) == ([experiment], [engine])


class Gone:
    """A process that has ended."""

    def poll(self) -> int:
        return 0


def test_the_engine_is_chosen_by_name(monkeypatch):
    monkeypatch.setattr("fairal.runs.crews.ray.find_spec", lambda name: name)
    monkeypatch.delenv("FAIRAL_ENGINE", raising=False)
    assert isinstance(crew_of(), LocalCrew)
    monkeypatch.setenv("FAIRAL_ENGINE", "ray")
    assert crew_of().engine == "ray"
    assert isinstance(crew_of("local"), LocalCrew)
    with pytest.raises(InputError, match=r"--on must be local, ray or ray://HOST:PORT, got 'spark'"):
        crew_of("spark")
    monkeypatch.setattr("fairal.runs.crews.ray.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"'ray' needs Ray: pip install 'fairal\[ray\]'"):
        crew_of()


@pytest.fixture
def started(monkeypatch):
    """Foremen that end at once with the code in `codes`, and say so in their log."""
    started, codes = [], []

    def start(store, *about):
        store.worker_log(FOREMAN).write_text(f"{SAID}No Ray cluster would have me.\nand Ray has the last word\n")
        started.append((store, *about))
        return SimpleNamespace(poll=lambda: codes[-1] if codes else None)

    monkeypatch.setattr("fairal.runs.crews.ray.find_spec", lambda name: name)
    monkeypatch.setattr("fairal.runs.crews.ray.start_foreman", start)
    return started, codes


def test_a_foreman_starts_where_there_is_work_and_none_is_there(store, started):
    crew = RayCrew("ray")
    assert crew.ensure(store) == 0
    store.create(tiny_config())
    assert crew.ensure(store, 5.0) == 1
    assert RayCrew("ray").ensure(store) == 0  # it is still starting
    assert started[0] == [(store, "ray", 5.0)]
    assert crew.trouble(store) == ""


def test_no_foreman_starts_for_runs_that_others_hold(store, started):
    experiment, _ = store.create(tiny_config(strategies=["random"]))
    with try_lock(store.run_lock(store.runs(experiment)[0])):
        assert RayCrew("ray").ensure(store) == 0
    assert RayCrew("ray").ensure(store) == 1


def test_a_foreman_that_was_killed_is_replaced_and_one_that_left_is_quoted(store, started):
    crew, codes = RayCrew("ray"), started[1]
    store.create(tiny_config())
    assert crew.ensure(store) == 1
    codes.append(-9)
    assert crew.trouble(store) == ""
    assert crew.ensure(store) == 1
    codes.append(1)
    assert crew.trouble(store) == "No Ray cluster would have me."
    assert crew.ensure(store) == 0  # not at once: whatever it was, it still is


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (RunError("No Ray cluster answers."), 1, "No Ray cluster answers."),
        (OSError(28, "No space left on device", "audit"), 1, "No space is left in audit; free some"),
        (Lost("The lock was removed."), 0, "The lock was removed."),
        (KeyboardInterrupt(), 1, "The foreman was stopped; its runs count as interrupted"),
        (SystemExit(15), 1, "The foreman was stopped; its runs count as interrupted"),
    ],
)
def test_a_foreman_leaves_its_threads_behind_whatever_ended_it(store, monkeypatch, capsys, error, code, said):
    from fairal.cli import machine
    from fairal.runs.crews import ray_foreman

    class Ended(Exception):
        pass

    def lead(*_):
        raise error

    def leave(code):
        raise Ended(code)

    monkeypatch.setattr("fairal.runs.crews.ray.find_spec", lambda name: name)
    monkeypatch.setattr(ray_foreman, "lead", lead)
    monkeypatch.setattr(machine.os, "_exit", leave)
    monkeypatch.setattr(machine.os, "nice", lambda _: 0)
    with pytest.raises(Ended) as left:
        machine.foreman(store.home, "ray")
    assert left.value.args == (code,)
    assert said in capsys.readouterr().err


def test_a_foreman_that_finds_another_one_leaves_well(store, monkeypatch, capsys):
    from fairal.cli import machine

    monkeypatch.setattr("fairal.runs.crews.ray.find_spec", lambda name: name)
    monkeypatch.setattr(machine.os, "nice", lambda _: 0)
    with try_lock(store.worker_lock(FOREMAN)):
        machine.foreman(store.home, "ray")
    assert "Another foreman has this home." in capsys.readouterr().err


class NoCluster:
    """A cluster that computes nothing."""

    local, threads, slots, poll_seconds = True, 1, 2, 0.01

    def refresh(self) -> None:
        """There is nobody to ask."""

    warm_up = close = refresh


def test_a_run_that_cannot_be_written_is_let_go_of_and_the_others_go_on(store, monkeypatch):
    from fairal.runs.claims import end
    from fairal.runs.crews.ray_foreman import Foreman

    def take_up(self, held):
        if held.key == bad:
            raise OSError(28, "No space left on device")
        end(store, held.key, held.state, "done")

    experiment, _ = store.create(tiny_config(strategies=["random", "entropy", "weighted_entropy"]))
    bad, *others = store.runs(experiment)
    monkeypatch.setattr(Foreman, "_take_up", take_up)
    with pytest.raises(RunError, match=rf"1 run\(s\) were let go of unfinished; {bad}: No space is left in"):
        Foreman(store, NoCluster()).work()
    assert [store.state(key).state for key in (bad, *others)] == ["queued", "done", "done"]
    assert not store.is_held(bad)


@pytest.fixture
def cluster_of(monkeypatch):
    """A cluster with as many threads per task, on nodes with so many (CPUs, GPUs)."""
    from fairal.runs.crews import ray_cluster

    def made(threads, *nodes):
        def listed():
            return [{"Alive": True, "Resources": {"CPU": float(cpus), "GPU": float(gpus)}} for cpus, gpus in nodes]

        def read():
            future = Future()
            future.set_result({word[0]: word[1:] for word in words})
            words.clear()
            return SimpleNamespace(future=lambda: future)

        words = []
        board = SimpleNamespace(read=SimpleNamespace(remote=read), words=words)
        ray = SimpleNamespace(
            nodes=lambda: [*listed(), {"Alive": False, "Resources": {"CPU": 64.0}}],
            get_runtime_context=lambda: SimpleNamespace(gcs_address="127.0.0.1:1"),
            remote=lambda **_: lambda task: task,
        )
        monkeypatch.setenv("FAIRAL_THREADS", str(threads))
        monkeypatch.setattr(ray_cluster, "join", lambda *_: ray)
        monkeypatch.setattr(ray_cluster, "answers", lambda *_: True)
        monkeypatch.setattr(ray_cluster, "start_board", lambda *_: board)
        return ray_cluster.Cluster("ray")

    return made


def test_places_are_counted_node_by_node(cluster_of, monkeypatch):
    assert cluster_of(4, (6, 0), (6, 0), (3, 0)).slots == 2
    assert cluster_of(1, (0, 0)).slots == 1  # nodes may still come
    assert cluster_of(2, (8, 1), (2, 4)).slots == 2
    monkeypatch.setenv("FAIRAL_GPU_SHARE", "0.25")
    assert cluster_of(2, (8, 1), (2, 4)).slots == 5


def test_a_task_that_fits_no_node_is_a_sentence(cluster_of):
    with pytest.raises(InputError, match=r"takes 4 CPUs of one node .*, and no node of the cluster has more than 2"):
        cluster_of(4, (2, 0), (2, 0))
    cluster = cluster_of(4, (2, 1), (8, 0))
    assert (cluster.slots, cluster.device("cpu").type) == (2, "cpu")
    with pytest.raises(InputError, match="No node with a GPU has the 4 CPUs"):
        cluster.device("auto")


def test_what_a_task_said_last_holds_until_nobody_waits_for_it(cluster_of):
    def look() -> None:
        cluster._refresh_at = 0.0
        cluster.refresh()

    def hear(*word) -> None:
        heard.append(word)
        if len(heard) == 2:
            cluster._board.words += [("run", "fit", 5, 9), ("nobody's", "fit", 1, 9)]
        if len(heard) == 5:
            value.set_result("made")
        look()

    cluster, value, heard = cluster_of(1, (2, 0)), Future(), []
    cluster.poll_seconds = 0.01
    assert cluster.wait(SimpleNamespace(future=lambda: value), "run", "measure", hear) == "made"
    assert heard == [("measure", 0, 1)] * 2 + [("fit", 5, 9)] * 3
    assert cluster._said == {}


def test_a_foreman_trims_the_fits_of_its_home(store, monkeypatch):
    from fairal.runs.crews import ray_foreman

    def add_fit(name: str) -> Path:
        folder = store.cache_dirs["fits"] / name
        folder.mkdir()
        (folder / "weights.npz").write_bytes(bytes(1000))
        return folder

    monkeypatch.setattr("fairal.settings.cache_bytes", lambda: 500)
    monkeypatch.setattr(ray_foreman, "_TRIM_EVERY", 2)
    monkeypatch.setattr(ray_foreman.Worker, "_commit", lambda *_: None)
    foreman, fit = ray_foreman.Foreman(store, NoCluster()), add_fit("one")
    there = [(foreman._commit(None, None, None), fit.exists())[1] for _ in range(2)]
    assert there == [True, False]
    fit = add_fit("two")
    foreman.work()  # and when it leaves
    assert not fit.exists()


def test_a_foreman_whose_lock_was_removed_lets_that_out(store, monkeypatch):
    from fairal.runs.crews import ray_foreman

    cluster = NoCluster()
    monkeypatch.setattr(ray_foreman, "Cluster", lambda engine: cluster)
    monkeypatch.setattr(cluster, "warm_up", lambda: store.worker_lock(FOREMAN).unlink(), raising=False)
    with pytest.raises(Lost):
        ray_foreman.lead(store, "ray")


def test_a_server_that_only_shows_starts_no_foreman(store, started, monkeypatch):
    store.create(tiny_config())
    monkeypatch.setenv("FAIRAL_READ_ONLY", "1")
    assert RayCrew("ray").ensure(store, warm=True) == 0


def test_the_places_of_a_cluster_take_no_memory_here(store):
    with (
        try_lock(store.worker_lock(0)),
        try_lock(store.worker_lock(FOREMAN)),
        try_lock(store.worker_lock(f"{FOREMAN}-1")),
    ):
        assert (live_workers(store), live_workers(store, here=True)) == (3, 1)


# ------------------------------------------------------------------ what a node does


@pytest.fixture
def order(store):
    from fairal.runs.crews.ray_node import Order

    torch.set_num_threads(1)

    def of(config, home=None, parcel=None):
        from fairal.cohort.source import open_source

        source = open_source(config.cohort, 0, home)
        task = next_task(config, config.arms[0], 0, source.rows("pool"), ())
        job = ask(task, source, torch.device("cpu"))
        return Order(job.key, task, job.labelled, job.device, 1, None, parcel)

    return of


def test_a_node_that_would_give_other_numbers_says_so(order, monkeypatch, tmp_path):
    from fairal.runs.crews.ray_node import open_job

    monkeypatch.setenv("FAIRAL_NODE_DIR", str(tmp_path / "node"))
    made = order(tiny_config())
    assert open_job(made).key == made.key
    with pytest.raises(RunError, match=r"has fairal .*, numpy .*, the head has fairal 0\.0\.1: install the same"):
        open_job(replace(made, versions=("fairal 0.0.1",)))
    monkeypatch.setattr("fairal.loop.job.LEARNER", -1)
    with pytest.raises(RunError, match="would give other numbers than the head"):
        open_job(made)


def test_a_full_disk_of_a_node_names_the_node(order, monkeypatch, tmp_path):
    from fairal.runs.crews import ray_node

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setenv("FAIRAL_NODE_DIR", str(tmp_path / "node"))
    monkeypatch.setattr(ray_node, "open_job", full)
    made = order(tiny_config())
    with pytest.raises(RunError, match=rf"No space left on device on the node .*{tmp_path / 'node'}"):
        ray_node.train(made)
    with pytest.raises(OSError, match="No space left on device"):
        ray_node.play(replace(made, home=tmp_path), False, frozenset(), None)
    assert ray_node.train.__name__ == "train"  # Ray names the processes after it


def test_an_order_holds_of_the_past_what_a_strategy_is_shown():
    from fairal.loop.view import _standing

    record = tiny_record(0, picked=(Pick("c", "biased"),), losses=(0.5,) * 600)
    held_out = replace(record, held_out=record.test)
    task = Task(tiny_config(), Arm("entropy"), 0, 2, ("a", "b", "c"), 2, (record, held_out))
    shown, groups = task.brief().history, ("reference", "biased")
    assert [_standing(r, groups) for r in shown] == [_standing(r, groups) for r in task.history]
    assert len(pickle.dumps(shown)) < len(pickle.dumps(task.history)) / 2


def test_a_fit_of_a_node_is_kept_as_it_was_sealed_and_nowhere_else(store, tmp_path):
    files = seal_files({"weights.npz": b"weights", "fit.json": b"{}"}, "fits/abc")
    place(store, "fits", "abc", files, FIT_FILES)
    assert find(store, "fits", "abc", load_files) == {"weights.npz": b"weights", "fit.json": b"{}"}
    for wrong in (
        files | {"weights.npz": b"others"},
        seal_files({"weights.npz": b"weights", "../../../../escaped": b""}, "fits/other"),
        seal_files({"weights.npz": b"weights", "fit.json": b"{}"}, "fits/another"),
        {"weights.npz": b"weights", "fit.json": b"{}"},
    ):
        with pytest.raises(RunError, match="did not come whole"):
            place(store, "fits", "other", wrong, FIT_FILES)
    assert not list(tmp_path.rglob("*escaped*"))
    assert not (store.cache_dirs["fits"] / "other").exists()


def test_a_damaged_fit_of_before_seals_is_trained_anew(store):
    from fairal.runs.crews.ray_fits import _sound_files

    folder = store.cache_dirs["fits"] / "abc"
    folder.mkdir()
    for name in FIT_FILES:
        (folder / name).write_bytes(b"what is no fit")
    assert find(store, "fits", "abc", _sound_files) is None


def test_a_collection_travels_once_per_node_and_is_what_was_sent(order, store, monkeypatch, tmp_path):
    from fairal.runs.crews import ray_parcel
    from fairal.runs.crews.ray_node import open_job
    from fairal.runs.crews.ray_parcel import Parcel, pack

    groups = {f"sub-{i:02d}": ("Women", "Men")[i % 2] for i in range(10)}
    import_folder(Collections(store.home), "mine", Wishes(bids(tmp_path / "scans", groups), "sex"), lambda *_: None)
    content = tiny_config().model_dump(mode="json") | {
        "cohort": {"kind": "folder", "collection": "mine", "test_share": 0.4},
        "query": {"start": {"Women": 1, "Men": 1}, "rounds": 1, "per_round": 2},
    }
    config = look_at(parse_experiment(content), store.home)
    digest, packed = pack(store.home, "mine")
    fetched = []

    def fetch() -> bytes:
        fetched.append(len(packed))
        return packed

    monkeypatch.setenv("FAIRAL_NODE_DIR", str(tmp_path / "node"))
    made = order(config, store.home, Parcel("mine", digest, fetch))
    there = [open_job(made).source.load("pool") for _ in range(2)][-1]
    here = FolderSource(config.cohort, 0, store.home).load("pool")
    assert fetched == [len(packed)]
    assert there.key == here.key
    assert (there.t1 == here.t1).all()
    assert (there.mask == here.mask).all()

    # What it was before goes once nobody uses it, and no other collection does.
    parcels = tmp_path / "node" / "parcels"
    for old, name in (("a" * 32, "mine"), ("b" * 32, "mine"), ("c" * 32, "other"), (".new-left", "mine")):
        (parcels / old / "collections" / name).mkdir(parents=True)
    ray_parcel._in_use.clear()  # as in another process
    with try_lock(parcels / f"{'b' * 32}.1.lock"):
        open_job(made)
    assert {path.name for path in parcels.iterdir() if path.is_dir()} == {digest, "b" * 32, "c" * 32}
    assert fetched == [len(packed)]

    monkeypatch.setenv("FAIRAL_NODE_DIR", str(tmp_path / "other"))
    with pytest.raises(RunError, match=r"The collection mine did not reach .* whole"):
        open_job(order(config, store.home, Parcel("mine", "0" * 32, fetch)))
    assert not list((tmp_path / "other" / "parcels").glob("0*[!k]"))
