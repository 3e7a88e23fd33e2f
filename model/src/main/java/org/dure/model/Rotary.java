package org.dure.model;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.dure.core.ModelConfig;

/// Rotary positions (Su et al. 2021) in the convention of the transformers library: the value at
/// `i` of a head's first half turns together with the value at `i` of its second half.
final class Rotary {
  private final Tensor cosines;
  private final Tensor sines;
  private final long half;

  Rotary(ModelConfig config, NativeScope scope, NativeScope.Held held) {
    int half = config.headSize() / 2;
    float[] cosines = new float[config.contextLength() * half];
    float[] sines = new float[cosines.length];
    for (int position = 0; position < config.contextLength(); position++) {
      for (int i = 0; i < half; i++) {
        double angle = position / StrictMath.pow(config.ropeTheta(), (double) i / half);
        cosines[position * half + i] = (float) StrictMath.cos(angle);
        sines[position * half + i] = (float) StrictMath.sin(angle);
      }
    }
    this.half = half;
    this.cosines = held.keep(scope.floats(cosines, config.contextLength(), 1, half));
    this.sines = held.keep(scope.floats(sines, config.contextLength(), 1, half));
  }

  /// Turns the heads of `x`, `[batch, length, heads, headSize]`, whose first token has the position
  /// `from`.
  Tensor turn(Tensor x, long from) {
    long length = x.size(1);
    Tensor cosine = cosines.narrow(0, from, length);
    Tensor sine = sines.narrow(0, from, length);
    TensorVector halves = Transformer.split(x, 3, half, half);
    Tensor first = halves.get(0);
    Tensor second = halves.get(1);
    Tensor turnedFirst = first.mul(cosine).addcmul_(second, sine, NativeScope.scalar(-1));
    Tensor turnedSecond = second.mul(cosine).addcmul_(first, sine, NativeScope.scalar(1));
    return torch.cat(new TensorVector(turnedFirst, turnedSecond), 3);
  }
}
