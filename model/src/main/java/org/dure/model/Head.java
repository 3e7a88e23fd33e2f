package org.dure.model;

import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.global.torch;

/// From hidden states to the vocabulary, a few rows at a time.
///
/// The logits of a whole batch are the largest tensor of a small model and fall out of every cache;
/// [#backward] therefore makes a chunk of them, takes its loss and its gradient at once, and uses
/// the memory again. Its gradient is written by hand: softmax minus one at the target, over the
/// number of tokens.
final class Head {
  /// Logits of one chunk: 4 MiB of them fit the second-level cache of present machines.
  private static final long CHUNK_VALUES = 1 << 20;

  private static final long LEAST_ROWS = 32;

  private Head() {}

  private static long rows(Tensor weight) {
    return Math.max(LEAST_ROWS, CHUNK_VALUES / weight.size(0));
  }

  /// Mean cross entropy; adds its gradients to those of `weight` and of all that made `hidden`.
  ///
  /// @param hidden `[count, width]`
  /// @param targets `[count]`
  /// @param weight `[vocabulary, width]`
  /// @param weightGradient as `weight`
  /// @return nats per token
  static double backward(Tensor hidden, Tensor targets, Tensor weight, Tensor weightGradient) {
    long count = hidden.size(0);
    Tensor states = hidden.detach();
    Tensor gradient = torch.empty_like(states);
    Tensor transposed = weight.t();
    double loss = 0;
    long rows = rows(weight);
    for (long from = 0; from < count; from += rows) {
      long length = Math.min(rows, count - from);
      try (NativeScope _ = NativeScope.open()) {
        Tensor chunk = states.narrow(0, from, length);
        Tensor target = targets.narrow(0, from, length).unsqueeze(1);
        Tensor scores = torch.log_softmax(torch.mm(chunk, transposed), 1);
        loss -= sum(scores.gather(1, target));
        scores.exp_().scatter_(1, target, NativeScope.scalar(-1), "add");
        torch.mm_out(gradient.narrow(0, from, length), scores, weight);
        weightGradient.addmm_(
            scores.t(), chunk, NativeScope.scalar(1), NativeScope.scalar(1.0 / count));
      }
    }
    hidden.backward(
        gradient.mul_(NativeScope.scalar(1.0 / count)),
        new BoolOptional(),
        false,
        new TensorArrayRefOptional());
    return loss / count;
  }

  private static double sum(Tensor values) {
    return values.sum(new ScalarTypeOptional(torch.ScalarType.Double)).item_double();
  }

  /// Natural log-probabilities of the targets, `[count]`.
  static Tensor logProbabilities(Tensor hidden, Tensor targets, Tensor weight) {
    long count = hidden.size(0);
    Tensor result = torch.empty_like(hidden.select(1, 0));
    Tensor transposed = weight.t();
    long rows = rows(weight);
    for (long from = 0; from < count; from += rows) {
      long length = Math.min(rows, count - from);
      try (NativeScope _ = NativeScope.open()) {
        Tensor target = targets.narrow(0, from, length).unsqueeze(1);
        Tensor logits = torch.mm(hidden.narrow(0, from, length), transposed);
        result
            .narrow(0, from, length)
            .copy_(torch.log_softmax(logits, 1).gather(1, target).squeeze(1));
      }
    }
    return result;
  }
}
