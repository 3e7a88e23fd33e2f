package org.dure.app.demo;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.dure.core.LanguageProfile;
import org.jspecify.annotations.Nullable;

/// What the user asked of the demo.
///
/// @param home keeps everything
/// @param cache of downloaded packages
/// @param languages of the institutions, by code
/// @param each how many institutions there are of every language
/// @param text folders of own text by institution or language; the others get the sample
/// @param profiles of languages that Dure brings none of, or another one of, by code
/// @param sharing who trains what together
/// @param exit end once the releases are verified and have answered
/// @param openBrowser whether one may be opened
public record DemoOptions(
    Path home,
    Path cache,
    List<String> languages,
    int each,
    Map<String, Path> text,
    Map<String, LanguageProfile> profiles,
    Budget budget,
    long seed,
    Together sharing,
    boolean exit,
    boolean openBrowser,
    Listening ports) {
  /// @param minutes of training, or null for the usual ones
  /// @param steps local steps of every region instead, or null
  public record Budget(@Nullable Double minutes, @Nullable Integer steps) {
    static final double USUAL_MINUTES = 5;

    double minutesOrUsual() {
      return minutes == null ? USUAL_MINUTES : minutes;
    }
  }

  /// @param serve of the OpenAI-compatible API
  /// @param console of the console
  /// @param hub of the belt
  public record Listening(int serve, int console, int hub) {}

  public DemoOptions {
    languages = List.copyOf(languages);
    text = Map.copyOf(text);
    profiles = Map.copyOf(profiles);
  }

  LanguageProfile profile(String language) {
    LanguageProfile profile = profiles.get(language);
    return profile == null ? LanguageProfile.of(language) : profile;
  }

  public List<Institution> institutions() {
    return Institution.of(languages, each);
  }

  /// The text that an institution was given, or its language.
  Optional<Path> textOf(Institution institution) {
    return Optional.ofNullable(text.get(institution.name()))
        .or(() -> Optional.ofNullable(text.get(institution.language())));
  }
}
