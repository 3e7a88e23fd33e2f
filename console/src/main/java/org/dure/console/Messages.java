package org.dure.console;

import java.text.NumberFormat;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.FormatStyle;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.dure.core.page.MessageTexts;

/// The console's words and number formats in one language. Immutable, thread-safe.
///
/// Words come from `messages/console_LANGUAGE.properties`, as [MessageTexts] reads them.
public final class Messages {
  /// Languages of the console, in the order in which the selector shows them.
  public static final List<String> LANGUAGES = List.of("ko", "ja", "fr", "vi", "en");

  private static final Map<String, Messages> ALL = readAll();
  private static final long MINUTE = 60;
  private static final long HOUR = 3600;
  private static final long DAY = 86_400;

  private final Locale locale;
  private final MessageTexts texts;

  private Messages(MessageTexts texts) {
    this.locale = Locale.forLanguageTag(texts.language());
    this.texts = texts;
  }

  /// The words of one of [#LANGUAGES].
  public static Messages of(String language) {
    Messages messages = ALL.get(language);
    if (messages == null) {
      throw new IllegalArgumentException("the console does not speak " + language);
    }
    return messages;
  }

  /// The language that fits best: the one asked for, else the one remembered, else what the browser
  /// prefers, else English.
  public static String choose(String asked, String remembered, String acceptLanguage) {
    if (LANGUAGES.contains(asked)) {
      return asked;
    }
    return LANGUAGES.contains(remembered) ? remembered : negotiate(acceptLanguage);
  }

  private static String negotiate(String acceptLanguage) {
    try {
      String tag = Locale.lookupTag(Locale.LanguageRange.parse(acceptLanguage), LANGUAGES);
      return tag == null ? "en" : tag;
    } catch (IllegalArgumentException e) {
      return "en";
    }
  }

  String language() {
    return locale.getLanguage();
  }

  Set<String> keys() {
    return texts.keys();
  }

  /// See [MessageTexts#text].
  String text(String key, String... namesAndValues) {
    return texts.text(key, namesAndValues);
  }

  /// See [MessageTexts#counted].
  String counted(String key, long count, String... namesAndValues) {
    return texts.counted(key, count, namesAndValues);
  }

  /// The text of a word that another program chose, e.g. `doing.` + `training`; empty where the
  /// console does not know it.
  Optional<String> known(String prefix, String word) {
    return texts.find(prefix + word.replace(' ', '-'));
  }

  String number(long value) {
    return NumberFormat.getIntegerInstance(locale).format(value);
  }

  /// A number with just so many digits behind the separator; a dash where it is none.
  String decimal(double value, int digits) {
    if (!Double.isFinite(value)) {
      return "–";
    }
    NumberFormat format = NumberFormat.getNumberInstance(locale);
    format.setMinimumFractionDigits(digits);
    format.setMaximumFractionDigits(digits);
    return format.format(value);
  }

  /// As [#decimal], with a plus before what is above zero and a true minus sign.
  String signed(double value, int digits) {
    String text = decimal(Math.abs(value), digits);
    return switch ((int) Math.signum(value)) {
      case 1 -> "+" + text;
      case -1 -> "−" + text;
      default -> text;
    };
  }

  /// A share as a percentage with one digit behind the separator and its sign: `−2.1%`.
  String signedPercent(double share) {
    NumberFormat format = NumberFormat.getPercentInstance(locale);
    format.setMinimumFractionDigits(1);
    format.setMaximumFractionDigits(1);
    String text = format.format(Math.abs(share));
    return switch ((int) Math.signum(share)) {
      case 1 -> "+" + text;
      case -1 -> "−" + text;
      default -> text;
    };
  }

  String percent(double share) {
    NumberFormat format = NumberFormat.getPercentInstance(locale);
    format.setMaximumFractionDigits(0);
    return format.format(Double.isFinite(share) ? share : 0);
  }

  /// A size in decimal units: `1.2 MB`.
  String bytes(long bytes) {
    String[] units = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    double value = bytes;
    int unit = 0;
    while (Math.abs(value) >= 999.5 && unit < units.length - 1) {
      value /= 1000;
      unit++;
    }
    int digits = unit == 0 || value >= 99.95 ? 0 : 1;
    return text("bytes." + units[unit], "value", decimal(value, digits));
  }

  /// A length of time in its two largest units.
  String duration(long millis) {
    long seconds = Math.max(0, Math.round(millis / 1000.0));
    if (seconds < MINUTE) {
      return text("duration.seconds", "seconds", number(seconds));
    }
    if (seconds < HOUR) {
      return text(
          "duration.minutes",
          "minutes",
          number(seconds / MINUTE),
          "seconds",
          number(seconds % MINUTE));
    }
    if (seconds < DAY) {
      return text(
          "duration.hours",
          "hours",
          number(seconds / HOUR),
          "minutes",
          number(seconds / MINUTE % MINUTE));
    }
    return text(
        "duration.days",
        "days",
        number(seconds / DAY),
        "hours",
        number(seconds / HOUR % (DAY / HOUR)));
  }

  /// A length of time as [#duration], with a tenth of a second where it is below a minute.
  String span(long millis) {
    double seconds = Math.max(0, millis) / 1000.0;
    return seconds < MINUTE - 0.05
        ? text("duration.seconds", "seconds", decimal(seconds, 1))
        : duration(millis);
  }

  /// The day.
  String date(long millis, ZoneId zone) {
    return formatted(DateTimeFormatter.ofLocalizedDate(FormatStyle.MEDIUM), millis, zone);
  }

  /// The time of day, to the second.
  String time(long millis, ZoneId zone) {
    return formatted(DateTimeFormatter.ofLocalizedTime(FormatStyle.MEDIUM), millis, zone);
  }

  /// Day and time of day.
  String dateTime(long millis, ZoneId zone) {
    return formatted(
        DateTimeFormatter.ofLocalizedDateTime(FormatStyle.MEDIUM, FormatStyle.SHORT), millis, zone);
  }

  private String formatted(DateTimeFormatter format, long millis, ZoneId zone) {
    return format.withLocale(locale).withZone(zone).format(Instant.ofEpochMilli(millis));
  }

  /// The name of a language in this language, e.g. `Korean`.
  String languageName(String code) {
    return Locale.forLanguageTag(code).getDisplayLanguage(locale);
  }

  private static Map<String, Messages> readAll() {
    Map<String, Messages> all = new LinkedHashMap<>();
    for (String language : LANGUAGES) {
      all.put(
          language, new Messages(MessageTexts.read(Messages.class, "/messages/console", language)));
    }
    return Map.copyOf(all);
  }
}
