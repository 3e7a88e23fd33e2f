package org.dure.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.dure.core.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Our ids against those that Hugging Face tokenizers gave for the same `tokenizer.json`:
/// `Tokenizer.from_file("tokenizer.json").encode(text, add_special_tokens=False).ids` for every
/// text of `huggingface-ids.json`, sentences in five languages and odd Unicode; `encode(text).ids`
/// were the same after `<|begin|>`.
class HuggingFaceTest {
  private static byte[] resource(String name) throws IOException {
    try (InputStream in = Objects.requireNonNull(HuggingFaceTest.class.getResourceAsStream(name))) {
      return in.readAllBytes();
    }
  }

  /// The files named `-marks` are of a tokenizer whose words hold marks, and of texts in scripts
  /// that write them.
  @ParameterizedTest
  @CsvSource({
    "tokenizer.json, huggingface-ids.json, 40",
    "tokenizer-marks.json, huggingface-ids-marks.json, 14",
  })
  void idsAreThoseOfHuggingFaceTokenizers(String file, String ids, int least) throws IOException {
    Tokenizer tokenizer = Tokenizer.parse(resource(file));
    List<?> vectors = Json.array(resource(ids));
    assertThat(vectors).hasSizeGreaterThan(least);
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
  void aFileFromBeforeItSaidThatTextsBeginWithASpecialIsReadTheSame() throws IOException {
    String now = new String(resource("tokenizer.json"), UTF_8);
    String before =
        now.replaceFirst(
            "\"post_processor\":.*?,\"decoder\"", "\"post_processor\":null,\"decoder\"");
    assertThat(before).isNotEqualTo(now);
    Tokenizer old = Tokenizer.parse(before.getBytes(UTF_8));
    assertThat(old.encode("두레")).isEqualTo(Tokenizer.parse(now.getBytes(UTF_8)).encode("두레"));
    assertThat(old.json()).asString(UTF_8).isEqualTo(before);
  }

  @Test
  void theFileSaysWhatStandsBeforeEveryText() throws IOException {
    Tokenizer tokenizer = Tokenizer.parse(resource("tokenizer.json"));
    Map<?, ?> processor = (Map<?, ?>) Json.object(tokenizer.json()).get("post_processor");
    assertThat(processor.get("type")).isEqualTo("TemplateProcessing");
    assertThat(Json.text(processor.get("single")))
        .isEqualTo(
            "[{\"SpecialToken\":{\"id\":\"<|begin|>\",\"type_id\":0}},{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}]");
    assertThat(Json.text(processor.get("special_tokens")))
        .isEqualTo(
            "{\"<|begin|>\":{\"id\":\"<|begin|>\",\"ids\":[%d],\"tokens\":[\"<|begin|>\"]}}"
                .formatted(tokenizer.beginToken()));
    assertThat(tokenizer.encode("두레")).doesNotContain(tokenizer.beginToken());
  }

  @Test
  void theFileIsWrittenAsItWasWhenItWasJudged() throws IOException {
    byte[] json = resource("tokenizer.json");
    assertThat(Tokenizer.parse(json).json()).isEqualTo(json);
    String now =
        new String(json, StandardCharsets.UTF_8)
            .replace(Json.text(Splitter.LLAMA_3.pattern()), Json.text(Splitter.STANDARD.pattern()));
    assertThat(TokenizerJson.write(TokenizerJson.parse(json, "tokenizer.json")))
        .asString(StandardCharsets.UTF_8)
        .isEqualTo(now);
  }
}
