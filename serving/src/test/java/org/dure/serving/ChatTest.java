package org.dure.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.dure.serving.TestServer.Reply;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ChatTest {
  private static final String PATH = "/v1/chat/completions";
  private static final String ASK =
      "'model': 'ko', 'temperature': 0, 'messages': [{'role': 'user', 'content': '두레는'}]";
  private static final String FRENCH =
      "'model': 'fr', 'temperature': 0, 'messages': [{'role': 'user', 'content': 'Au village'}]";
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = new TestServer(ClientServer.korean(), ClientServer.french());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void anAnswerHasTheApisShape() {
    Reply reply = post(FRENCH + ", 'max_completion_tokens': 3");
    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
    assertThat(reply.string("id")).startsWith("chatcmpl-");
    assertThat(reply.at("object")).isEqualTo("chat.completion");
    assertThat(reply.at("choices.0.index")).isEqualTo(0);
    assertThat(reply.at("choices.0.message.role")).isEqualTo("assistant");
    assertThat(reply.at("choices.0.message.content")).isEqualTo(", chac");
    assertThat(reply.at("choices.0.message.refusal")).isNull();
    assertThat(reply.at("choices.0.logprobs")).isNull();
    assertThat(reply.at("choices.0.finish_reason")).isEqualTo("length");
    assertThat(reply.at("usage.total_tokens")).isEqualTo(8);
  }

  @Test
  void withoutALengthTheAnswerMayFillTheContext() {
    assertThat(post(ASK).string("choices.0.message.content")).endsWith("🌾.");
  }

  @Test
  void messagesAreJoinedByLineEndsAndTheLastIsContinued() {
    Reply reply =
        post(
            "'model': 'ko', 'temperature': 0, 'max_tokens': 5, 'messages': [{'role': 'system', 'content':"
                + " '함께 일한다.'}, {'role': 'assistant', 'content': '그래', 'refusal': null, 'annotations':"
                + " [], 'tool_calls': null}, {'role': 'user', 'content': [{'type': 'text', 'text': '글은'},"
                + " {'type': 'text', 'text': ' 집을'}]}]");
    assertThat(reply.at("usage.prompt_tokens"))
        .isEqualTo(ClientServer.korean().encode("함께 일한다.\n그래\n글은 집을").length);
    Reply same =
        server.post(
            "/v1/completions",
            CompletionsTest.json(
                "'model': 'ko', 'temperature': 0, 'max_tokens': 5, 'prompt': '함께 일한다.\\n그래\\n글은 집을'"));
    assertThat(reply.at("choices.0.message.content")).isEqualTo(same.at("choices.0.text"));
  }

  @Test
  void logProbabilitiesNameTokensAndBytes() {
    Reply reply = post(ASK + ", 'max_tokens': 2, 'logprobs': true, 'top_logprobs': 3");
    assertThat(reply.at("choices.0.message.content")).isEqualTo(" 마");
    assertThat(reply.at("choices.0.logprobs.content.0.token")).isEqualTo("\\x20\\xeb");
    assertThat(reply.at("choices.0.logprobs.content.0.bytes")).isEqualTo(List.of(0x20, 0xeb));
    assertThat((Double) reply.at("choices.0.logprobs.content.0.logprob")).isBetween(-0.1, 0.0);
    assertThat((List<?>) reply.at("choices.0.logprobs.content.0.top_logprobs")).hasSize(3);
    assertThat(reply.at("choices.0.logprobs.content.0.top_logprobs.0.token"))
        .isEqualTo("\\x20\\xeb");
    Reply chosen = post(ASK + ", 'max_tokens': 2, 'logprobs': true");
    assertThat(chosen.at("choices.0.logprobs.content.1.top_logprobs")).isEqualTo(List.of());
  }

  @Test
  void aStreamOpensWithTheRoleAndClosesWithTheReason() {
    List<Map<String, Object>> chunks =
        server.stream(
            PATH,
            CompletionsTest.json(
                FRENCH + ", 'max_tokens': 3, 'n': 2, 'stream': true, 'logprobs': true"));
    assertThat(chunks)
        .extracting(chunk -> chunk.get("object"))
        .containsOnly("chat.completion.chunk");
    for (int index = 0; index < 2; index++) {
      int wanted = index;
      List<Map<String, Object>> own =
          chunks.stream()
              .filter(chunk -> TestServer.find(chunk, "choices.0.index").equals(wanted))
              .toList();
      assertThat(TestServer.find(own.getFirst(), "choices.0.delta.role")).isEqualTo("assistant");
      assertThat(TestServer.find(own.getLast(), "choices.0.delta")).isEqualTo(Map.of());
      assertThat(TestServer.find(own.getLast(), "choices.0.finish_reason")).isEqualTo("length");
      StringBuilder text = new StringBuilder();
      int tokens = 0;
      for (Map<String, Object> chunk : own.subList(1, own.size() - 1)) {
        text.append(TestServer.find(chunk, "choices.0.delta.content"));
        tokens += ((List<?>) TestServer.find(chunk, "choices.0.logprobs.content")).size();
        assertThat(TestServer.find(chunk, "choices.0.finish_reason")).isNull();
      }
      assertThat(text.toString()).isEqualTo(", chac");
      assertThat(tokens).isEqualTo(3);
    }
  }

  @Test
  void formatsThatAreTextAnywayAreAccepted() {
    assertThat(
            post(ASK
                    + ", 'max_tokens': 1, 'response_format': {'type': 'text'}, 'modalities': ['text']")
                .status())
        .isEqualTo(200);
  }

  @Test
  void severalModelsAreServedByName() {
    assertThat(
            post("'model': 'fr', 'max_tokens': 2, 'temperature': 0, 'messages': [{'role': 'user', 'content': 'Au village'}]")
                .at("choices.0.message.content"))
        .isEqualTo(", ch");
  }

  private static Reply post(String body) {
    return server.post(PATH, CompletionsTest.json(body));
  }
}
