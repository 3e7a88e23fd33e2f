package org.dure.model;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// Sets a share of values to zero while a model trains, and makes the others larger by as much
/// (Srivastava et al. 2014): what a model has learnt by heart is then of less use to it.
///
/// Which values is a function of the training's seed and the step alone, drawn by the processor
/// whatever the device: so a state needs no random numbers beside its step, and equal calls give
/// equal bits. For one step, inside one [NativeScope]; not thread-safe.
final class Dropout {
  /// Changes nothing.
  static final Dropout NONE = new Dropout(0, null);

  private final double share;
  private final @Nullable GeneratorOptional generator;

  private Dropout(double share, @Nullable GeneratorOptional generator) {
    this.share = share;
    this.generator = generator;
  }

  /// @param share of the values, from 0 and below 1
  /// @param step counted from 1
  static Dropout of(double share, long seed, long step) {
    if (share == 0) {
      return NONE;
    }
    Generator drawn =
        torch.make_generator_cpu(InitialWeights.mix(seed ^ InitialWeights.mix(~step)));
    return new Dropout(share, new GeneratorOptional(drawn));
  }

  /// The values of `x` that are left; each call draws anew.
  Tensor apply(Tensor x) {
    if (generator == null) {
      return x;
    }
    Tensor left =
        torch
            .zeros(x.sizes().vec().get(), new TensorOptions(ScalarType.Byte))
            .bernoulli_(1 - share, generator);
    return x.mul(left.to(x.device(), ScalarType.Byte)).mul(new Scalar(1 / (1 - share)));
  }
}
