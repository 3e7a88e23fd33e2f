package org.dure.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;

/// The gradient of a step that tells of no document more than its noise lets through.
///
/// All sums are of whole numbers: a clipped gradient is cut to multiples of `clip / 2^24`, towards
/// zero so that its norm does not grow, and so is the noise. Doubles add whole numbers exactly, in
/// any order, so that what comes out does not depend on how it was added, and the last bits of a
/// number do not betray what the noise was added to (Mironov 2012). What remains of floating point
/// is the noise itself: normal to 53 bits and to 9.3 standard deviations, then rounded. Not
/// thread-safe.
final class DocumentGradient implements AutoCloseable {
  /// Steps of the grid in a clipping norm.
  private static final double GRID = 0x1p24;

  /// Keeps a scaled gradient below the norm whatever the last bits do.
  private static final double BELOW = 1 - 0x1p-40;

  /// Values of noise that are made at a time: 8 MiB.
  private static final long NOISE_VALUES = 1 << 20;

  private final PrivateTraining privacy;
  private final TokenDocuments documents;
  private final NoiseSource random;
  private final int length;
  private final int expected;
  private final NativeScope.Held held = new NativeScope.Held();
  private final Tensor sum;

  /// @param expected documents in a step, by which the sum is divided
  /// @param elements of a gradient
  DocumentGradient(
      PrivateTraining privacy,
      TokenDocuments documents,
      NoiseSource random,
      int length,
      int expected,
      long elements) {
    this.privacy = privacy;
    this.documents = documents;
    this.random = random;
    this.length = length;
    this.expected = expected;
    try (NativeScope scope = NativeScope.open()) {
      sum = held.keep(scope.doubles(elements));
    }
  }

  /// Leaves the step's gradient in `gradient`.
  ///
  /// @param trainable the model's parameters, which gather their gradients there
  /// @return mean loss of the documents that were drawn, nats per token; 0 if none was. It is
  ///     not protected: for the site's own eyes
  double fill(Transformer model, TransformerParameters trainable, Tensor gradient) {
    sum.zero_();
    double loss = 0;
    int measured = 0;
    for (int document = 0; document < documents.count(); document++) {
      if (!random.happens(privacy.sampleRate())) {
        continue;
      }
      int[] window = documents.window(document, length, random);
      if (window.length < 2) {
        continue;
      }
      double one = add(model, trainable, gradient, window);
      if (Double.isFinite(one)) {
        loss += one;
        measured++;
      }
    }
    addNoise();
    try (NativeScope _ = NativeScope.open()) {
      gradient.copy_(sum.mul(NativeScope.scalar(privacy.clip() / GRID / expected)));
    }
    return measured == 0 ? 0 : loss / measured;
  }

  /// Adds what a document may add. One whose gradient is not finite adds nothing: to stop there
  /// would tell of it.
  private double add(
      Transformer model, TransformerParameters trainable, Tensor gradient, int[] window) {
    try (NativeScope scope = NativeScope.open()) {
      long[] tokens = Arrays.stream(window, 0, window.length - 1).asLongStream().toArray();
      long[] targets = Arrays.stream(window, 1, window.length).asLongStream().toArray();
      gradient.zero_();
      Tensor hidden = model.hidden(trainable, scope.integers(tokens, 1, tokens.length));
      double loss =
          Head.backward(
              hidden.view(tokens.length, model.config().width()),
              scope.integers(targets, targets.length),
              model.parameters().head(),
              trainable.head().mutable_grad());
      clip(gradient);
      return loss;
    }
  }

  /// Adds a gradient to the sum, clipped and cut to the grid.
  void clip(Tensor gradient) {
    try (NativeScope _ = NativeScope.open()) {
      Tensor exact = NativeScope.toDouble(gradient);
      double norm = exact.norm().item_double();
      if (Double.isFinite(norm)) {
        double scale = GRID * BELOW / Math.max(privacy.clip(), norm);
        sum.add_(exact.mul_(NativeScope.scalar(scale)).trunc_());
      }
    }
  }

  private void addNoise() {
    long elements = sum.numel();
    double deviation = privacy.noiseMultiplier() * GRID;
    try (Arena arena = Arena.ofConfined();
        NativeScope scope = NativeScope.open()) {
      MemorySegment memory =
          arena.allocate(Math.min(elements, NOISE_VALUES) * Double.BYTES, Double.BYTES);
      for (long from = 0; from < elements; from += NOISE_VALUES) {
        long values = Math.min(NOISE_VALUES, elements - from);
        MemorySegment noise = memory.asSlice(0, values * Double.BYTES);
        random.normals(noise, deviation);
        scope.addDoubles(sum.narrow(0, from, values), noise);
      }
    }
  }

  /// The sum so far, in clipping norms.
  double[] sum() {
    try (NativeScope scope = NativeScope.open()) {
      double[] values = scope.doubles(sum, Math.toIntExact(sum.numel()));
      Arrays.setAll(values, i -> values[i] / GRID * privacy.clip());
      return values;
    }
  }

  @Override
  public void close() {
    held.close();
  }
}
