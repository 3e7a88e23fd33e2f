package org.dure.corpus;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.text.NumberFormat;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// The words and numbers of a corpus report in one language. Immutable.
final class CorpusMessages {
  /// Languages in which a report speaks.
  static final List<String> LANGUAGES = List.of("ko", "ja", "fr", "vi", "en");

  private static final Properties ENGLISH = read("en");

  private final Locale locale;
  private final Properties texts;

  private CorpusMessages(String language) {
    locale = Locale.of(language);
    texts = read(language);
  }

  private static Properties read(String language) {
    Properties texts = new Properties();
    String resource = "corpus_" + language + ".properties";
    try (InputStream in = CorpusMessages.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new DureException(ErrorCode.INTERNAL, resource + " is not in the program");
      }
      texts.load(new InputStreamReader(in, StandardCharsets.UTF_8));
      return texts;
    } catch (IOException e) {
      throw new DureException(ErrorCode.INTERNAL, "cannot read " + resource, e);
    }
  }

  /// @param code of the corpus's language; what the reports do not speak gets English
  static CorpusMessages of(String code) {
    return new CorpusMessages(LANGUAGES.contains(code) ? code : "en");
  }

  Set<String> keys() {
    return texts.stringPropertyNames();
  }

  String language() {
    return locale.getLanguage();
  }

  /// A text, `{0}` replaced by the value.
  String text(String key, String value) {
    String text = texts.getProperty(key);
    if (text == null) {
      throw new DureException(
          ErrorCode.INTERNAL, "a corpus report has no words for \"%s\"".formatted(key));
    }
    return text.replace("{0}", value);
  }

  String text(String key) {
    return text(key, "");
  }

  /// What a rule is called, with its own name behind; that alone where it is unknown.
  String rule(String rule) {
    String text = texts.getProperty("rule." + rule);
    return text == null ? rule : "%s (%s)".formatted(text, rule);
  }

  /// What a rule or a reader said in English of a document, a file or a place. Its words are found
  /// by the English texts that begin with `said.`; what is not among them stays as it is, such as a
  /// number or what the system said of a file.
  String said(String english) {
    String best = "";
    int literal = 0;
    for (String key : ENGLISH.stringPropertyNames()) {
      String text = ENGLISH.getProperty(key);
      int hole = text.indexOf("{0}");
      boolean matches =
          hole < 0
              ? text.equals(english)
              : english.length() > text.length() - 3
                  && english.startsWith(text.substring(0, hole))
                  && english.endsWith(text.substring(hole + 3));
      if (key.startsWith("said.") && matches && text.length() > literal) {
        best = key;
        literal = text.length();
      }
    }
    if (best.isEmpty()) {
      return english;
    }
    String text = ENGLISH.getProperty(best);
    int hole = Math.max(0, text.indexOf("{0}"));
    int end = english.length() - Math.max(0, text.length() - hole - 3);
    return text(best, hole < end ? english.substring(hole, end) : "");
  }

  /// A kind of files: an ending as it is.
  String kind(String kind) {
    return texts.getProperty("kind." + kind, kind);
  }

  String number(long value) {
    return NumberFormat.getIntegerInstance(locale).format(value);
  }

  String percent(double share) {
    NumberFormat format = NumberFormat.getPercentInstance(locale);
    format.setMinimumFractionDigits(1);
    format.setMaximumFractionDigits(1);
    return format.format(share);
  }
}
