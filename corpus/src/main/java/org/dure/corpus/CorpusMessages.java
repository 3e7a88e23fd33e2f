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

  private final Locale locale;
  private final Properties texts = new Properties();

  private CorpusMessages(String language) {
    locale = Locale.of(language);
    String resource = "corpus_" + language + ".properties";
    try (InputStream in = CorpusMessages.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new DureException(ErrorCode.INTERNAL, resource + " is not in the program");
      }
      texts.load(new InputStreamReader(in, StandardCharsets.UTF_8));
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
