package org.dure.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dure.core.page.HtmlWriter;
import org.dure.serving.TestServer.Reply;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageTest {
  private static TestServer server;
  private static final Page PAGE =
      new Page(
          List.of(ServedModel.of(ClientServer.korean()), ServedModel.of(ClientServer.french())),
          ApiKeys.NONE);

  @BeforeAll
  static void start() {
    server = new TestServer(ClientServer.korean(), ClientServer.french());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ko", "ja", "fr", "vi", "en"})
  void everyLanguageHasEveryTextAndNoPlaceIsLeftEmpty(String language) {
    assertThat(PAGE.texts(language).keySet()).isEqualTo(PAGE.texts("en").keySet());
    assertThat(PAGE.texts(language).values()).allMatch(text -> !text.isBlank());
    String html = server.get("/?lang=" + language).text();
    assertThat(html)
        .contains("<html lang=\"" + language + "\">")
        .doesNotContain("{{", "}}", "=\"\"\n");
    assertThat(html).contains(HtmlWriter.escape(PAGE.texts(language).get("note")));
    Set<String> places = new TreeSet<>();
    Matcher matcher =
        Pattern.compile("\\{\\{(\\w+)}}")
            .matcher(new String(Page.resource("page/index.html"), StandardCharsets.UTF_8));
    while (matcher.find()) {
      places.add(matcher.group(1));
    }
    places.removeAll(Set.of("languageName", "languageLinks", "modelOptions", "keyHidden"));
    assertThat(PAGE.texts(language).keySet()).isEqualTo(places);
  }

  @Test
  void theLanguageIsTheOneAskedForElseTheBrowsersElseTheModelsOwn() {
    assertThat(PAGE.language("vi", "fr")).isEqualTo("vi");
    assertThat(PAGE.language("xx", "ja-JP,en;q=0.5")).isEqualTo("ja");
    assertThat(PAGE.language(null, "de, fr-CA;q=0.8, en;q=0.7")).isEqualTo("fr");
    assertThat(PAGE.language(null, "de")).isEqualTo("ko");
    assertThat(PAGE.language(null, ";;;=?")).isEqualTo("ko");
    assertThat(PAGE.language(null, null)).isEqualTo("ko");
    Reply reply = server.get("/", "Accept-Language", "ja");
    assertThat(reply.headers().get("content-language")).containsExactly("ja");
  }

  @Test
  void thePolicyAllowsNothingInlineAndNothingFromOutside() {
    Reply reply = server.get("/");
    assertThat(reply.headers().get("content-security-policy").getFirst())
        .contains("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'")
        .doesNotContain("unsafe", "http");
    assertThat(reply.text())
        .doesNotContainPattern("<script(?![^>]*src=)")
        .doesNotContainPattern("(?:href|src)=\"(?:https?:)?//")
        .doesNotContainPattern("\\son\\w+=")
        .doesNotContain("style=", "<style");
  }

  @Test
  void theFilesOfThePageAreServed() {
    Page.ASSETS.forEach(
        (name, type) -> {
          Reply reply = server.get("/assets/" + name);
          assertThat(reply.status()).isEqualTo(200);
          assertThat(reply.headers().get("content-type").getFirst().replace(" ", ""))
              .isEqualTo(type.replace(" ", ""));
          assertThat(reply.headers().get("x-content-type-options")).containsExactly("nosniff");
        });
  }

  @Test
  void everyTextThatTheScriptReadsIsOnThePage() {
    String script = new String(Page.resource("page/chat.js"), StandardCharsets.UTF_8);
    String html = new String(Page.resource("page/index.html"), StandardCharsets.UTF_8);
    List<String> missing = new ArrayList<>();
    Matcher texts = Pattern.compile("texts\\.(\\w+)").matcher(script);
    while (texts.find()) {
      String attribute = texts.group(1).replaceAll("[A-Z]", "-$0").toLowerCase(Locale.ROOT);
      if (!html.contains("data-" + attribute + "=")) {
        missing.add(texts.group(1));
      }
    }
    assertThat(missing).isEmpty();
  }

  @Test
  void everyFieldHasALabel() {
    String html = PAGE.html("fr");
    Matcher fields =
        Pattern.compile(
                "<(?:input|select|textarea)[^>]* id=\"(\\w+)\"|<(?:input|select|textarea) id=\"(\\w+)\"")
            .matcher(html);
    int count = 0;
    while (fields.find()) {
      String id = fields.group(1) == null ? fields.group(2) : fields.group(1);
      assertThat(html).contains("<label for=\"" + id + "\">");
      count++;
    }
    assertThat(count).isEqualTo(5);
  }

  @Test
  void theModelOfThePagesLanguageComesFirstWithItsExamples() {
    for (String language : List.of("ko", "fr")) {
      assertThat(server.get("/?lang=" + language).text())
          .containsPattern(
              "(?s)<select[^>]*><option value=\"" + language + "\" data-language=\"" + language)
          .contains("data-examples=\"[&quot;&lt;" + language + "&gt;&quot;]\"");
    }
  }

  @Test
  void theKeyIsAskedForOnlyWhereOneIsRequired() {
    assertThat(PAGE.html("vi")).contains("id=\"key-field\" hidden>");
  }

  @Test
  void aLanguageThatThePageDoesNotSpeakHasItsOwnName() {
    NgramModel spanish = new NgramModel("es", "es", 64, "texto");
    assertThat(new Page(List.of(ServedModel.of(spanish)), ApiKeys.NONE).html("en"))
        .contains("es (español)");
  }

  @Test
  void aModelsNameCannotBecomeMarkup() {
    NgramModel hostile = new NgramModel("<script>\"&'", "ko", 64, "글");
    assertThat(new Page(List.of(ServedModel.of(hostile)), ApiKeys.NONE).html("en"))
        .doesNotContain("<script>\"")
        .contains("value=\"&lt;script&gt;&quot;&amp;&#39;\"");
  }

  @Test
  void aModelTellsWhereItComesFrom() {
    Reply reply = server.get("/v1/models/fr");
    assertThat(reply.at("object")).isEqualTo("model");
    assertThat(reply.at("created")).isEqualTo(1_700_000_000);
    assertThat(reply.at("dure.language")).isEqualTo("fr");
    assertThat(reply.at("dure.context_length")).isEqualTo(256);
    assertThat(reply.at("dure.provenance")).isEqualTo(Map.of("by", "me"));
    assertThat(server.get("/health").at("status")).isEqualTo("ok");
  }
}
