"""Rounds trained matrices back to the codes of their 4 bit, the scales as they were.

Most changes are smaller than half a step between two codes. Rounding each weight by itself would undo them; so a weight's rounding error is
made up for by the weights after it, as far as the layer's own inputs tell (Frantar et al. 2022, GPTQ). The other way is to put the nearest
codes on the forward pass while training, so that the changes learn to count.
"""

import torch
from torch import Tensor

from models.blocks import HIGH, LOW

_DAMPS = (0.01, 0.1, 1.0)  # of the mean square input, so that inputs which hardly ever vary do no harm; the first that is enough


def nearest(weights: Tensor, scales: Tensor) -> Tensor:
    """The nearest codes, as floats. `scales`: (out, in), each weight's own. Where a scale is 0, the code stands for 0 and stays."""
    return torch.nan_to_num((weights / scales).round(), 0.0, 0.0, 0.0).clamp(LOW, HIGH)


def straight(weights: Tensor, scales: Tensor) -> Tensor:
    """`weights` rounded, with the gradient of those that are not."""
    return weights + (nearest(weights, scales) * scales - weights).detach()


def codes(weights: Tensor, scales: Tensor, heard: Tensor) -> Tensor:
    """Codes (out, in) of `weights` such that what comes out of the layer stays near. `heard`: X'X (in, in) of its inputs. To be called
    where no gradient is kept."""
    pull = _pull(heard.double())
    left = weights.clone()
    found = torch.empty_like(left)
    for at in range(left.shape[1]):
        code = nearest(left[:, at], scales[:, at])
        found[:, at] = code
        wrong = (left[:, at] - code * scales[:, at]) / pull[at, at]
        left[:, at + 1 :] -= wrong[:, None] * pull[at, at + 1 :]
    return found


def _pull(heard: torch.Tensor) -> torch.Tensor:
    """How a weight's error is shared among those after it: the upper Cholesky factor of the inputs' inverse. Raises RuntimeError."""
    still = torch.eye(len(heard), dtype=heard.dtype, device=heard.device) * heard.diagonal().mean()
    for damp in _DAMPS:
        inverse = torch.linalg.inv(heard + damp * still)
        factor, failed = torch.linalg.cholesky_ex((inverse + inverse.T) / 2, upper=True)
        if not failed:
            return factor.float()
    raise RuntimeError("The layer's inputs cannot be told apart: the training has collapsed. Take a lower rate.")
