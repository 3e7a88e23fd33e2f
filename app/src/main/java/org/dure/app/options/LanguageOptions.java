package org.dure.app.options;

import java.nio.file.Files;
import java.nio.file.Path;
import org.dure.app.terminal.LanguageNames;
import org.dure.core.LanguageProfile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// In which language a text is: its name or a profile of it, or both.
public final class LanguageOptions {
  @Option(
      names = "--language",
      paramLabel = "CODE",
      description = {
        "Language of the text: ${COMPLETION-CANDIDATES},",
        "or with --profile any other (default: the profile's)."
      },
      completionCandidates = LanguageCodes.class,
      converter = LanguageNames.class)
  private @Nullable String language;

  @Option(
      names = "--profile",
      paramLabel = "FILE",
      description = "A language profile of your own (TOML); see dure profile --help.")
  private @Nullable Path file;

  @Spec(Spec.Target.MIXEE)
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  /// The profile of a language or in a file.
  public static LanguageProfile named(String languageOrFile) {
    Path file = Path.of(languageOrFile);
    return languageOrFile.endsWith(".toml") || Files.exists(file)
        ? LanguageProfile.of(file)
        : LanguageProfile.of(LanguageNames.code(languageOrFile));
  }

  /// The profile that was asked for.
  public LanguageProfile profile() {
    if (language != null) {
      return LanguageProfile.of(language, file);
    }
    if (file == null) {
      throw new ParameterException(
          spec.commandLine(), "--language CODE or --profile FILE is needed");
    }
    return LanguageProfile.of(file);
  }
}
