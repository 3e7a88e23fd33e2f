package org.dure.app.home;

import java.nio.file.Files;
import java.nio.file.Path;
import org.dure.core.AtomicFiles;
import org.dure.core.LanguageProfile;
import org.jspecify.annotations.Nullable;

/// The language profile in a region's home: `profile.toml`, every default spelt out, so that the
/// file that it came from may go and a later version of Dure may know better. A corpus keeps the
/// profile that it was built by, and its digest, in its own `config.toml`.
public final class RegionProfile {
  private RegionProfile() {}

  /// The profile by which the region's text is to be read, which the home keeps from now on: the
  /// given one; else the home's own; else the one that Dure brings along.
  ///
  /// @param language the region's
  /// @throws org.dure.core.DureException if there is none, if it cannot be read, or if it is of
  ///     another language
  public static LanguageProfile obtain(RegionLayout home, String language, @Nullable Path given) {
    Path kept = home.profile();
    Path file = given == null && Files.exists(kept) ? kept : given;
    return keep(home, LanguageProfile.of(language, file));
  }

  /// Puts a profile into the home.
  public static LanguageProfile keep(RegionLayout home, LanguageProfile profile) {
    AtomicFiles.write(home.profile(), profile.toml());
    return profile;
  }

  /// Whether the region still has to be given a profile.
  public static boolean isMissing(RegionLayout home, String language) {
    return !Files.exists(home.profile()) && !LanguageProfile.BUILT_IN.contains(language);
  }

  /// Where the region's profile is, in a line for people.
  public static String line(RegionLayout home, String language) {
    String named = "language %s (%s)".formatted(language, LanguageProfile.englishName(language));
    if (Files.exists(home.profile())) {
      return "%s, by the profile in %s".formatted(named, home.profile());
    }
    return isMissing(home, language)
        ? named + ": Dure has no profile of it, write one (docs/profile.md)"
        : named + ", by the profile that Dure brings along";
  }
}
