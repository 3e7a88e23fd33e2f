package org.dure.evaluation;

import java.text.NumberFormat;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import org.dure.core.page.MessageTexts;

/// The words and numbers of a report in one language. Immutable.
final class ReportMessages {
  /// Languages in which a report speaks.
  static final List<String> LANGUAGES = List.of("ko", "ja", "fr", "vi", "en");

  private static final double KILO = 1000;

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm 'UTC'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final Locale locale;
  private final MessageTexts texts;

  private ReportMessages(String language) {
    locale = Locale.of(language);
    texts = MessageTexts.read(ReportMessages.class, "report", language);
  }

  /// @param language one of [#LANGUAGES]
  static ReportMessages in(String language) {
    return new ReportMessages(language);
  }

  /// Names of all texts.
  List<String> keys() {
    return texts.keys().stream().sorted().toList();
  }

  String language() {
    return locale.getLanguage();
  }

  /// A text with `{0}`, `{1}`... replaced.
  String text(String key, String... values) {
    return texts.text(key, numbered(values));
  }

  /// As [#text], of so many: see [MessageTexts#counted].
  String counted(String key, long count, String... values) {
    return texts.counted(key, count, numbered(values));
  }

  private static String[] numbered(String... values) {
    String[] named = new String[2 * values.length];
    for (int i = 0; i < values.length; i++) {
      named[2 * i] = Integer.toString(i);
      named[2 * i + 1] = values[i];
    }
    return named;
  }

  /// The text of a word that someone else chose, e.g. `stage.` + `corpus`; the word itself where it
  /// is not a known one.
  String known(String prefix, String word) {
    return texts.find(prefix + word).orElse(word);
  }

  /// A language's name in this language; the code where it is unknown.
  String languageName(String code) {
    return name(code, locale);
  }

  /// Comparisons by their languages' names in this language, with their regions' where those are
  /// called otherwise; by code where two have one name.
  SequencedMap<String, Comparison> byName(List<Comparison> comparisons) {
    SequencedMap<String, Comparison> named = new LinkedHashMap<>();
    for (Comparison comparison : comparisons) {
      String name = languageName(comparison.language());
      String region = comparison.region();
      if (region != null && !region.equals(comparison.language())) {
        name = "%s (%s)".formatted(name, region);
      }
      named.put(named.containsKey(name) ? comparison.language() : name, comparison);
    }
    return named;
  }

  /// A language's name for itself; the code where it is unknown.
  static String ownName(String code) {
    return name(code, Locale.forLanguageTag(code));
  }

  private static String name(String code, Locale in) {
    String name = Locale.forLanguageTag(code).getDisplayLanguage(in);
    return name.isEmpty() ? code : name.substring(0, 1).toUpperCase(in) + name.substring(1);
  }

  /// A time of RFC 3339 to the minute; what is no such time as it is.
  String time(String time) {
    try {
      return TIME.format(Instant.parse(time));
    } catch (DateTimeParseException e) {
      return time;
    }
  }

  /// Bits per byte: three decimals.
  String decimal(double value) {
    return number(value, 3);
  }

  /// Three decimals with a sign, a true minus.
  String signed(double value) {
    return sign(value) + decimal(Math.abs(value));
  }

  /// A share as a percentage with one decimal and a sign: `−2.1%`.
  String signedPercent(double share) {
    return sign(share) + percent(Math.abs(share));
  }

  /// A share as a percentage with one decimal.
  String percent(double share) {
    NumberFormat format = NumberFormat.getPercentInstance(locale);
    format.setMinimumFractionDigits(1);
    format.setMaximumFractionDigits(1);
    return format.format(share);
  }

  private static String sign(double value) {
    return value > 0 ? "+" : value < 0 ? "−" : "";
  }

  String integer(long value) {
    return NumberFormat.getIntegerInstance(locale).format(value);
  }

  String interval(Interval interval) {
    return text("interval", decimal(interval.low()), decimal(interval.high()));
  }

  String signedInterval(Interval interval) {
    return text("interval", signed(interval.low()), signed(interval.high()));
  }

  /// Every single byte.
  String exactBytes(long bytes) {
    return counted("bytes.b", bytes, integer(bytes));
  }

  /// Bytes in decimal multiples.
  String bytes(long bytes) {
    if (bytes < KILO) {
      return exactBytes(bytes);
    }
    if (bytes < KILO * KILO) {
      return text("bytes.k", number(bytes / KILO, 1));
    }
    return bytes < KILO * KILO * KILO
        ? text("bytes.m", number(bytes / (KILO * KILO), 1))
        : text("bytes.g", number(bytes / (KILO * KILO * KILO), 1));
  }

  String duration(double seconds) {
    long whole = Math.round(seconds);
    return whole < 60
        ? text("seconds", number(seconds, seconds < 10 ? 1 : 0))
        : text("minutes", integer(whole / 60), integer(whole % 60));
  }

  String number(double value, int decimals) {
    NumberFormat format = NumberFormat.getInstance(locale);
    format.setMinimumFractionDigits(decimals);
    format.setMaximumFractionDigits(decimals);
    return format.format(value);
  }
}
