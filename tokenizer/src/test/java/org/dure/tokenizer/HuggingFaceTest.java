package org.dure.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.dure.core.Json;
import org.junit.jupiter.api.Test;

/// Our ids against those that Hugging Face tokenizers 0.23.3 gave for the same `tokenizer.json`:
/// `Tokenizer.from_file("tokenizer.json").encode(text).ids` for every text of
/// `huggingface-ids.json`, sentences in five languages and odd Unicode.
class HuggingFaceTest {
  private static byte[] resource(String name) throws IOException {
    try (InputStream in = Objects.requireNonNull(HuggingFaceTest.class.getResourceAsStream(name))) {
      return in.readAllBytes();
    }
  }

  @Test
  void idsAreThoseOfHuggingFaceTokenizers() throws IOException {
    Tokenizer tokenizer = Tokenizer.parse(resource("tokenizer.json"));
    List<?> vectors = Json.array(resource("huggingface-ids.json"));
    assertThat(vectors).hasSizeGreaterThan(40);
    for (Object vector : vectors) {
      Map<?, ?> fields = (Map<?, ?>) vector;
      String text = (String) Objects.requireNonNull(fields.get("text"));
      assertThat(Arrays.stream(tokenizer.encode(text)).boxed().toList())
          .as(text)
          .isEqualTo(fields.get("ids"));
      assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(Normal.composed(text));
    }
  }

  @Test
  void theFileIsWrittenAsItWasWhenItWasJudged() throws IOException {
    byte[] json = resource("tokenizer.json");
    assertThat(TokenizerJson.write(TokenizerJson.parse(json, "tokenizer.json"))).isEqualTo(json);
  }
}
