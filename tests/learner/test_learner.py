import copy
import json

import numpy as np
import pytest
import torch

from fairal.config import LearnerConfig
from fairal.errors import InputError, RunError
from fairal.learner.fit import fit, load_fit, save_fit
from fairal.learner.network import Segmenter, build_network, choose_device
from fairal.learner.predict import Predictor
from fairal.learner.quick import QuickConvTranspose3d, QuickDropout, QuickPReLU, quicken

SMALL = LearnerConfig(channels=(4, 8), steps=12, batch_size=2)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def labelled(smoke_cohort):
    pool = smoke_cohort["pool"]
    return torch.from_numpy(pool.t1[:4]), torch.from_numpy(pool.mask[:4])


@pytest.fixture(scope="module")
def trained(labelled):
    torch.set_num_threads(1)
    return fit(*labelled, SMALL, seed=0)


def test_a_fit_is_a_pure_function_of_its_input(labelled, trained):
    again = fit(*labelled, SMALL, seed=0)
    assert again.losses == trained.losses
    assert all(torch.equal(again.weights[name], value) for name, value in trained.weights.items())
    assert fit(*labelled, SMALL, seed=1).losses != trained.losses


def test_training_learns(labelled):
    losses = fit(*labelled, LearnerConfig(channels=(8, 16), steps=60, batch_size=2), seed=0).losses
    assert np.mean(losses[-5:]) < 0.6 * losses[0]


def test_a_loss_that_stops_being_finite_names_the_step(labelled):
    with pytest.raises(RunError, match=r"stopped being finite at step 1 of 12; a learning rate below 1e\+06"):
        fit(
            labelled[0] * float("inf"), labelled[1], LearnerConfig(channels=(4, 8), steps=12, learning_rate=1e6), seed=0
        )


def test_on_step_may_stop_training(labelled):
    class Enough(Exception):
        pass

    def stop(step, steps):
        assert steps == 12
        if step == 3:
            raise Enough

    with pytest.raises(Enough):
        fit(*labelled, SMALL, seed=0, on_step=stop)


def test_initial_weights_depend_on_the_seed_alone():
    torch.manual_seed(123)
    a = build_network(SMALL, 0).state_dict()
    torch.manual_seed(456)
    b = build_network(SMALL, 0).state_dict()
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert any(not torch.equal(a[name], value) for name, value in build_network(SMALL, 1).state_dict().items())


@pytest.mark.parametrize("shape", [(24, 28, 20), (23, 30, 17), (8, 8, 8)])
def test_no_shape_is_assumed(shape):
    network = Segmenter(LearnerConfig(channels=(4, 8, 16))).eval()
    assert network(torch.randn(2, 1, *shape)).shape == (2, 1, *shape)


@pytest.mark.parametrize(("inner", "out", "shape"), [(16, 1, (12, 14, 10)), (5, 2, (3, 4, 6))])
def test_the_quick_transposed_convolution_is_the_original(inner, out, shape):
    torch.manual_seed(0)
    original = torch.nn.ConvTranspose3d(inner, out, 3, 2, 1, 1).double()
    quick = copy.deepcopy(original)
    quick.__class__ = QuickConvTranspose3d
    volume = torch.randn(2, inner, *shape, dtype=torch.double, requires_grad=True)
    expected, got = original(volume), quick(volume)
    assert torch.allclose(expected, got, atol=1e-10)
    slope = torch.randn_like(expected)
    for a, b in zip(
        *(torch.autograd.grad(y, [volume, *m.parameters()], slope) for y, m in ((expected, original), (got, quick))),
        strict=True,
    ):
        assert torch.allclose(a, b, atol=1e-9)


@pytest.mark.parametrize("slope", [0.25, 0.0, -0.5])
def test_the_quick_prelu_is_the_original(slope):
    torch.manual_seed(0)
    original, quick = torch.nn.PReLU(init=slope).double(), QuickPReLU(init=slope).double()
    volume = torch.randn(2, 3, 5, 4, 6, dtype=torch.double)
    volume[0, 0, 0, 0, :2] = 0
    volume.requires_grad_()
    expected, got = original(volume), quick(volume)
    assert torch.equal(expected, got)
    gradient = torch.randn_like(expected)
    for a, b in zip(
        torch.autograd.grad(expected, [volume, original.weight], gradient),
        torch.autograd.grad(got, [volume, quick.weight], gradient),
        strict=True,
    ):
        assert a.shape == b.shape
        assert torch.allclose(a, b, atol=1e-12)


