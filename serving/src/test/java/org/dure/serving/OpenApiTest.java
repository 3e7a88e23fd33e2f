package org.dure.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dure.core.Json;
import org.dure.serving.TestServer.Reply;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Walks every route against `openapi.yaml`. The document is read by its indentation, which is all
/// of YAML that these tests need.
class OpenApiTest {
  private static final String YAML =
      new String(Page.resource("openapi.yaml"), StandardCharsets.UTF_8);
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = new TestServer(ClientServer.korean());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void everyRouteIsInTheDocumentAndNothingElse() {
    assertThat(documented().keySet()).containsExactlyInAnyOrderElementsOf(Routes.PATHS);
  }

  @Test
  void everyRouteAnswersAndOnlyAsDocumented() {
    documented()
        .forEach(
            (route, statuses) -> {
              String[] parts = route.split(" ");
              String path = parts[1].replace("{name}", "chat.js").replace("{model}", "ko");
              Reply reply =
                  parts[0].equals("GET") ? server.get(path) : server.post(path, body(path, "'ko'"));
              assertThat(reply.status()).as(route).isEqualTo(200);
              assertThat(statuses).as(route).contains(200);
              if (!path.equals(parts[1])) {
                assertThat(statuses).contains(server.get(path + "-none").status());
              }
              if (parts[0].equals("POST")) {
                assertThat(statuses).contains(server.post(path, body(path, "'none'")).status());
                assertThat(statuses).contains(server.post(path, "{").status());
                assertThat(statuses).contains(server.post(path, " ".repeat(70_000)).status());
              }
            });
  }

  @Test
  void theDocumentListsEveryParameterThatIsRead() {
    assertThat(properties("CompletionRequest")).isEqualTo(new TreeSet<>(JobParser.COMPLETION));
    assertThat(properties("ChatRequest")).isEqualTo(new TreeSet<>(JobParser.CHAT));
    String introduction = YAML.substring(0, YAML.indexOf("servers:"));
    assertThat(JobParser.INERT).allMatch(introduction::contains);
  }

  @Test
  void answersHaveTheFieldsThatAreRequired() {
    Reply completion = server.post("/v1/completions", body("/v1/completions", "'ko'"));
    assertThat(fields(completion)).isEqualTo(required("Completion"));
    Reply chat = server.post("/v1/chat/completions", body("/v1/chat/completions", "'ko'"));
    assertThat(fields(chat)).isEqualTo(required("ChatCompletion"));
    assertThat(fields(server.get("/v1/models/ko"))).isEqualTo(required("Model"));
  }

  private static String body(String path, String model) {
    String content =
        path.contains("chat") ? "'messages': [{'role': 'user', 'content': '두'}]" : "'prompt': '두'";
    return CompletionsTest.json("'model': " + model + ", 'max_tokens': 1, " + content);
  }

  private static Set<String> fields(Reply reply) {
    Set<String> names = new TreeSet<>();
    ((Map<?, ?>) Json.object(reply.body()))
        .keySet()
        .forEach(name -> names.add(String.valueOf(name)));
    return names;
  }

  /// `METHOD path` to the statuses under it.
  private static Map<String, Set<Integer>> documented() {
    Map<String, Set<Integer>> routes = new LinkedHashMap<>();
    String path = "";
    String route = "";
    for (String line : section("paths:").split("\n")) {
      if (line.matches("  /.*:")) {
        path = line.strip().replaceFirst(":$", "");
      } else if (line.matches("    (get|post|put|delete|patch):")) {
        route = line.strip().replace(":", "").toUpperCase(Locale.ROOT) + " " + path;
        routes.put(route, new TreeSet<>());
      } else if (line.matches("        \"\\d{3}\":.*")) {
        routes.get(route).add(Integer.parseInt(line.strip().substring(1, 4)));
      }
    }
    return routes;
  }

  private static String section(String name) {
    Matcher section = Pattern.compile("(?ms)^" + name + "\\n(.*?)(?=^\\S|\\z)").matcher(YAML);
    assertThat(section.find()).isTrue();
    return section.group(1);
  }

  private static String schema(String name) {
    Matcher schema =
        Pattern.compile("(?ms)^    " + name + ":\\n(.*?)(?=^    \\S|\\z)").matcher(YAML);
    assertThat(schema.find()).as(name).isTrue();
    return schema.group(1);
  }

  private static Set<String> properties(String schema) {
    Set<String> names = new TreeSet<>();
    Matcher property = Pattern.compile("(?m)^        (\\w+):").matcher(schema(schema));
    while (property.find()) {
      names.add(property.group(1));
    }
    return names;
  }

  private static Set<String> required(String schema) {
    Matcher required = Pattern.compile("(?m)^      required: \\[(.*)]$").matcher(schema(schema));
    assertThat(required.find()).isTrue();
    return new TreeSet<>(Set.of(required.group(1).split(", ")));
  }
}
