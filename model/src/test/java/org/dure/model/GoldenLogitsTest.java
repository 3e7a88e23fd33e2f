package org.dure.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.dure.core.Json;
import org.dure.core.ModelConfig;
import org.junit.jupiter.api.Test;

/// Compares with what the transformers library computed; `src/test/python/golden_logits.py` says
/// how the file was made.
class GoldenLogitsTest {
  private static Map<String, Object> golden() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(GoldenLogitsTest.class.getResourceAsStream("golden_logits.json"))) {
      return Json.object(in.readAllBytes());
    }
  }

  private static void compare(ModelConfig config, String name) throws IOException {
    Map<String, Object> golden = golden();
    int[] tokens = Samples.goldenTokens();
    assertThat(golden.get("tokens")).isEqualTo(Arrays.stream(tokens).boxed().toList());
    try (Transformer model = Samples.transformer(config, Samples.lively(config));
        NativeScope scope = NativeScope.open()) {
      Tensor ids = scope.integers(TorchLanguageModel.widen(tokens), 1, tokens.length);
      Tensor hidden = model.hidden(model.parameters(), ids).squeeze(0);
      ((Map<?, ?>) golden.get(name))
          .forEach(
              (position, row) -> {
                int t = Integer.parseInt((String) position);
                float[] found = TorchLanguageModel.logits(model, scope, hidden.narrow(0, t, 1));
                List<?> expected = (List<?>) row;
                assertThat(found).hasSize(expected.size());
                for (int i = 0; i < found.length; i++) {
                  double value = ((Number) expected.get(i)).doubleValue();
                  assertThat((double) found[i])
                      .as("%s %d %d", name, t, i)
                      .isCloseTo(value, within(1e-3));
                }
              });
    }
  }

  @Test
  void logitsAreThoseOfTransformersWithTiedEmbeddings() throws IOException {
    compare(Samples.tiny(), "tied");
  }

  @Test
  void logitsAreThoseOfTransformersWithAHeadOfItsOwn() throws IOException {
    compare(Samples.untied(), "untied");
  }
}
