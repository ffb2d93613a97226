"""The demo's experiment by fairal, and by a loop written as MONAI's active-learning tutorials write it.

Same network, cohort (on disk on both sides), steps, pool, test set, strategies and measures; imports included on both
sides, no fit cached before. The tutorial's side: CacheDataset, DataLoader, dictionary transforms, inference over the
pool through a DataLoader, MONAI's metric classes, one process with all threads, every strategy by itself. Both sides
run once each, in turn. ``python benchmarks/tutorial_loop.py [--rounds N]`` prints both, and writes JSON beside it.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measured import keep, spread

from fairal.presets import preset

SEED = 1001


def tutorial(folder: Path, rounds: int) -> None:
    """Run the experiment the tutorials' way; prints the final Dice per group of each strategy as JSON."""
    import numpy as np
    import torch
    from monai.data import CacheDataset, DataLoader, decollate_batch
    from monai.losses import DiceCELoss
    from monai.metrics import DiceMetric, HausdorffDistanceMetric, SurfaceDiceMetric, SurfaceDistanceMetric
    from monai.networks.nets import UNet
    from monai.transforms import AsDiscrete, Compose, EnsureChannelFirstd, EnsureTyped, LoadImaged
    from monai.utils import set_determinism

    config = preset("demo")[0]
    files = json.loads((folder / "files.json").read_text())
    keys = ["image", "label"]
    transforms = Compose([LoadImaged(keys=keys), EnsureChannelFirstd(keys=keys), EnsureTyped(keys=keys)])
    to_mask = Compose([AsDiscrete(threshold=0.5)])

    def loader(rows: list[dict], batch: int, shuffle: bool) -> DataLoader:
        return DataLoader(CacheDataset(rows, transforms, progress=False), batch_size=batch, shuffle=shuffle)

    test_loader = loader(files["test"], 2, False)

    def train(rows: list[dict]) -> UNet:
        set_determinism(SEED)
        net = UNet(3, 1, 1, config.learner.channels, (2, 2, 2), norm="instance", dropout=config.learner.dropout)
        loss_of = DiceCELoss(sigmoid=True)
        optimiser = torch.optim.AdamW(net.parameters(), lr=1e-2)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-2, total_steps=config.learner.steps)
        step, batches = 0, loader(rows, config.learner.batch_size, True)
        net.train()
        while step < config.learner.steps:
            for batch in batches:
                optimiser.zero_grad()
                loss = loss_of(net(batch["image"]), batch["label"])
                loss.backward()
                optimiser.step()
                schedule.step()
                step += 1
                if step == config.learner.steps:
                    break
        return net.eval()

    def measure(net: UNet, batches: DataLoader, with_surfaces: bool) -> dict[str, float]:
        metrics = [DiceMetric(include_background=True)]
        if with_surfaces:
            metrics += [
                HausdorffDistanceMetric(include_background=True, percentile=95),
                SurfaceDistanceMetric(include_background=True, symmetric=True),
                SurfaceDiceMetric([1.0], include_background=True, use_subvoxels=True),
            ]
        groups = []
        with torch.no_grad():
            for batch in batches:
                guess = [to_mask(torch.sigmoid(p)) for p in decollate_batch(net(batch["image"]))]
                truth = decollate_batch(batch["label"])
                for metric in metrics[:1]:
                    metric(guess, truth)
                for metric in metrics[1:]:
                    metric(guess, truth, spacing=(config.cohort.spacing_mm,) * 3)
                groups += batch["group"]
        dice = metrics[0].get_buffer().flatten().numpy()
        return {g: float(np.mean([d for d, own in zip(dice, groups, strict=True) if own == g])) for g in set(groups)}

    def entropy(net: UNet, rows: list[dict], masked: bool) -> np.ndarray:
        scores = []
        with torch.no_grad():
            for batch in loader(rows, 2, False):
                p = torch.sigmoid(net(batch["image"]))
                h = -(p * torch.log2(p.clamp(1e-7)) + (1 - p) * torch.log2((1 - p).clamp(1e-7)))
                near = torch.nn.functional.max_pool3d((p > 0.5).float(), 3, 1, 1) if masked else torch.ones_like(p)
                scores += ((h * near).sum((1, 2, 3, 4)) / near.sum((1, 2, 3, 4)).clamp(1)).tolist()
        return np.array(scores)

    results = {}
    for strategy in config.strategies:
        rng = np.random.default_rng(SEED)
        labelled, pool = list(files["start"]), list(files["pool"])
        for round_ in range(rounds + 1):
            net = train(labelled)
            results[strategy] = measure(net, test_loader, True)
            own = measure(net, loader(labelled, 2, False), False)
            if round_ == rounds:
                break
            if strategy == "random":
                order = rng.permutation(len(pool))
            else:
                scores = entropy(net, pool, strategy == "weighted_entropy")
                if strategy == "weighted_entropy":
                    scores *= np.array([1 - own.get(row["group"], 0) for row in pool])
                order = np.argsort(-scores)
            picked = set(order[: config.query.per_round].tolist())
            labelled += [row for i, row in enumerate(pool) if i in picked]
            pool = [row for i, row in enumerate(pool) if i not in picked]
    print(json.dumps(results))


