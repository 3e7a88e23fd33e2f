package org.dure.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.dure.core.Json;
import org.dure.serving.TestServer.Reply;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The prompt given back with the answer: as it was sent, whole characters at the joint, and
/// offsets that are places of the text that is returned.
class EchoTest {
  private static final String PATH = "/v1/completions";
  private static final NgramModel MODEL = ClientServer.korean();
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = new TestServer(MODEL);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Reply echo(Object prompt, int tokens, boolean streamed) {
    return server.post(
        PATH,
        Json.text(
            Map.of(
                "model",
                "ko",
                "prompt",
                prompt,
                "echo",
                true,
                "logprobs",
                0,
                "temperature",
                0,
                "max_tokens",
                tokens,
                "stream",
                streamed)));
  }

  private static String text(Object prompt, int tokens) {
    String whole = echo(prompt, tokens, false).string("choices.0.text");
    StringBuilder streamed = new StringBuilder();
    for (String line : echo(prompt, tokens, true).text().split("\n\n")) {
      if (line.startsWith("data: {")) {
        Map<String, Object> event = Json.object(line.substring(6).getBytes(StandardCharsets.UTF_8));
        streamed.append(TestServer.find(event, "choices.0.text"));
      }
    }
    assertThat(streamed.toString()).isEqualTo(whole);
    return whole;
  }

  @Test
  void textComesBackAsItWasSentNotInItsNormalForm() {
    for (String sent :
        List.of(
            Normalizer.normalize("두레는", Normalizer.Form.NFD),
            "\u0110\u00ea\u0309 l\u01b0u ta\u0300i li\u00ea\u0323u, ",
            "q\u0301\u0323",
            "\u212b\u2126\uf900",
            "e\u0301".repeat(20),
            "a" + "\u0301\u0316".repeat(20))) {
      assertThat(text(sent, 5)).startsWith(sent);
    }
    assertThat(
            server
                .post(
                    PATH,
                    CompletionsTest.json(
                        "'model': 'ko', 'prompt': '\\ud800두', 'echo': true, 'max_tokens': 0"))
                .string("choices.0.text"))
        .as("half a surrogate pair is no text")
        .isEqualTo("\ufffd두");
    assertThat(text(Normalizer.normalize("두레는", Normalizer.Form.NFD), 11))
        .isEqualTo(Normalizer.normalize("두레는", Normalizer.Form.NFD) + text("두레는", 11).substring(3));
  }

  @Test
  void offsetsArePlacesOfTheTextThatWasSent() {
    String sent = Normalizer.normalize("두레", Normalizer.Form.NFD) + " q\u0301\u0323x";
    Reply reply = echo(sent, 3, false);
    List<?> offsets = (List<?>) reply.at("choices.0.logprobs.text_offset");
    int[] tokens = MODEL.encode(sent);
    assertThat(offsets).hasSize(tokens.length + 3);
    // Two Hangul syllables of two conjoining letters each, a space, then q, whose marks are
    // swapped.
    List<Integer> places = offsets.stream().limit(tokens.length).map(Integer.class::cast).toList();
    assertThat(places).isSorted().isSubsetOf(0, 2, 4, 5, 6, 7, 8).contains(0, 2, 5, 6, 7, 8);
    assertThat(offsets.get(tokens.length)).isEqualTo(sent.codePointCount(0, sent.length()));
    assertThat(
            server
                .post(
                    PATH,
                    Json.text(
                        Map.of("model", "ko", "prompt", sent, "logprobs", 0, "max_tokens", 1)))
                .at("choices.0.logprobs.text_offset.0"))
        .isEqualTo(sent.codePointCount(0, sent.length()));
  }

  @Test
  void aCharacterThatThePromptBeginsTheAnswerFinishes() {
    int[] all = MODEL.encode("두레는");
    List<Integer> half = Arrays.stream(all, 0, 1).boxed().toList();
    assertThat(text(half, 7)).startsWith("두레는").doesNotContain("\ufffd");
    Reply reply = echo(half, 7, false);
    assertThat(reply.at("choices.0.logprobs.text_offset.0")).isEqualTo(0);
    assertThat(reply.at("choices.0.logprobs.text_offset.1")).isEqualTo(0);
    Reply alone =
        server.post(
            PATH,
            Json.text(
                Map.of("model", "ko", "prompt", List.of(half), "temperature", 0, "max_tokens", 7)));
    assertThat(alone.string("choices.0.text")).startsWith("두레는");
  }

  @Test
  void aCharacterThatNothingFinishesIsTheReplacementCharacter() {
    List<Integer> half = List.of(MODEL.encode("두")[0]);
    assertThat(text(half, 0)).isEqualTo("\ufffd");
    Reply alone =
        server.post(
            PATH, Json.text(Map.of("model", "ko", "prompt", List.of(half), "max_tokens", 0)));
    assertThat(alone.string("choices.0.text")).isEmpty();
    Reply broken =
        server.post(
            PATH,
            Json.text(
                Map.of(
                    "model",
                    "ko",
                    "prompt",
                    half,
                    "echo",
                    true,
                    "max_tokens",
                    1,
                    "logit_bias",
                    Map.of("65", 100))));
    assertThat(broken.string("choices.0.text")).isEqualTo("\ufffdA");
  }
}
