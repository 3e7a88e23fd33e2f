package org.dure.app.options;

import org.dure.app.consent.ConsentDesk;
import org.dure.app.terminal.LanguageNames;
import org.dure.federation.protocol.Study;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// In which language terms are read; what is accepted is the same in each.
public final class TermsLanguageOptions {
  @Option(
      names = "--language",
      paramLabel = "CODE",
      converter = LanguageNames.class,
      description = "Language of the words: ko, ja, fr, vi or en (default: the region's).")
  private @Nullable String language;

  @Spec(Spec.Target.MIXEE)
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  /// The language that was asked for, or the region's own.
  public String of(Study.Region member) {
    if (language != null && !ConsentDesk.LANGUAGES.contains(language)) {
      throw new ParameterException(
          spec.commandLine(),
          "--language %s: expected one of %s"
              .formatted(language, String.join(", ", ConsentDesk.LANGUAGES)));
    }
    return language == null ? member.language() : language;
  }
}
