package org.dure.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dure.serving.TestServer.Reply;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

@SuppressWarnings("unchecked")
class CompletionsTest {
  private static final String PATH = "/v1/completions";
  private static final NgramModel MODEL = ClientServer.korean();
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = new TestServer(MODEL, ClientServer.french());
  }

  @AfterAll
  static void stop() {
    server.close();
    assertThat(MODEL.open).hasValue(0);
  }

  @Test
  void anAnswerHasTheApisShape() {
    Reply reply =
        server.post(
            PATH, json("'model': 'fr', 'prompt': 'Au village', 'temperature': 0, 'max_tokens': 3"));
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.string("id")).startsWith("cmpl-");
    assertThat(reply.at("object")).isEqualTo("text_completion");
    assertThat((Integer) reply.at("created")).isGreaterThan(1_700_000_000);
    assertThat(reply.at("model")).isEqualTo("fr");
    assertThat(reply.string("system_fingerprint")).isNotEmpty();
    assertThat(reply.at("choices.0")).isEqualTo(choice(", chac", 0, null, "length"));
    assertThat(reply.at("usage"))
        .isEqualTo(Map.of("prompt_tokens", 5, "completion_tokens", 3, "total_tokens", 8));
  }

  @Test
  void sixteenTokensAreGeneratedUnlessToldOtherwise() {
    assertThat(post("'prompt': '두레는', 'temperature': 0").at("usage.completion_tokens"))
        .isEqualTo(16);
  }

  @Test
  void theDefaultLengthIsWhatStillFits() {
    List<Integer> prompt = new ArrayList<>();
    Arrays.stream(MODEL.encode("a".repeat(250))).forEach(prompt::add);
    assertThat(
            post("'prompt': " + prompt + ", 'logit_bias': {'257': -100}")
                .at("usage.completion_tokens"))
        .isEqualTo(6);
  }

  @Test
  void streamedEventsGiveTheSameTextAndTheUsage() {
    List<Map<String, Object>> events =
        server.stream(
            PATH,
            json(
                "'model': 'ko', 'prompt': '두레는', 'temperature': 0, 'max_tokens': 30, 'stream': true,"
                    + " 'stream_options': {'include_usage': true}"));
    Reply whole = post("'prompt': '두레는', 'temperature': 0, 'max_tokens': 30");
    assertThat(joined(events)).isEqualTo(whole.string("choices.0.text"));
    assertThat(events).extracting(event -> event.get("object")).containsOnly("text_completion");
    assertThat(events)
        .extracting(event -> event.get("id"))
        .containsOnly(events.getFirst().get("id"));
    assertThat(TestServer.find(events.getLast(), "usage")).isEqualTo(whole.at("usage"));
    assertThat(TestServer.find(events.getLast(), "choices")).isEqualTo(List.of());
    Map<String, Object> closing = events.get(events.size() - 2);
    assertThat(closing).containsEntry("usage", null);
    assertThat(TestServer.find(closing, "choices.0")).isEqualTo(choice("", 0, null, "length"));
  }

  @Test
  void withoutTheOptionEventsHaveNoUsage() {
    assertThat(
            server.stream(
                PATH, json("'model': 'ko', 'prompt': '두', 'max_tokens': 2, 'stream': true")))
        .noneMatch(event -> event.containsKey("usage"));
  }

  @Test
  void logProbabilitiesAreTheModelsOwn() {
    Reply reply = post("'prompt': '두레는', 'temperature': 0, 'max_tokens': 6, 'logprobs': 2");
    List<Integer> sequence = new ArrayList<>();
    Arrays.stream(MODEL.encode("두레는")).forEach(sequence::add);
    for (int at = 0; at < 6; at++) {
      int token = mostLikely(sequence);
      double expected = Math.log(MODEL.probability(sequence, token));
      assertThat((Double) reply.at("choices.0.logprobs.token_logprobs." + at))
          .isCloseTo(expected, within(1e-4));
      String name = reply.string("choices.0.logprobs.tokens." + at);
      assertThat(name).isEqualTo(TokenText.marked(MODEL, token));
      assertThat((Map<Object, Object>) reply.at("choices.0.logprobs.top_logprobs." + at))
          .hasSize(2)
          .containsKey(name);
      sequence.add(token);
    }
    // As in the OpenAI API, offsets count from the beginning of the prompt.
    assertThat(reply.at("choices.0.logprobs.text_offset.0")).isEqualTo(3);
  }

  @Test
  void zeroLogProbsGivesTheChosenTokensOnly() {
    Reply reply = post("'prompt': '두레는', 'max_tokens': 4, 'logprobs': 0");
    assertThat((List<?>) reply.at("choices.0.logprobs.token_logprobs")).hasSize(4);
    assertThat(reply.at("choices.0.logprobs.top_logprobs")).isNull();
  }

  @Test
  void anUnlikelyTokenIsAddedToTheMostLikelyOnes() {
    Reply reply =
        post("'prompt': '두레는', 'max_tokens': 1, 'logprobs': 2, 'logit_bias': {'65': 100}");
    assertThat((Map<Object, Object>) reply.at("choices.0.logprobs.top_logprobs.0"))
        .hasSize(3)
        .containsKey("A");
  }

  @Test
  void echoRepeatsThePromptWithItsLogProbabilities() {
    Reply reply =
        post("'prompt': '두레는', 'echo': true, 'max_tokens': 3, 'logprobs': 1, 'temperature': 0");
    assertThat(reply.string("choices.0.text")).isEqualTo("두레는 마\ufffd");
    assertThat((List<?>) reply.at("choices.0.logprobs.tokens")).hasSize(8);
    assertThat(reply.at("choices.0.logprobs.token_logprobs.0")).isNull();
    assertThat(reply.at("choices.0.logprobs.top_logprobs.0")).isNull();
    assertThat(reply.at("choices.0.logprobs.text_offset"))
        .isEqualTo(List.of(0, 0, 1, 2, 2, 3, 4, 5));
    assertThat((Double) reply.at("choices.0.logprobs.token_logprobs.2")).isNegative();
  }

  @Test
  void echoWithoutNewTokensOnlyScoresThePrompt() {
    int before = MODEL.steps.get();
    Reply reply = post("'prompt': '두레는', 'echo': true, 'max_tokens': 0, 'logprobs': 1");
    assertThat(reply.at("choices.0.text")).isEqualTo("두레는");
    assertThat((List<?>) reply.at("choices.0.logprobs.tokens")).hasSize(5);
    assertThat(reply.at("usage.completion_tokens")).isEqualTo(0);
    assertThat(MODEL.steps).hasValue(before);
  }

  @Test
  void echoIsStreamedFirst() {
    List<Map<String, Object>> events =
        server.stream(
            PATH,
            json(
                "'model': 'ko', 'prompt': '두레는', 'echo': true, 'max_tokens': 2, 'temperature': 0, 'stream': true, 'logprobs': 0"));
    assertThat(TestServer.find(events.getFirst(), "choices.0.text")).isEqualTo("두레는");
    assertThat(joined(events)).isEqualTo("두레는 마");
    assertThat((List<?>) TestServer.find(events.getFirst(), "choices.0.logprobs.tokens"))
        .hasSize(5);
  }

  @Test
  void promptsComeAsTextTokensOrArraysOfThem() {
    String expected = post("'prompt': '두레는', 'temperature': 0").string("choices.0.text");
    String tokens = Arrays.toString(MODEL.encode("두레는"));
    assertThat(post("'prompt': " + tokens + ", 'temperature': 0").string("choices.0.text"))
        .isEqualTo(expected);
    Reply several = post("'prompt': ['두레는', " + tokens + "], 'temperature': 0, 'n': 2");
    assertThat((List<?>) several.at("choices"))
        .extracting(choice -> TestServer.find(choice, "text"))
        .containsExactly(expected, expected, expected, expected);
    assertThat((List<?>) several.at("choices"))
        .extracting(choice -> TestServer.find(choice, "index"))
        .containsExactly(0, 1, 2, 3);
    assertThat(several.at("usage.prompt_tokens")).isEqualTo(10);
    assertThat(post("'prompt': null, 'temperature': 0").string("choices.0.text")).startsWith("두레");
  }

  @Test
  void eachOfSeveralAnswersHasItsOwnSeed() {
    Reply three = post("'prompt': '두', 'n': 3, 'seed': 5, 'temperature': 2, 'max_tokens': 12");
    for (int answer = 0; answer < 3; answer++) {
      Reply one =
          post(
              "'prompt': '두', 'seed': %d, 'temperature': 2, 'max_tokens': 12"
                  .formatted(5 + answer));
      assertThat(one.at("choices.0.text")).isEqualTo(three.at("choices.%d.text".formatted(answer)));
    }
    assertThat(three.at("choices.0.text")).isNotEqualTo(three.at("choices.1.text"));
  }

  @Test
  void theBestOfSeveralIsTheMostLikely() {
    Reply all =
        post("'prompt': '두', 'n': 6, 'seed': 5, 'temperature': 2, 'max_tokens': 6, 'logprobs': 0");
    Reply best = post("'prompt': '두', 'best_of': 6, 'seed': 5, 'temperature': 2, 'max_tokens': 6");
    double highest = Double.NEGATIVE_INFINITY;
    Object text = "";
    for (Object choice : (List<?>) all.at("choices")) {
      List<?> scores = (List<?>) TestServer.find(choice, "logprobs.token_logprobs");
      double mean =
          scores.stream()
              .mapToDouble(score -> ((Number) score).doubleValue())
              .average()
              .orElse(-99);
      if (mean > highest) {
        highest = mean;
        text = TestServer.find(choice, "text");
      }
    }
    assertThat((List<?>) best.at("choices")).hasSize(1);
    assertThat(best.at("choices.0.text")).isEqualTo(text);
    assertThat(best.at("choices.0.logprobs")).isNull();
  }

  @Test
  void stopStringsEndTheAnswerAndAreNotShown() {
    Reply one = post("'prompt': '두레는', 'stop': '사람', 'temperature': 0, 'max_tokens': 99");
    assertThat(one.at("choices.0")).isEqualTo(choice(" 마을 ", 0, null, "stop"));
    List<Map<String, Object>> events =
        server.stream(
            PATH,
            json(
                "'model': 'ko', 'prompt': '두레는', 'stop': ['x', '사람'], 'temperature': 0, 'max_tokens': 99, 'stream': true"));
    assertThat(joined(events)).isEqualTo(" 마을 ");
    assertThat(TestServer.find(events.getLast(), "choices.0.finish_reason")).isEqualTo("stop");
  }

  @Test
  void theModelsOwnEndIsAStop() {
    Reply reply = post("'prompt': '두레는', 'temperature': 0, 'max_tokens': 240");
    assertThat(reply.string("choices.0.text")).endsWith("🌾.");
    assertThat(reply.at("choices.0.finish_reason")).isEqualTo("stop");
  }

  @Test
  void parametersThatChangeNothingAreAccepted() {
    Reply reply =
        post(
            "'prompt': '두', 'user': 'me', 'metadata': {'k': 'v'}, 'store': true, 'service_tier': 'auto',"
                + " 'safety_identifier': 'x', 'prompt_cache_key': 'y', 'suffix': null, 'stop': null,"
                + " 'presence_penalty': 0.5, 'frequency_penalty': -0.5");
    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
  }

  private static int mostLikely(List<Integer> sequence) {
    int best = 0;
    for (int token = 1; token < MODEL.vocabularySize(); token++) {
      if (MODEL.probability(sequence, token) > MODEL.probability(sequence, best)) {
        best = token;
      }
    }
    return best;
  }

  private static Reply post(String body) {
    return server.post(PATH, json("'model': 'ko', " + body));
  }

  static String json(String body) {
    return "{" + body.replace('\'', '"') + "}";
  }

  private static String joined(List<Map<String, Object>> events) {
    StringBuilder text = new StringBuilder();
    events.stream()
        .filter(event -> !((List<?>) event.get("choices")).isEmpty())
        .forEach(event -> text.append(TestServer.find(event, "choices.0.text")));
    return text.toString();
  }

  private static Map<String, Object> choice(
      String text, int index, Object logprobs, String reason) {
    Map<String, Object> choice = new HashMap<>();
    choice.put("text", text);
    choice.put("index", index);
    choice.put("logprobs", logprobs);
    choice.put("finish_reason", reason);
    return choice;
  }
}
