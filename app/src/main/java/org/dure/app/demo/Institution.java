package org.dure.app.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// One that takes part in the demo.
///
/// @param name `ko-1`; its language's code where it is the only one of its language
/// @param language BCP 47 code
/// @param number from 1, of its language's
public record Institution(String name, String language, int number) {
  /// Of a language; three digits are a territory (`es-419`).
  private static final Pattern NAME = Pattern.compile("(.+)-([1-9][0-9]?)");

  /// @param each how many of every language
  public static List<Institution> of(List<String> languages, int each) {
    List<Institution> all = new ArrayList<>();
    for (String language : languages) {
      for (int number = 1; number <= each; number++) {
        all.add(new Institution(each == 1 ? language : language + "-" + number, language, number));
      }
    }
    return all;
  }

  /// The language in an institution's name; empty if it is a language's.
  public static Optional<String> language(String name) {
    Matcher parts = NAME.matcher(name);
    return parts.matches() ? Optional.of(parts.group(1)) : Optional.empty();
  }
}
