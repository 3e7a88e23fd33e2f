package org.dure.core.page;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;

/// The texts of one message file in one language. Immutable, thread-safe.
///
/// A file is a resource `NAME_LANGUAGE.properties` in UTF-8. A placeholder is a name or a number in
/// braces; no other character has a meaning, so an apostrophe is an apostrophe. What is counted has
/// a second text, its key with `.one` behind it, in languages that have a singular (English: one;
/// French: none and one); Korean, Japanese and Vietnamese have none.
public final class MessageTexts {
  private static final String ONE = ".one";

  private final String language;
  private final Map<String, String> texts;

  private MessageTexts(String language, Map<String, String> texts) {
    this.language = language;
    this.texts = Map.copyOf(texts);
  }

  /// Reads a resource of the program.
  ///
  /// @param owner class beside which the resource lies, unless `name` begins with a slash
  /// @param name e.g. `report`, for `report_ko.properties`
  /// @throws IllegalStateException if the program lacks it
  public static MessageTexts read(Class<?> owner, String name, String language) {
    String resource = name + "_" + language + ".properties";
    Properties properties = new Properties();
    try (InputStream in = owner.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("the program lacks its resource " + resource);
      }
      properties.load(new InputStreamReader(in, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the resource " + resource, e);
    }
    Map<String, String> texts = new TreeMap<>();
    properties.forEach((key, value) -> texts.put((String) key, (String) value));
    return new MessageTexts(language, texts);
  }

  /// BCP 47 code.
  public String language() {
    return language;
  }

  /// Names of all texts.
  public Set<String> keys() {
    return texts.keySet();
  }

  /// The text as it is written, with its placeholders; empty if there is none.
  public Optional<String> find(String key) {
    return Optional.ofNullable(texts.get(key));
  }

  /// The text of a key, each placeholder replaced.
  ///
  /// @param namesAndValues name, value, name, value
  /// @throws IllegalArgumentException naming the key or the placeholder that is unknown
  public String text(String key, String... namesAndValues) {
    String text = texts.get(key);
    if (text == null) {
      throw new IllegalArgumentException("no text for " + key + " in " + language);
    }
    StringBuilder out = new StringBuilder();
    int from = 0;
    for (int brace = text.indexOf('{'); brace >= 0; brace = text.indexOf('{', from)) {
      int end = text.indexOf('}', brace);
      out.append(text, from, brace);
      out.append(value(key, text.substring(brace + 1, end), namesAndValues));
      from = end + 1;
    }
    return out.append(text, from, text.length()).toString();
  }

  /// As [#text], of so many.
  public String counted(String key, long count, String... namesAndValues) {
    boolean singular = isSingular(count) && texts.containsKey(key + ONE);
    return text(singular ? key + ONE : key, namesAndValues);
  }

  private boolean isSingular(long count) {
    return switch (language) {
      case "en" -> count == 1;
      case "fr" -> count == 0 || count == 1;
      default -> false;
    };
  }

  private static String value(String key, String name, String[] namesAndValues) {
    for (int i = 0; i < namesAndValues.length; i += 2) {
      if (namesAndValues[i].equals(name)) {
        return namesAndValues[i + 1];
      }
    }
    throw new IllegalArgumentException("no value for {" + name + "} of " + key);
  }
}