def test_the_quick_dropout_drops_its_share_and_keeps_the_mean():
    dropout = QuickDropout(0.1)
    torch.manual_seed(0)
    kept = dropout(torch.ones(1_000_001))
    assert float((kept == 0).float().mean()) == pytest.approx(0.1, abs=0.001)
    assert float(kept.mean()) == pytest.approx(1.0, abs=0.002)
    assert abs(np.corrcoef(kept[:-1], kept[1:])[0, 1]) < 0.005
    assert torch.equal(dropout.eval()(torch.ones(5)), torch.ones(5))


@pytest.mark.parametrize("units", [0, 2])
def test_a_quickened_network_has_the_originals_output_and_gradients(units):
    config = LearnerConfig(channels=(4, 8, 16), dropout=0.0, residual_units=units)
    torch.manual_seed(0)
    plain = Segmenter(config)
    quick = copy.deepcopy(plain)
    quicken(quick)
    assert any(isinstance(m, QuickConvTranspose3d) for m in quick.modules())
    volume = torch.randn(2, 1, 16, 24, 8)
    losses = [network(volume).square().mean() for network in (plain, quick)]
    assert losses[0].item() == pytest.approx(losses[1].item(), rel=1e-5)
    for a, b in zip(
        *(torch.autograd.grad(l, list(n.parameters())) for l, n in zip(losses, (plain, quick), strict=True)),
        strict=True,
    ):
        assert torch.allclose(a, b, atol=1e-5)
    assert plain.state_dict().keys() == quick.state_dict().keys()


def test_the_bottleneck_is_the_deepest_block():
    config = LearnerConfig(channels=(4, 8, 16))
    for units in (0, 2):
        network = build_network(config.model_copy(update={"residual_units": units}), 0)
        predictor = Predictor(network.state_dict(), config.model_copy(update={"residual_units": units}), CPU)
        assert predictor.embeddings(torch.randn(3, 16, 16, 16)).shape == (3, 16)


@pytest.mark.parametrize("units", [0, 2])
def test_the_bottlenecks_features_keep_the_offset_that_the_norm_takes_away(units):
    config = LearnerConfig(channels=(4, 8, 16), residual_units=units)
    weights = build_network(config, 0).state_dict()
    volumes = torch.randn(3, 16, 16, 16)
    before = Predictor(weights, config, CPU).embeddings(volumes)
    deepest = "1.submodule.1.submodule.conv" + (".unit1.conv" if units else "")
    bias = weights[f"net.model.{deepest}.bias"]
    bias += torch.arange(16.0)
    after = Predictor(weights, config, CPU).embeddings(volumes)
    assert torch.allclose(after - before, torch.arange(16.0).expand(3, 16), atol=1e-4)


def test_prediction_does_not_depend_on_the_batch(trained, labelled):
    predictor = Predictor(trained.weights, SMALL, CPU)
    whole = predictor.probabilities(labelled[0])
    one = torch.cat([predictor.probabilities(v[None]) for v in labelled[0]])
    assert torch.allclose(whole, one, atol=1e-6)
    assert 0 <= float(whole.min()) <= float(whole.max()) <= 1


def test_dropout_passes_differ_among_themselves_and_repeat_by_seed(trained, labelled):
    predictor = Predictor(trained.weights, SMALL, CPU)
    passes = predictor.dropout_passes(labelled[0][0], 4, seed=5)
    assert passes.shape == (4, 24, 28, 20)
    assert not torch.equal(passes[0], passes[1])
    assert torch.equal(passes, predictor.dropout_passes(labelled[0][0], 4, seed=5))
    assert torch.equal(predictor.probabilities(labelled[0]), predictor.probabilities(labelled[0]))


def test_a_stored_fit_comes_back_equal(trained, tmp_path):
    save_fit(trained, tmp_path)
    back = load_fit(tmp_path)
    assert (back.losses, back.seconds) == (trained.losses, trained.seconds)
    assert all(torch.equal(back.weights[name], value) for name, value in trained.weights.items())
    (tmp_path / "fit.json").write_text("{")
    with pytest.raises(json.JSONDecodeError):
        load_fit(tmp_path)


def test_a_device_that_is_not_there_is_named():
    assert choose_device("cpu") == CPU
    missing = "mps" if torch.cuda.is_available() else "cuda"
    with pytest.raises(InputError, match=f"device '{missing}' is not on this machine; auto or"):
        choose_device(missing)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_fit_on_the_gpu_comes_near_the_cpus(labelled):
    volumes, masks = (t.cuda() for t in labelled)
    config = SMALL.model_copy(update={"dropout": 0.0})
    on_gpu, on_cpu = fit(volumes, masks, config, seed=0), fit(*labelled, config, seed=0)
    assert np.allclose(on_gpu.losses, on_cpu.losses, atol=5e-3)
