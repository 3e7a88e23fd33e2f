package org.dure.evaluation;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.text.NumberFormat;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// The words and numbers of a report in one language. Immutable.
final class ReportMessages {
  /// Languages in which a report speaks.
  static final List<String> LANGUAGES = List.of("ko", "ja", "fr", "vi", "en");

  private static final double KILO = 1000;

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm 'UTC'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final Locale locale;
  private final Properties texts = new Properties();

  private ReportMessages(String language) {
    locale = Locale.of(language);
    String resource = "report_" + language + ".properties";
    try (InputStream in = ReportMessages.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new DureException(ErrorCode.INTERNAL, resource + " is not in the program");
      }
      try (Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
        texts.load(reader);
      }
    } catch (IOException e) {
      throw new DureException(ErrorCode.INTERNAL, "cannot read " + resource, e);
    }
  }

  /// @param language one of [#LANGUAGES]
  static ReportMessages in(String language) {
    return new ReportMessages(language);
  }

  /// Names of all texts.
  List<String> keys() {
    return texts.stringPropertyNames().stream().sorted().toList();
  }

  String language() {
    return locale.getLanguage();
  }

  /// A text with `{0}`, `{1}`... replaced.
  String text(String key, String... values) {
    String text = texts.getProperty(key);
    if (text == null) {
      throw new DureException(
          ErrorCode.INTERNAL, "the report has no words for \"%s\" in %s".formatted(key, locale));
    }
    StringBuilder filled = new StringBuilder();
    int from = 0;
    for (int at = text.indexOf('{'); at >= 0; at = text.indexOf('{', from)) {
      filled.append(text, from, at).append(values[text.charAt(at + 1) - '0']);
      from = at + 3;
    }
    return filled.append(text, from, text.length()).toString();
  }

  /// The text of a stage's name; the name itself where it is not a known one.
  String stage(String name) {
    return texts.getProperty("stage." + name, name);
  }

  /// A language's name in this language; the code where it is unknown.
  String languageName(String code) {
    return name(code, locale);
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

  /// Three decimals with a sign.
  String signed(double value) {
    String number = decimal(value);
    return value > 0 ? "+" + number : number;
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

  /// Bytes in decimal multiples.
  String bytes(long bytes) {
    if (bytes < KILO) {
      return text("bytes.b", integer(bytes));
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
