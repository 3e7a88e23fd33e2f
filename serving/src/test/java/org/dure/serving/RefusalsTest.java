package org.dure.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import org.dure.serving.TestServer.Reply;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RefusalsTest {
  private static final String COMPLETIONS = "/v1/completions";
  private static final String CHAT = "/v1/chat/completions";
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = new TestServer(ClientServer.korean());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "'temperature': 2.1 | temperature | decimal_above_max_value",
        "'temperature': -1 | temperature | decimal_below_min_value",
        "'temperature': '1' | temperature | invalid_type",
        "'top_p': 1.5 | top_p | decimal_above_max_value",
        "'max_tokens': -1 | max_tokens | integer_below_min_value",
        "'max_tokens': 1.5 | max_tokens | invalid_type",
        "'max_tokens': true | max_tokens | invalid_type",
        "'max_tokens': 99999999999999999999 | max_tokens | integer_above_max_value",
        "'max_tokens': 300 | prompt | context_length_exceeded",
        "'n': 0 | n | integer_below_min_value",
        "'n': 129 | n | integer_above_max_value",
        "'n': 2, 'best_of': 1 | best_of | invalid_value",
        "'best_of': 2, 'stream': true | best_of | invalid_value",
        "'logprobs': 6 | logprobs | integer_above_max_value",
        "'logprobs': true | logprobs | invalid_type",
        "'echo': 1 | echo | invalid_type",
        "'seed': 'x' | seed | invalid_type",
        "'seed': 9223372036854775808 | seed | integer_above_max_value",
        "'stop': ['a','b','c','d','e'] | stop | array_above_max_length",
        "'stop': '' | stop | empty_string",
        "'stop': [1] | stop | invalid_type",
        "'stop': {} | stop | invalid_type",
        "'logit_bias': {'x': 1} | logit_bias.x | invalid_key",
        "'logit_bias': {'99999': 1} | logit_bias.99999 | invalid_key",
        "'logit_bias': {'1': 101} | logit_bias.1 | decimal_above_max_value",
        "'logit_bias': [] | logit_bias | invalid_type",
        "'frequency_penalty': 3 | frequency_penalty | decimal_above_max_value",
        "'presence_penalty': -3 | presence_penalty | decimal_below_min_value",
        "'stream': 'yes' | stream | invalid_type",
        "'stream_options': {} | stream_options | invalid_value",
        "'stream': true, 'stream_options': {'x': 1} | stream_options.x | unknown_parameter",
        "'suffix': 'x' | suffix | unsupported_parameter",
        "'tools': [] | tools | unsupported_parameter",
        "'messages': [] | messages | unknown_parameter",
        "'top_k': 5 | top_k | unknown_parameter",
        "'foo': null | foo | unknown_parameter",
        "'user': 5 | user | invalid_type",
        "'metadata': {'a': 1} | metadata.a | invalid_type",
        "'prompt': 5 | prompt | invalid_type",
        "'prompt': [] | prompt | empty_array",
        "'prompt': [1, 'x'] | prompt[1] | invalid_type",
        "'prompt': ['a', {}] | prompt[1] | invalid_type",
        "'prompt': [[1], [99999]] | prompt[1][0] | invalid_value",
      })
  void aBadCompletionParameterIsNamed(String body, String parameter, String code) {
    String prompt = body.contains("'prompt'") ? "" : "'prompt': 'a', ";
    Reply reply = server.post(COMPLETIONS, CompletionsTest.json("'model': 'ko', " + prompt + body));
    assertThat(reply.status()).as(reply.text()).isEqualTo(400);
    reply.refusedFor(parameter, code);
    assertThat(reply.at("error.type")).isEqualTo("invalid_request_error");
    assertThat(reply.string("error.message"))
        .contains(parameter.replaceFirst("\\..*", "").replace("messages", ""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "'tools': [{}] | tools | unsupported_parameter",
        "'tool_choice': 'none' | tool_choice | unsupported_parameter",
        "'functions': [] | functions | unsupported_parameter",
        "'function_call': 'auto' | function_call | unsupported_parameter",
        "'parallel_tool_calls': true | parallel_tool_calls | unsupported_parameter",
        "'response_format': {'type': 'json_object'} | response_format | unsupported_value",
        "'response_format': 'text' | response_format | invalid_type",
        "'modalities': ['text', 'audio'] | modalities | unsupported_value",
        "'audio': {} | audio | unsupported_parameter",
        "'prediction': {} | prediction | unsupported_parameter",
        "'reasoning_effort': 'low' | reasoning_effort | unsupported_parameter",
        "'verbosity': 'low' | verbosity | unsupported_parameter",
        "'web_search_options': {} | web_search_options | unsupported_parameter",
        "'echo': true | echo | unsupported_parameter",
        "'prompt': 'x' | prompt | unknown_parameter",
        "'min_p': 0.1 | min_p | unknown_parameter",
        "'logprobs': 1 | logprobs | invalid_type",
        "'top_logprobs': 2 | top_logprobs | invalid_value",
        "'logprobs': true, 'top_logprobs': 21 | top_logprobs | integer_above_max_value",
        "'max_tokens': 0 | max_tokens | integer_below_min_value",
        "'max_tokens': 1, 'max_completion_tokens': 1 | max_tokens | invalid_parameter_combination",
        "'max_completion_tokens': 256 | messages | context_length_exceeded",
      })
  void aBadChatParameterIsNamed(String body, String parameter, String code) {
    Reply reply =
        server.post(
            CHAT,
            CompletionsTest.json(
                "'model': 'ko', 'messages': [{'role': 'user', 'content': 'a'}], " + body));
    assertThat(reply.status()).as(reply.text()).isEqualTo(400);
    reply.refusedFor(parameter, code);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "[] | messages | empty_array",
        "'hi' | messages | invalid_type",
        "['hi'] | messages[0] | invalid_type",
        "[{'content': 'a'}] | messages[0].role | missing_required_parameter",
        "[{'role': 'user'}] | messages[0].content | missing_required_parameter",
        "[{'role': 'tool', 'content': 'a'}] | messages[0].role | invalid_value",
        "[{'role': 'user', 'content': 5}] | messages[0].content | invalid_type",
        "[{'role': 'user', 'content': 'a', 'name': 'x'}] | messages[0].name | unsupported_parameter",
        "[{'role': 'user', 'content': 'a', 'x': 1}] | messages[0].x | unknown_parameter",
        "[{'role': 'assistant', 'content': 'a', 'tool_calls': [{}]}] | messages[0].tool_calls | unsupported_parameter",
        "[{'role': 'user', 'content': [{'type': 'image_url'}]}] | messages[0].content[0].type | unsupported_value",
        "[{'role': 'user', 'content': [{'type': 'text'}]}] | messages[0].content[0].text | missing_required_parameter",
      })
  void aBadMessageIsNamed(String messages, String parameter, String code) {
    Reply reply = server.post(CHAT, CompletionsTest.json("'model': 'ko', 'messages': " + messages));
    assertThat(reply.status()).as(reply.text()).isEqualTo(400);
    reply.refusedFor(parameter, code);
  }

  @Test
  void aPromptLongerThanTheContextIsRefusedWithTheNumbers() {
    Reply reply =
        server.post(
            COMPLETIONS,
            CompletionsTest.json("'model': 'ko', 'prompt': '" + "a".repeat(300) + "'"));
    reply.refusedFor("prompt", "context_length_exceeded");
    assertThat(reply.string("error.message")).contains("256 tokens", "300 in your prompt");
    Reply chat =
        server.post(
            CHAT,
            CompletionsTest.json(
                "'model': 'ko', 'messages': [{'role': 'user', 'content': '"
                    + "a".repeat(256)
                    + "'}]"));
    chat.refusedFor("messages", "context_length_exceeded");
  }

  @Test
  void anUnknownModelIsNotFound() {
    Reply reply = server.post(COMPLETIONS, CompletionsTest.json("'model': 'de', 'prompt': 'a'"));
    assertThat(reply.status()).isEqualTo(404);
    reply.refusedFor("model", "model_not_found");
    assertThat(server.get("/v1/models/de").status()).isEqualTo(404);
    server
        .post(COMPLETIONS, "{\"prompt\": \"a\"}")
        .refusedFor("model", "missing_required_parameter");
    server
        .post(COMPLETIONS, "{\"model\": \"ko\"}")
        .refusedFor("prompt", "missing_required_parameter");
    server.post(CHAT, "{\"model\": \"ko\"}").refusedFor("messages", "missing_required_parameter");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "5",
        "{",
        "{\"model\": \"ko\"} x",
        "{\"model\": 'ko'}",
        "{\"model\": \"ko\", \"model\": \"ko\"}",
        "{\"a\": NaN}"
      })
  void whatIsNoJsonObjectIsRefused(String body) {
    Reply reply = server.post(COMPLETIONS, body);
    assertThat(reply.status()).as(reply.text()).isEqualTo(400);
    assertThat(reply.string("error.message")).contains("JSON");
    assertThat(reply.at("error.type")).isEqualTo("invalid_request_error");
  }

  @Test
  void deeplyNestedJsonAndBrokenUtf8AreRefused() {
    assertThat(server.post(COMPLETIONS, "{\"a\":" + "[".repeat(5000)).status()).isEqualTo(400);
    HttpRequest broken =
        server
            .request(COMPLETIONS, "Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofByteArray(
                    new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'}))
            .build();
    assertThat(server.send(broken).status()).isEqualTo(400);
  }

  @Test
  void aBodyThatIsTooLargeIsRefused() {
    Reply reply =
        server.post(
            COMPLETIONS,
            CompletionsTest.json("'model': 'ko', 'prompt': '" + "a".repeat(70_000) + "'"));
    assertThat(reply.status()).isEqualTo(413);
    assertThat(reply.at("error.code")).isEqualTo("request_too_large");
  }

  /// A connection that is closed on what it has not read loses the answer, mostly under load.
  @ParameterizedTest
  @CsvSource({
    "/v1/completions, application/json, 413",
    "/v1/completions, text/plain, 415",
    "/v1/nothing, application/json, 404"
  })
  void whoIsRefusedHearsItBeforeTheBodyIsSentAndMaySendTheRest(String path, String type, int status)
      throws IOException {
    String head =
        "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: 3000000\r\n\r\n"
            .formatted(path, type);
    try (Socket socket = new Socket(ModelServer.LOOPBACK, server.server.port())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().write(new byte[1_000]);
      TestServer.readUntil(socket.getInputStream(), "HTTP/1.1 " + status + " ");
      for (int part = 0; part < 2_999; part++) {
        socket.getOutputStream().write(new byte[1_000]);
      }
    }
  }

  @Test
  void aBodyIsJsonUnderItsOwnNameUnderTheOneThatCurlGivesItAndUnderNone() {
    String json = "{\"model\": \"ko\", \"prompt\": \"a\"}";
    for (String type :
        new String[] {
          "application/json",
          "Application/JSON; charset=utf-8",
          "application/x-www-form-urlencoded",
          "application/x-www-form-urlencoded; charset=UTF-8"
        }) {
      assertThat(post(type, json).status()).as(type).isEqualTo(200);
    }
    assertThat(server.exchange(json, "POST " + COMPLETIONS + " HTTP/1.1", "Host: localhost"))
        .startsWith("HTTP/1.1 200 ");
    assertThat(post("text/plain", json).status()).isEqualTo(415);
    assertThat(post("multipart/form-data; boundary=x", json).status()).isEqualTo(415);
    assertThat(post("application/x-www-form-urlencoded", "model=ko&prompt=a").status())
        .isEqualTo(400);
  }

  private static Reply post(String type, String body) {
    return server.send(
        server
            .request(COMPLETIONS, "Content-Type", type)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  @Test
  void wrongPathsAndMethodsAreRefusedInTheSameShape() {
    Reply path = server.get("/v1/embeddings");
    assertThat(path.status()).isEqualTo(404);
    assertThat(path.string("error.message")).isEqualTo("Invalid URL (GET /v1/embeddings)");
    Reply method = server.get(COMPLETIONS);
    assertThat(method.status()).isEqualTo(405);
    assertThat(method.at("error.code")).isEqualTo("method_not_supported");
    assertThat(server.get("/assets/none.js").status()).isEqualTo(404);
    assertThat(server.get("/assets/..%2fopenapi.yaml").status()).isBetween(400, 404);
  }

  @Test
  void tooManyPromptsAreRefusedBeforeAnyIsTokenised() {
    String prompts = "'a', ".repeat(2_000) + "'a'";
    server
        .post(COMPLETIONS, CompletionsTest.json("'model': 'ko', 'prompt': [" + prompts + "]"))
        .refusedFor("prompt", "array_above_max_length");
  }
}
