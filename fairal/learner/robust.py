"""Group DRO (Sagawa et al. 2020, algorithm 1): the stratum with the highest training loss counts the most.

Chosen as the control from the literature over FairSeg's fair error-bound scaling (Tian et al. 2024): that scales each
group's loss by an error bound from the same batch, which in batches of two volumes is noise, and has no batch without
one of the groups; here the weights are a running sum over the steps.

What is known to be weak about it: it levels training losses, and a few scans that are drawn again and again are
memorised, so that their group looks well off.
"""

import torch

STEP_SIZE = 0.1
"""Of the weights, η. The paper's 0.01 is meant for ten thousand steps and more; over the few hundred of a training here
it leaves the weights where they were."""


class StratumWeights:
    """Weights q of the strata, which sum to 1 and follow their losses.

    Args:
        strata: (N,) numbers from 0 of all subjects. A stratum without subjects keeps out of the sum.
    """

    def __init__(self, strata: torch.Tensor) -> None:
        present = torch.bincount(strata).bool().float()
        self.q = present / present.sum()

    def weigh(self, losses: torch.Tensor, strata: torch.Tensor) -> torch.Tensor:
        """Move the weights by a batch's losses, and weigh these by them.

        q_g grows by the factor exp(η ℓ_g), ℓ_g the mean loss of stratum g in the batch; then all are normalised.

        Args:
            losses: (B,) of the batch's subjects.
            strata: (B,) their strata.

        Returns:
            Σ_g q_g ℓ_g over the strata of the batch.
        """
        sums = torch.zeros_like(self.q).index_add(0, strata, losses)
        means = sums / torch.bincount(strata, minlength=len(self.q)).clamp(min=1)
        grown = self.q * torch.exp(STEP_SIZE * means.detach())
        self.q = grown / grown.sum()
        return (self.q * means).sum()
