package org.dure.serving;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Map;
import java.util.stream.Stream;
import org.dure.core.Decoding;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The bodies of requests before hostile bytes.
class DecoderFuzzTest {
  private static final JobParser PARSER =
      new JobParser(Map.of("tiny", new NgramModel("tiny", "en", 512, "the cat and the hat"))::get);

  private static Arguments seed(String text) {
    return Arguments.of((Object) text.getBytes(UTF_8));
  }

  static Stream<Arguments> completions() {
    return Stream.of(
        seed(
            "{\"model\":\"tiny\",\"prompt\":[\"the\",[1,2]],\"max_tokens\":3,\"n\":2,\"best_of\":2,"
                + "\"logprobs\":2,\"echo\":true,\"stop\":[\"x\"],\"temperature\":0.5,\"top_p\":0.9,"
                + "\"seed\":7,\"logit_bias\":{\"65\":-100},\"user\":\"a\",\"metadata\":{\"a\":\"b\"}}"),
        seed("{\"model\":\"tiny\",\"prompt\":\"\\ud800\",\"temperature\":1e999}"));
  }

  @MethodSource("completions")
  @FuzzTest
  void aCompletionIsReadOrRefusedByName(byte[] bytes) {
    Decoding.of(
            bytes,
            body -> PARSER.completion(RequestParameters.parse(body)),
            ApiError.class::isInstance)
        .ifPresent(job -> assertThat(job.prompts()).isNotEmpty());
  }

  static Stream<Arguments> chats() {
    return Stream.of(
        seed(
            "{\"model\":\"tiny\",\"messages\":[{\"role\":\"system\",\"content\":\"be\"},"
                + "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]}],"
                + "\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                + "\"max_completion_tokens\":4,\"logprobs\":true,\"top_logprobs\":3,"
                + "\"response_format\":{\"type\":\"text\"},\"modalities\":[\"text\"]}"));
  }

  @MethodSource("chats")
  @FuzzTest
  void aChatIsReadOrRefusedByName(byte[] bytes) {
    Decoding.of(
            bytes, body -> PARSER.chat(RequestParameters.parse(body)), ApiError.class::isInstance)
        .ifPresent(job -> assertThat(job.prompts()).hasSize(1));
  }
}
