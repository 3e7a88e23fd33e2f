package org.dure.core;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.dure.core.Json.Unwrapped;

/// What Dure knows of a language: data, one TOML file a language. Adding a country is adding a
/// file.
///
/// @param code BCP 47 language code, e.g. `ko`
/// @param name its own name for itself, e.g. `한국어`
/// @param englishName for tables read by people of several languages
/// @param writing in which scripts it is written
/// @param vocabulary what tells it from languages of the same script
/// @param leastCharacters shorter documents are dropped
/// @param spaces whether words are separated by spaces
/// @param prompts beginnings of sentences with which a trained model shows what it writes
public record LanguageProfile(
    String code,
    String name,
    String englishName,
    @Unwrapped Writing writing,
    @Unwrapped Vocabulary vocabulary,
    int leastCharacters,
    boolean spaces,
    List<String> prompts) {
  /// In which scripts a language is written, by their Unicode names ([Character.UnicodeScript]).
  ///
  /// @param scripts all of them
  /// @param leastScriptShare least share of a document's letters in those scripts, 0 to 1
  /// @param requiredScripts scripts of which a document must hold at least
  ///     `leastRequiredScriptShare`: tells Japanese from Chinese by its kana
  /// @param leastRequiredScriptShare 0 to 1
  public record Writing(
      List<String> scripts,
      double leastScriptShare,
      List<String> requiredScripts,
      double leastRequiredScriptShare) {}

  /// What tells a language from others of the same script.
  ///
  /// @param markers characters or words common in this language and rare in those; `*x*` stands for
  ///     every word that holds `x`; empty where the script alone decides
  /// @param leastMarkerShare least share of words that are or hold a marker, 0 to 1, checked only
  ///     in documents of at least `markerWords` words
  /// @param markerWords see `leastMarkerShare`
  public record Vocabulary(List<String> markers, double leastMarkerShare, int markerWords) {}

  /// Codes of the profiles that Dure brings along, in alphabetical order.
  public static final List<String> BUILT_IN = List.of("en", "fr", "ja", "ko", "vi");

  /// The profile of a code that Dure brings along.
  ///
  /// @throws DureException with [ErrorCode#LANGUAGE_UNKNOWN]
  public static LanguageProfile of(String code) {
    if (!BUILT_IN.contains(code)) {
      String near = Settings.nearest(code, BUILT_IN);
      throw new DureException(
          ErrorCode.LANGUAGE_UNKNOWN,
          "no profile for language \"%s\": there are %s%s"
              .formatted(
                  code,
                  String.join(", ", BUILT_IN),
                  near == null ? "" : " (did you mean %s?)".formatted(near)));
    }
    String resource = "/profiles/%s.toml".formatted(code);
    try (InputStream in = LanguageProfile.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new DureException(ErrorCode.INTERNAL, resource + " is not in the program");
      }
      return of(Settings.parse(resource, new String(in.readAllBytes(), StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new DureException(ErrorCode.INTERNAL, "cannot read " + resource, e);
    }
  }

  /// A profile from a file.
  ///
  /// @throws DureException with [ErrorCode#CONFIGURATION_INVALID] naming every problem
  public static LanguageProfile of(Path file) {
    return of(Settings.of(file));
  }

  private static LanguageProfile of(Settings settings) {
    LanguageProfile profile =
        new LanguageProfile(
            settings.required("code"),
            settings.required("name"),
            settings.required("english-name"),
            new Writing(
                settings.strings("scripts", List.of()),
                settings.number("least-script-share", 0.5, 0, 1),
                settings.strings("required-scripts", List.of()),
                settings.number("least-required-script-share", 0, 0, 1)),
            new Vocabulary(
                settings.strings("markers", List.of()),
                settings.number("least-marker-share", 0, 0, 1),
                settings.integer("marker-words", 5, 1, 1_000_000)),
            settings.integer("least-characters", 1, 1, 1_000_000),
            settings.truth("spaces", true),
            settings.strings("prompts", List.of()));
    for (List<String> scripts : List.of(profile.writing.scripts, profile.writing.requiredScripts)) {
      for (String script : scripts) {
        try {
          Character.UnicodeScript.forName(script);
        } catch (IllegalArgumentException e) {
          settings.problem("\"%s\" is not the name of a Unicode script".formatted(script));
        }
      }
    }
    if (profile.writing.scripts.isEmpty()) {
      settings.problem("scripts is missing or empty: expected names such as [\"LATIN\"]");
    }
    settings.finish();
    return profile;
  }
}
