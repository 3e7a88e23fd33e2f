package org.dure.app;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.dure.app.options.LanguageCodes;
import org.dure.app.options.LanguageOptions;
import org.dure.app.options.LinkOptions;
import org.dure.app.terminal.Output;
import org.dure.core.LanguageProfile;
import org.dure.corpus.ProfileTrial;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `dure profile`: what Dure knows of a language, and how to tell it of another.
@Command(
    name = "profile",
    mixinStandardHelpOptions = true,
    description = {
      "Shows language profiles, and tries one of your own on a text.",
      "",
      "A profile is a TOML file of a few lines; with it Dure works in any language. Give it to"
          + " other verbs with --profile FILE; docs/profile.md lists its keys."
    },
    subcommands = {ProfileCommand.Show.class, ProfileCommand.Check.class})
final class ProfileCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a verb is missing: show or check");
  }

  /// `dure profile show`.
  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = {
        "Prints a profile with every default spelt out, as a TOML file to begin one's own with.",
        "",
        "Without a language, the languages that Dure has a profile of."
      },
      footer = {
        "",
        "Example:",
        "  dure profile show vi > mine.toml",
        "  dure profile show",
        "  vi  Vietnamese (Tiếng Việt)"
      })
  @SuppressWarnings("NullAway.Init")
  static final class Show implements Callable<Integer> {
    @Parameters(
        arity = "0..1",
        paramLabel = "LANGUAGE|FILE",
        description = "A language that Dure has a profile of, or a profile's file.",
        completionCandidates = LanguageCodes.class)
    private @Nullable String which;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
      Output output = Output.of(spec);
      PrintWriter out = output.text();
      if (which == null) {
        LanguageProfile.BUILT_IN.stream().map(LanguageProfile::of).forEach(one -> list(out, one));
        output.document(LanguageProfile.BUILT_IN);
      } else {
        LanguageProfile profile = LanguageOptions.named(which);
        out.printf("# %s, digest %s%n%s", profile.englishName(), profile.digest(), profile.toml());
        output.document(profile);
      }
      return 0;
    }

    private static void list(PrintWriter out, LanguageProfile profile) {
      out.printf("%-3s %s (%s)%n", profile.code(), profile.englishName(), profile.name());
    }
  }

  /// `dure profile check`.
  @Command(
      name = "check",
      mixinStandardHelpOptions = true,
      description = {
        "Reads a profile and names every mistake in it.",
        "",
        "With --in also shows what it would drop of a text, and for each threshold the largest"
            + " value that keeps 95 of 100 documents. Try it on text of a neighbouring language"
            + " too: there it should drop nearly all."
      },
      footer = {
        "",
        "Example:",
        "  dure profile check km.toml --in text/km",
        "  km.toml: Khmer (ខ្មែរ), no mistake",
        "  before the language check: 42 documents read, 40 to train on, 0 to choose by, 0 held out; 2 dropped"
            + " (length.characters 2); 0 quarantined",
        "  40 documents judged: 39 kept, 1 dropped (language.script 1)",
        "  language.script, at least 0.5: 0.013 \"This page is not translated\"",
        "  least-script-share = 0.5; half of the documents have 0.998, it may be up to 0.961"
      })
  @SuppressWarnings("NullAway.Init")
  static final class Check implements Callable<Integer> {
    private static final int LINE = 60;

    @Parameters(paramLabel = "LANGUAGE|FILE", description = "The profile.")
    private String which;

    @Option(names = "--in", paramLabel = "DIR", description = "Text to try it on.")
    private @Nullable Path in;

    @Mixin private LinkOptions links;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
      LanguageProfile profile = LanguageOptions.named(which);
      Output output = Output.of(spec);
      PrintWriter out = output.text();
      out.printf("%s: %s (%s), no mistake%n", which, profile.englishName(), profile.name());
      if (in != null) {
        show(out, ProfileTrial.of(profile, links.input(in)));
      }
      output.document(profile);
      return 0;
    }

    private static void show(PrintWriter out, ProfileTrial trial) {
      trial.built().lines("before the language check").forEach(out::println);
      out.println(trial.line());
      trial
          .dropped()
          .forEach(
              (rule, refused) ->
                  refused
                      .samples()
                      .forEach(
                          sample ->
                              out.printf(
                                  "%s, %s: %s \"%s\"%n",
                                  rule, refused.threshold(), sample.value(), line(sample.text()))));
      trial
          .shares()
          .forEach(
              (key, shares) ->
                  out.printf(
                      Locale.ROOT,
                      "%s = %s; half of the documents have %.3f, it may be up to %.3f%n",
                      key,
                      shares.threshold(),
                      shares.middle(),
                      shares.low()));
    }

    /// The beginning of a text, in one line without control characters.
    private static String line(String text) {
      String one = text.replaceAll("[\\p{Cc}\\p{Cf}\\s]+", " ");
      return one.codePointCount(0, one.length()) <= LINE
          ? one
          : one.substring(0, one.offsetByCodePoints(0, LINE)) + "…";
    }
  }
}
