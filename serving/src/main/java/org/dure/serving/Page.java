package org.dure.serving;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dure.core.Json;
import org.dure.core.page.HtmlWriter;
import org.jspecify.annotations.Nullable;

/// The page on `/`, in five languages: `page/index.html` with the texts of `page/messages.json` put
/// in. Thread-safe.
final class Page {
  /// The page's languages with their own names.
  static final Map<String, String> LANGUAGES = languages();

  /// What `/assets` holds, with media types.
  static final Map<String, String> ASSETS =
      Map.of(
          "chat.js", "text/javascript; charset=utf-8",
          "chat.css", "text/css; charset=utf-8",
          "icon.svg", "image/svg+xml");

  /// Only this server's own files; no inline scripts or styles; no frames.
  static final String CONTENT_SECURITY_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
          + " form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

  private static final Pattern PLACE = Pattern.compile("\\{\\{([a-zA-Z]+)}}");

  private final List<ServedModel> models;
  private final String keyHidden;
  private final String template;
  private final Map<String, @Nullable Object> messages;

  /// @param keys where they are required, the page asks for one
  Page(List<ServedModel> models, ApiKeys keys) {
    this.models = models;
    this.keyHidden = keys.required() ? "" : "hidden";
    this.template = new String(resource("page/index.html"), StandardCharsets.UTF_8);
    this.messages = Json.object(resource("page/messages.json"));
  }

  /// The language to answer in: the one asked for, else the best of the browser's, else the first
  /// model's own, else English.
  String language(@Nullable String asked, @Nullable String accepted) {
    if (asked != null && LANGUAGES.containsKey(asked)) {
      return asked;
    }
    if (accepted != null) {
      try {
        String best = Locale.lookupTag(Locale.LanguageRange.parse(accepted), LANGUAGES.keySet());
        if (best != null) {
          return best;
        }
      } catch (IllegalArgumentException e) {
        // A header that cannot be read asks for nothing.
        return fallback();
      }
    }
    return fallback();
  }

  private String fallback() {
    String own = models.getFirst().model().language();
    return LANGUAGES.containsKey(own) ? own : "en";
  }

  /// @param language one of [#LANGUAGES]
  String html(String language) {
    Map<String, String> values = texts(language);
    Map<String, String> markup =
        Map.of(
            "languageName", HtmlWriter.escape(name(language)),
            "languageLinks", languageLinks(language),
            "modelOptions", modelOptions(language),
            "keyHidden", keyHidden);
    Matcher places = PLACE.matcher(template);
    return places.replaceAll(
        place -> {
          String name = place.group(1);
          String value = values.get(name);
          return Matcher.quoteReplacement(
              value == null ? markup.getOrDefault(name, "") : HtmlWriter.escape(value));
        });
  }

  /// The page's texts by name.
  Map<String, String> texts(String language) {
    Map<String, String> texts = new LinkedHashMap<>();
    if (messages.get(language) instanceof Map<?, ?> map) {
      map.forEach((name, text) -> texts.put(String.valueOf(name), String.valueOf(text)));
    }
    texts.put("language", language);
    return texts;
  }

  private static String languageLinks(String current) {
    StringBuilder links = new StringBuilder();
    LANGUAGES.forEach(
        (code, name) ->
            links
                .append(
                    "<li><a href=\"?lang=%1$s\" lang=\"%1$s\" hreflang=\"%1$s\"".formatted(code))
                .append(code.equals(current) ? " aria-current=\"true\"" : "")
                .append(">%s</a></li>".formatted(HtmlWriter.escape(name))));
    return links.toString();
  }

  /// Those of the page's language first.
  private String modelOptions(String language) {
    StringBuilder options = new StringBuilder();
    Comparator<ServedModel> ownFirst =
        Comparator.comparing(served -> !served.model().language().equals(language));
    for (ServedModel served : models.stream().sorted(ownFirst).toList()) {
      String name = HtmlWriter.escape(served.model().name());
      String code = served.model().language();
      options.append(
          "<option value=\"%s\" data-language=\"%s\" data-examples=\"%s\">%s (%s)</option>"
              .formatted(
                  name,
                  HtmlWriter.escape(code),
                  HtmlWriter.escape(Json.text(served.examples())),
                  name,
                  HtmlWriter.escape(name(code))));
    }
    return options.toString();
  }

  /// A language's name in itself.
  private static String name(String code) {
    Locale locale = Locale.forLanguageTag(code);
    return LANGUAGES.getOrDefault(code, locale.getDisplayLanguage(locale));
  }

  /// A file that the program brings along.
  static byte[] resource(String name) {
    try (InputStream in = Page.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the program's own file is missing: " + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, String> languages() {
    Map<String, String> languages = new LinkedHashMap<>();
    languages.put("ko", "한국어");
    languages.put("ja", "日本語");
    languages.put("fr", "Français");
    languages.put("vi", "Tiếng Việt");
    languages.put("en", "English");
    return languages;
  }
}
