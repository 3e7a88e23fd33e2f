package org.dure.app.terminal;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.dure.core.LanguageProfile;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.ParseResult;

/// Languages as people name them, made the codes that Dure goes by: `Vietnamese`, `tiếng Việt`,
/// `vi-VN` and `vie` are `vi`. Names are those of the JDK's locale data, in English and in the
/// language itself. What is none of these stays as it was given.
public final class LanguageNames implements ITypeConverter<String> {
  private static final Pattern CODE = Pattern.compile("[a-z]{2}");

  /// With a territory, and perhaps an encoding, as environments name it.
  private static final Pattern TAG =
      Pattern.compile("([A-Za-z]{2,3})[-_](?:[A-Za-z]{2}|[0-9]{3})(?:\\..*)?");

  @Override
  public String convert(String given) {
    return code(given);
  }

  public static String code(String given) {
    if (CODE.matcher(given).matches()) {
      return given;
    }
    Matcher tag = TAG.matcher(given.strip());
    if (tag.matches()) {
      String language = code(tag.group(1));
      return isKnown(language) ? language : given;
    }
    String word = folded(given);
    String english = English.CODES.get(word);
    return english != null ? english : Own.CODES.getOrDefault(word, given);
  }

  /// What was understood of names on a command line, a line for each.
  public static List<String> remarks(ParseResult parsed) {
    List<ParseResult> verbs = new ArrayList<>();
    for (ParseResult result = parsed; result != null; ) {
      verbs.add(result);
      result = result.hasSubcommand() ? result.subcommand() : null;
    }
    return verbs.stream()
        .flatMap(result -> result.matchedArgs().stream())
        .filter(LanguageNames::isLanguage)
        .flatMap(argument -> argument.stringValues().stream())
        .map(value -> value.replaceFirst("=.*", ""))
        .filter(name -> !code(name).equals(name))
        .map(name -> "%s is %s".formatted(name, code(name)))
        .distinct()
        .toList();
  }

  private static boolean isLanguage(ArgSpec argument) {
    return Arrays.stream(argument.converters()).anyMatch(LanguageNames.class::isInstance);
  }

  private static boolean isKnown(String code) {
    return LanguageProfile.BUILT_IN.contains(code);
  }

  private static String folded(String name) {
    return Normalizer.normalize(name.strip(), Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
  }

  /// Codes by every language's name of one kind.
  private static Map<String, String> codes(
      Stream<Locale> languages, Function<Locale, String> name) {
    return languages
        .filter(language -> !language.getLanguage().isEmpty())
        .collect(
            Collectors.toMap(
                language -> folded(name.apply(language)),
                Locale::getLanguage,
                (first, second) -> first));
  }

  private static Stream<Locale> languages() {
    return Stream.concat(
            Arrays.stream(Locale.getISOLanguages()),
            Locale.availableLocales().map(Locale::getLanguage))
        .distinct()
        .map(Locale::of);
  }

  /// Codes of two letters, of three, and names in English.
  private static final class English {
    static final Map<String, String> CODES = codes(languages(), Locale::getLanguage);

    static {
      codes(Arrays.stream(Locale.getISOLanguages()).map(Locale::of), Locale::getISO3Language)
          .forEach(CODES::putIfAbsent);
      codes(languages(), language -> language.getDisplayLanguage(Locale.ENGLISH))
          .forEach(CODES::putIfAbsent);
    }
  }

  /// Apart, since it takes reading every language's data.
  private static final class Own {
    static final Map<String, String> CODES =
        codes(languages(), language -> language.getDisplayLanguage(language));
  }
}
