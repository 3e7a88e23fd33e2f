package org.dure.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.dure.core.ModelConfig;
import org.dure.core.Seeded;
import org.dure.core.Sharing;
import org.dure.core.Weights;
import org.junit.jupiter.api.Test;

/// The gradient, part of it written by hand, against differences; the optimiser against a loop.
class GradientTest {
  private static final int LENGTH = 12;

  /// Gradient and loss of one small batch.
  private static double lossAndGradient(ModelConfig config, Weights weights, Weights gradient) {
    try (Transformer model = Samples.transformer(config, weights);
        NativeScope.Held held = new NativeScope.Held();
        NativeScope scope = NativeScope.open()) {
      Tensor sum = held.keep(scope.zeros(weights.layout().elements()));
      TransformerParameters trainable =
          TransformerParameters.trainable(model.layout(), model.vector(), sum, held);
      long[] tokens = new long[3 * LENGTH];
      long[] targets = new long[tokens.length];
      for (int i = 0; i < tokens.length; i++) {
        tokens[i] = (i * 29L + 3) % config.vocabularySize();
        targets[i] = (i * 53L + 11) % config.vocabularySize();
      }
      Tensor hidden = model.hidden(trainable, scope.integers(tokens, 3, LENGTH));
      double loss =
          Head.backward(
              hidden.view(tokens.length, config.width()),
              scope.integers(targets, targets.length),
              model.parameters().head(),
              trainable.head().mutable_grad());
      scope.read(sum, gradient.values());
      return loss;
    }
  }

  @Test
  void theGradientIsTheSlopeOfTheLossAlongAnyDirection() {
    SplittableRandom random = Seeded.random("theGradientIsTheSlopeOfTheLossAlongAnyDirection");
    for (ModelConfig config : List.of(Samples.tiny(), Samples.untied())) {
      try (Arena arena = Arena.ofConfined()) {
        Weights weights = Samples.lively(config);
        Weights gradient = Weights.allocate(weights.layout(), arena);
        lossAndGradient(config, weights, gradient);
        for (int trial = 0; trial < 4; trial++) {
          Weights ahead = Weights.allocate(weights.layout(), arena);
          Weights behind = Weights.allocate(weights.layout(), arena);
          double expected = 0;
          for (long i = 0; i < weights.layout().elements(); i++) {
            double direction = random.nextGaussian() * 5e-4;
            ahead.set(i, (float) (weights.get(i) + direction));
            behind.set(i, (float) (weights.get(i) - direction));
            expected += gradient.get(i) * (double) (ahead.get(i) - behind.get(i));
          }
          Weights ignored = Weights.allocate(weights.layout(), arena);
          double found =
              lossAndGradient(config, ahead, ignored) - lossAndGradient(config, behind, ignored);
          assertThat(found).isCloseTo(expected, within(0.02 * Math.abs(expected) + 2e-4));
        }
      }
    }
  }

  @Test
  void theLossOfAnUntrainedModelIsThatOfGuessing() {
    try (Arena arena = Arena.ofConfined()) {
      Weights start =
          InitialWeights.of(SharedTensors.layout(Sharing.ALL, Samples.tiny()), 1, Arena.ofAuto());
      double loss = lossAndGradient(Samples.tiny(), start, Weights.allocate(start.layout(), arena));
      assertThat(loss).isCloseTo(Math.log(128), within(0.5));
    }
  }

  @Test
  void anOptimiserStepIsThatOfThePaper() {
    double[] vector = {1, -2, 3, 0.5};
    double[] first = new double[4];
    double[] second = new double[4];
    try (Arena arena = Arena.ofConfined();
        NativeScope scope = NativeScope.open();
        AdamW optimiser = new AdamW(4, Samples.recipe(20), List.of(new ModelLayout.Range(1, 2)))) {
      Tensor weights = scope.floats(new float[] {1, -2, 3, 0.5f}, 4);
      for (int step = 1; step <= 20; step++) {
        float[] gradient = {0.1f * step, -1, (float) Math.sin(step), 0};
        optimiser.step(weights, scope.floats(gradient, 4), step, 0.01);
        for (int i = 0; i < 4; i++) {
          first[i] = 0.9 * first[i] + 0.1 * gradient[i];
          second[i] = 0.95 * second[i] + 0.05 * gradient[i] * gradient[i];
          if (i == 1 || i == 2) {
            vector[i] *= 1 - 0.01 * 0.1;
          }
          vector[i] -=
              0.01
                  * (first[i] / (1 - Math.pow(0.9, step)))
                  / (Math.sqrt(second[i] / (1 - Math.pow(0.95, step))) + 1e-8);
        }
      }
      float[] found = scope.floats(weights, 4);
      for (int i = 0; i < 4; i++) {
        assertThat((double) found[i]).isCloseTo(vector[i], within(1e-5));
      }
    }
  }

  @Test
  void decayCoversEveryMatrixAndNothingElse() {
    ModelConfig config = Samples.untied();
    ModelLayout layout = ModelLayout.of(config);
    long decayed = layout.decayed().stream().mapToLong(ModelLayout.Range::length).sum();
    long expected =
        layout.all().tensors().stream()
            .filter(tensor -> tensor.shape().size() == 2)
            .filter(tensor -> !tensor.name().equals(ModelLayout.EMBEDDING))
            .mapToLong(tensor -> tensor.elements())
            .sum();
    assertThat(decayed).isEqualTo(expected);
    assertThat(ModelLayout.of(Samples.tiny()).decayed()).hasSize(2);
  }
}
