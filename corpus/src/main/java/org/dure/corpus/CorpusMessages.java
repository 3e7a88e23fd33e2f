package org.dure.corpus;

import java.text.NumberFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.dure.core.page.MessageTexts;

/// The words and numbers of a corpus report in one language. Immutable.
final class CorpusMessages {
  /// Languages in which a report speaks.
  static final List<String> LANGUAGES = List.of("ko", "ja", "fr", "vi", "en");

  private static final MessageTexts ENGLISH = read("en");

  private final Locale locale;
  private final MessageTexts texts;

  private CorpusMessages(String language) {
    locale = Locale.of(language);
    texts = read(language);
  }

  private static MessageTexts read(String language) {
    return MessageTexts.read(CorpusMessages.class, "corpus", language);
  }

  /// @param code of the corpus's language; what the reports do not speak gets English
  static CorpusMessages of(String code) {
    return new CorpusMessages(LANGUAGES.contains(code) ? code : "en");
  }

  Set<String> keys() {
    return texts.keys();
  }

  String language() {
    return locale.getLanguage();
  }

  /// A text, `{0}` replaced by the value.
  String text(String key, String value) {
    return texts.text(key, "0", value);
  }

  String text(String key) {
    return text(key, "");
  }

  /// What a rule is called, with its own name behind; that alone where it is unknown.
  String rule(String rule) {
    return texts.find("rule." + rule).map(text -> "%s (%s)".formatted(text, rule)).orElse(rule);
  }

  /// What a rule or a reader said in English of a document, a file or a place. Its words are found
  /// by the English texts that begin with `said.`; what is not among them stays as it is, such as a
  /// number or what the system said of a file.
  String said(String english) {
    String best = "";
    int literal = 0;
    for (String key : ENGLISH.keys()) {
      String text = ENGLISH.find(key).orElseThrow();
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
    String text = ENGLISH.find(best).orElseThrow();
    int hole = Math.max(0, text.indexOf("{0}"));
    int end = english.length() - Math.max(0, text.length() - hole - 3);
    return text(best, hole < end ? english.substring(hole, end) : "");
  }

  /// A kind of files: an ending as it is.
  String kind(String kind) {
    return texts.find("kind." + kind).orElse(kind);
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
