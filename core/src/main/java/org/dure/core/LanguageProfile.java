package org.dure.core;

import java.nio.file.Path;
import java.util.IllformedLocaleException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.dure.core.Json.Unwrapped;
import org.jspecify.annotations.Nullable;

/// What Dure knows of a language: data, one TOML file a language. Adding a country is adding a
/// file; `docs/profile.md` lists its keys.
///
/// @param code BCP 47 language code, e.g. `ko`
/// @param name its own name for itself, e.g. `한국어`
/// @param englishName for tables read by people of several languages
/// @param writing in which scripts it is written
/// @param vocabulary what tells it from languages of the same script
/// @param leastCharacters shorter documents are dropped
/// @param spaces whether words are separated by spaces
/// @param prompts beginnings of sentences with which a trained model shows what it writes, at
///     least one where the profile was read
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

  /// Codes of the profiles that Dure brings along, in alphabetical order: one for each file of the
  /// resources' folder `profiles`.
  public static final List<String> BUILT_IN = ProfileFiles.codes();

  /// The profile of a code that Dure brings along.
  ///
  /// @throws DureException with [ErrorCode#LANGUAGE_UNKNOWN]
  public static LanguageProfile of(String code) {
    if (!BUILT_IN.contains(code)) {
      throw unknown(code);
    }
    return parse("the profile of " + code, ProfileFiles.text(code));
  }

  private static DureException unknown(String code) {
    String english = englishName(code);
    String near = nearest(code);
    return new DureException(
        ErrorCode.LANGUAGE_UNKNOWN,
        ("no profile for language \"%s\"%s: there are %s%s; for any other give one of your own with"
                + " --profile FILE: a few lines (docs/profile.md), `dure profile show fr` prints one to"
                + " begin with")
            .formatted(
                code,
                english.equals(code) ? "" : " (%s)".formatted(english),
                String.join(", ", BUILT_IN),
                near == null ? "" : " (did you mean %s?)".formatted(near)));
  }

  /// By names: two codes of two letters are all alike.
  private static @Nullable String nearest(String word) {
    Map<String, String> codes =
        BuiltIn.PROFILES.values().stream()
            .collect(Collectors.toMap(LanguageProfile::englishName, LanguageProfile::code));
    String near = Settings.nearest(word, codes.keySet());
    return near == null ? null : codes.get(near);
  }

  /// A profile from a file.
  ///
  /// @throws DureException with [ErrorCode#CONFIGURATION_INVALID] naming every problem
  public static LanguageProfile of(Path file) {
    return ProfileFiles.read(Settings.of(file));
  }

  /// The profile for text in a language: the file's where one is given, else the one that Dure
  /// brings along.
  ///
  /// @throws DureException with [ErrorCode#LANGUAGE_MISMATCH] if the file is of another language
  public static LanguageProfile of(String code, @Nullable Path file) {
    return file == null ? of(code) : of(file).require(code, file.toString());
  }

  /// A profile from its text.
  ///
  /// @param source how problems name the text's origin
  public static LanguageProfile parse(String source, String toml) {
    return ProfileFiles.read(Settings.parse(source, toml));
  }

  /// This profile, if it is one of that language.
  ///
  /// @param source how the error names the profile
  /// @throws DureException with [ErrorCode#LANGUAGE_MISMATCH] naming both languages
  public LanguageProfile require(String expected, String source) {
    if (!code.equals(expected)) {
      throw new DureException(
          ErrorCode.LANGUAGE_MISMATCH,
          "%s is of the language %s (%s): expected %s (%s)"
              .formatted(source, code, englishName, expected, englishName(expected)));
    }
    return this;
  }

  /// What a language calls itself, e.g. `한국어`: as a profile that Dure brings along says, or as the
  /// JDK knows; the code where nobody knows.
  ///
  /// @param code BCP 47; any other text is its own name
  public static String ownName(String code) {
    LanguageProfile profile = BuiltIn.PROFILES.get(code);
    return profile == null ? inItself(code).orElse(code) : profile.name;
  }

  /// As [#ownName], in English, e.g. `Korean`.
  public static String englishName(String code) {
    LanguageProfile profile = BuiltIn.PROFILES.get(code);
    return profile == null ? inEnglish(code).orElse(code) : profile.englishName;
  }

  /// Read when first asked for: reading a profile itself asks for names.
  private static final class BuiltIn {
    private static final Map<String, LanguageProfile> PROFILES =
        BUILT_IN.stream().collect(Collectors.toUnmodifiableMap(code -> code, LanguageProfile::of));
  }

  /// The name that the JDK knows a code by in that language itself.
  static Optional<String> inItself(String code) {
    return locale(code).flatMap(locale -> name(locale, locale));
  }

  /// The name that the JDK knows a code by in English.
  static Optional<String> inEnglish(String code) {
    return locale(code).flatMap(locale -> name(locale, Locale.ENGLISH));
  }

  private static Optional<Locale> locale(String code) {
    try {
      return Optional.of(new Locale.Builder().setLanguageTag(code).build());
    } catch (IllformedLocaleException e) {
      return Optional.empty();
    }
  }

  /// The JDK gives a code back that it knows no name for.
  private static Optional<String> name(Locale locale, Locale reader) {
    return locale.getDisplayLanguage(reader).equals(locale.getLanguage())
        ? Optional.empty()
        : Optional.of(locale.getDisplayName(reader));
  }

  /// The profile as TOML that reads back to the same, every default spelt out: equal profiles have
  /// equal texts.
  public String toml() {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("code", code);
    keys.put("name", name);
    keys.put("english-name", englishName);
    keys.put("scripts", writing.scripts);
    keys.put("least-script-share", writing.leastScriptShare);
    keys.put("required-scripts", writing.requiredScripts);
    keys.put("least-required-script-share", writing.leastRequiredScriptShare);
    keys.put("markers", vocabulary.markers);
    keys.put("least-marker-share", vocabulary.leastMarkerShare);
    keys.put("marker-words", vocabulary.markerWords);
    keys.put("least-characters", leastCharacters);
    keys.put("spaces", spaces);
    keys.put("prompts", prompts);
    return Settings.toml(keys);
  }

  /// SHA-256, in hexadecimal, of the profile as compact JSON: of what it says, not of how its file
  /// is laid out.
  public String digest() {
    return Sha256.of(Json.bytes(this));
  }

  /// Whether the code point belongs to a word: words are runs of letters and of the marks that
  /// letters bear, such as the vowels of Khmer.
  public static boolean isOfWord(int codePoint) {
    return Character.isLetter(codePoint)
        || Character.getType(codePoint) == Character.NON_SPACING_MARK
        || Character.getType(codePoint) == Character.COMBINING_SPACING_MARK;
  }
}
