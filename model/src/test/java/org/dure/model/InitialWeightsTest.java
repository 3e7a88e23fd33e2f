package org.dure.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.dure.core.ModelConfig;
import org.dure.core.Seeded;
import org.dure.core.Sha256;
import org.dure.core.Sharing;
import org.dure.core.TensorLayout;
import org.dure.core.WeightSource;
import org.dure.core.Weights;
import org.junit.jupiter.api.Test;

class InitialWeightsTest {
  private static final ModelConfig CONFIG =
      new ModelConfig(256, 64, 2, 4, 2, 128, 32, 10_000, 1e-5, true);

  private static String digest(Weights weights) {
    return Sha256.of(weights.values().toArray(ValueLayout.JAVA_BYTE));
  }

  @Test
  void theSameSeedGivesTheSameBitsOnEveryMachine() {
    assertThat(digest(shared(CONFIG, 1, Sharing.ALL)))
        .isEqualTo("f3c938d294efb8f21b1b3fb454572443d2ba7dc26091b11aa1e3a5d9f15e61e2");
    assertThat(digest(shared(CONFIG, 2, Sharing.ALL)))
        .isNotEqualTo(digest(shared(CONFIG, 1, Sharing.ALL)));
  }

  private static Weights shared(ModelConfig config, long seed, Sharing sharing) {
    return Weights.of(InitialWeights.shared(config, seed, sharing), Arena.ofAuto());
  }

  @Test
  void piecesOfAnySizeAreTheSameBitsAsTheWhole() {
    WeightSource source = InitialWeights.shared(CONFIG, 1, Sharing.ALL);
    Weights whole = shared(CONFIG, 1, Sharing.ALL);
    SplittableRandom random = Seeded.random("pieces of weights");
    long first = 0;
    while (first < whole.layout().elements()) {
      int count = (int) Math.min(1 + random.nextInt(40_000), whole.layout().elements() - first);
      byte[] piece = new byte[4 * count];
      source.read(first, MemorySegment.ofArray(piece));
      assertThat(
              whole.values().asSlice(4 * first, 4L * count).mismatch(MemorySegment.ofArray(piece)))
          .as("values from %d", first)
          .isEqualTo(-1);
      first += count;
    }
  }

  @Test
  void theBodyIsTheSameWhateverTheVocabulary() {
    ModelConfig larger = new ModelConfig(1024, 64, 2, 4, 2, 128, 32, 10_000, 1e-5, false);
    Weights body = shared(CONFIG, 9, Sharing.BODY);
    Weights other = shared(larger, 9, Sharing.BODY);
    assertThat(other.layout()).isEqualTo(body.layout());
    assertThat(digest(other)).isEqualTo(digest(body));
  }

  @Test
  void theBodyIsTheMiddleOfAll() {
    Weights all = shared(CONFIG, 9, Sharing.ALL);
    Weights body = shared(CONFIG, 9, Sharing.BODY);
    long offset = 256 * 64;
    assertThat(all.layout().elements()).isEqualTo(offset + body.layout().elements());
    assertThat(CONFIG.parameters()).isEqualTo(all.layout().elements());
    assertThat(all.values().asSlice(offset * Float.BYTES).mismatch(body.values())).isEqualTo(-1);
  }

  @Test
  void valuesHaveTheDistributionOfTheirTensor() {
    Weights weights = shared(CONFIG, 3, Sharing.ALL);
    long offset = 0;
    for (TensorLayout.Tensor tensor : weights.layout().tensors()) {
      double sum = 0;
      double squares = 0;
      for (long i = offset; i < offset + tensor.elements(); i++) {
        sum += weights.get(i);
        squares += weights.get(i) * weights.get(i);
      }
      double mean = sum / tensor.elements();
      double deviation = Math.sqrt(squares / tensor.elements() - mean * mean);
      String name = tensor.name();
      boolean norm = name.endsWith("norm.weight");
      boolean zero = name.endsWith("o_proj.weight") || name.endsWith("down_proj.weight");
      double expected = norm || zero ? 0 : InitialWeights.deviation(64);
      assertThat(mean).as(name).isCloseTo(norm ? 1 : 0, within(0.005));
      assertThat(deviation).as(name).isCloseTo(expected, within(0.1 * expected + 1e-9));
      offset += tensor.elements();
    }
  }

  @Test
  void namesAreThoseOfLlama() {
    assertThat(ModelLayout.of(CONFIG).all().tensors())
        .extracting(TensorLayout.Tensor::name)
        .contains(
            "model.embed_tokens.weight",
            "model.layers.1.self_attn.q_proj.weight",
            "model.layers.1.post_attention_layernorm.weight",
            "model.norm.weight")
        .doesNotContain("lm_head.weight")
        .hasSize(2 + 2 * 9);
  }
}
