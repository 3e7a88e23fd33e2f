package org.dure.app;

import java.nio.file.Files;
import java.nio.file.Path;
import org.dure.app.terminal.LanguageNames;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.LanguageProfile;
import org.dure.corpus.CorpusBuilder;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// In which language a text is: its name or a profile of it, or both.
final class LanguageOptions {
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
  static LanguageProfile named(String languageOrFile) {
    Path file = Path.of(languageOrFile);
    return languageOrFile.endsWith(".toml") || Files.exists(file)
        ? LanguageProfile.of(file)
        : LanguageProfile.of(LanguageNames.code(languageOrFile));
  }

  /// The profile that was asked for.
  LanguageProfile profile() {
    if (language != null) {
      return LanguageProfile.of(language, file);
    }
    if (file == null) {
      throw new ParameterException(
          spec.commandLine(), "--language CODE or --profile FILE is needed");
    }
    return LanguageProfile.of(file);
  }

  /// The profile by which a corpus was built, if it is what was asked for.
  ///
  /// @param corpus null if there is none: then as [#profile()]
  LanguageProfile profile(@Nullable Path corpus) {
    if (corpus == null) {
      return profile();
    }
    LanguageProfile built = CorpusBuilder.profile(corpus);
    if (file != null && !profile().equals(built)) {
      throw new DureException(
          ErrorCode.HOME_CONFLICT,
          "%s was built by another profile than %s, which has the digest %.12s...: expected %.12s..."
              .formatted(corpus, file, profile().digest(), built.digest()));
    }
    return language == null ? built : built.require(language, corpus.toString());
  }
}