def prepare(folder: Path) -> None:
    """Put the cohort on disk for both sides: NIfTI for the tutorial, fairal's own files for fairal."""
    from fairal.cohort.arrays import save_cohort
    from fairal.cohort.bids import write_bids
    from fairal.cohort.source import open_source
    from fairal.cohort.synthetic.draw import build_cohort
    from fairal.loop.task import initial_set
    from fairal.runs.store import Store

    config, store = preset("demo")[0], Store(folder / "home")
    splits = {split: build_cohort(config.cohort, SEED, split) for split in ("pool", "test")}
    write_bids(list(splits.values()), folder / "bids")
    for cohort in splits.values():
        kept = store.cache_dirs["cohorts"] / cohort.key
        kept.mkdir()
        save_cohort(cohort, kept)
    start = set(initial_set(config, SEED, open_source(config.cohort, SEED).rows("pool")))
    rows: dict[str, list] = {"start": [], "pool": [], "test": []}
    for split, cohort in splits.items():
        for subject in cohort.subjects:
            anat, masks = f"sub-{subject.id}/anat/sub-{subject.id}", folder / "bids" / "derivatives" / "fairal"
            row = {
                "image": str(folder / "bids" / f"{anat}_T1w.nii.gz"),
                "label": str(masks / f"{anat}_label-leftcaudate_mask.nii.gz"),
                "group": subject.group,
            }
            rows["start" if subject.id in start else split].append(row)
    (folder / "files.json").write_text(json.dumps(rows))


def unshared(home: Path, slot: int) -> None:
    """Work as one of fairal's workers that trains every fit anew, whatever equal runs have trained."""
    from fairal.runs.store import Store
    from fairal.runs.worker import Worker

    Worker(Store(home), threads=1, share_fits=False).work(slot)


def run_unshared(config_file: Path, home: Path) -> None:
    """Run the experiment with as many such workers as there are cores."""
    from fairal.config import read_study
    from fairal.runs.crew import team
    from fairal.runs.store import Store

    store = Store(home)
    for config in read_study(config_file):
        store.create(config)
    command = [sys.executable, __file__, "--side", "unshared", "--folder", str(home), "--slot"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    team = [subprocess.Popen([*command, str(slot)], env=environment) for slot in range(team().workers)]
    if any(process.wait() for process in team):
        raise SystemExit("a worker ended with an error")


def main() -> None:
    """Run all sides in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--side", choices=["tutorial", "unshared", "run-unshared"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--slot", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side == "tutorial":
        tutorial(arguments.folder, arguments.rounds)
    elif arguments.side == "unshared":
        unshared(arguments.folder, arguments.slot)
    elif arguments.side == "run-unshared":
        run_unshared(arguments.folder / "config.json", arguments.folder / "home")
    if arguments.side:
        return
    seconds: dict[str, list[float]] = {"fairal": [], "fairal, every fit anew": [], "tutorial": []}
    for _ in range(arguments.repeats):
        for side in seconds:
            with tempfile.TemporaryDirectory() as name:
                seconds[side].append(run_side(side, Path(name), arguments.rounds))
    slow = statistics.median(seconds["tutorial"])
    for side, values in seconds.items():
        print(f"{side:24} {spread(values, digits=0)}, {statistics.median(values) / slow:.0%} of the tutorial's time")
    keep(__file__, {"seconds": seconds, "rounds": arguments.rounds})


def run_side(side: str, folder: Path, rounds: int) -> float:
    """Prepare a fresh folder for one side, and give the seconds that its process takes, imports included."""
    prepare(folder)
    content = preset("demo")[0].model_copy(update={"seeds": (SEED,)}).model_dump(mode="json")
    content["query"]["rounds"] = rounds
    (folder / "config.json").write_text(json.dumps({"schema": 1, "experiments": [content]}))
    own = [sys.executable, __file__, "--folder", str(folder), "--rounds", str(rounds), "--side"]
    fairal = [sys.executable, "-m", "fairal", "run", str(folder / "config.json"), "--home", str(folder / "home")]
    command = {"fairal": fairal, "tutorial": [*own, "tutorial"]}.get(side, [*own, "run-unshared"])
    started = time.perf_counter()
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - started
    print(ran.stdout, flush=True)
    return seconds


if __name__ == "__main__":
    main()
