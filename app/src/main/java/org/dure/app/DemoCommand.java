package org.dure.app;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.dure.app.demo.Demo;
import org.dure.app.demo.DemoOptions;
import org.dure.app.demo.Institution;
import org.dure.app.demo.Together;
import org.dure.app.process.Ports;
import org.dure.app.terminal.LanguageNames;
import org.dure.app.terminal.Output;
import org.dure.core.LanguageProfile;
import org.dure.core.Named;
import org.dure.corpus.sample.SampleText;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/// `dure demo`.
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "The whole path on this machine in about ten minutes.",
      "",
      "Eight institutions, two in each of four countries (ko, ja, fr, vi), train from scratch on text"
          + " that never leaves them, those of a language together; you watch it in the browser; it"
          + " ends with what joining was worth to each, and with an evaluated, signed model of each"
          + " that answers on an OpenAI-compatible API. Interrupted, the same command goes on where"
          + " it was."
    },
    footer = {
      "",
      "Example:",
      "  dure demo",
      "  dure demo --steps 200 --exit --text ko-1=my/korean/text",
      "  dure demo --text km=my/khmer/text --profile km.toml",
      "  Training together saves 8.0%% of the bits, on the mean of 8. Better for 8 of 8 institutions: ..."
    })
@SuppressWarnings("NullAway.Init")
final class DemoCommand implements Callable<Integer> {
  private static final List<String> USUAL = List.of("ko", "ja", "fr", "vi");

  @Option(
      names = "--home",
      defaultValue = "demo",
      paramLabel = "DIR",
      description = "Folder for everything the demo makes (default: demo).")
  private Path home;

  @Option(
      names = "--text",
      paramLabel = "NAME=PATH",
      converter = {LanguageNames.class, PathConverter.class},
      description =
          "Own text of an institution (ko-1) or of a language (ko, shared out among its institutions),"
              + " a folder or a file, instead of the sample; may be given several times.")
  private Map<String, Path> text = new LinkedHashMap<>();

  @Option(
      names = "--profile",
      paramLabel = "FILE",
      description = "Profile of a language of your own (TOML); may be given several times.")
  private List<Path> profiles = new ArrayList<>();

  @Option(
      names = "--languages",
      split = ",",
      paramLabel = "CODE",
      converter = LanguageNames.class,
      description = {
        "Of the institutions (default: ko,ja,fr,vi, and whatever else --text or --profile names)."
      })
  private @Nullable List<String> languages;

  @Option(
      names = "--institutions",
      paramLabel = "N",
      description =
          "Institutions of each language, ko-1, ko-2, ...; of one alone the name is ko (default: 2,"
              + " with --sharing body or all 1).")
  private @Nullable Integer institutions;

  @Option(names = "--minutes", paramLabel = "M", description = "Training budget (default: 5).")
  private @Nullable Double minutes;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description =
          "Local steps of each institution instead of --minutes; equal runs then end in equal weights.")
  private @Nullable Integer steps;

  @Option(
      names = "--seed",
      defaultValue = "1",
      paramLabel = "S",
      description = "Seed of everything random (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--sharing",
      defaultValue = "language",
      paramLabel = "WHAT",
      description =
          "language: words and body, by those of one language (default); body: own words, one body of"
              + " all; all: one model for all.")
  private String sharing;

  @Option(
      names = "--exit",
      description = "End once the releases are verified and have answered, instead of serving.")
  private boolean exit;

  @Option(names = "--no-browser", negatable = false, description = "Do not open a browser.")
  private boolean noBrowser;

  @Option(
      names = "--port",
      defaultValue = "" + Ports.SERVE,
      paramLabel = "P",
      description = "Port of the API and the chat page; 0 for any (default: ${DEFAULT-VALUE}).")
  private int port;

  @Option(
      names = "--console-port",
      defaultValue = "" + Ports.CONSOLE,
      paramLabel = "P",
      description = "Port of the console; 0 for any (default: ${DEFAULT-VALUE}).")
  private int consolePort;

  @Option(
      names = "--hub-port",
      defaultValue = "" + Ports.HUB,
      paramLabel = "P",
      description = "Port on which regions reach the hub; 0 for any (default: ${DEFAULT-VALUE}).")
  private int hubPort;

  @Option(names = "--cache", paramLabel = "DIR", description = "Folder for downloaded packages.")
  private @Nullable Path cache;

  @Spec private CommandSpec spec;

  /// Of a map's values, where its keys have a converter of their own.
  static final class PathConverter implements ITypeConverter<Path> {
    @Override
    public Path convert(String value) {
      if (value.isBlank()) {
        throw new TypeConversionException("a path is missing: expected NAME=PATH");
      }
      return Path.of(value);
    }
  }

  @Override
  public Integer call() {
    if (steps != null && steps < 1) {
      throw new ParameterException(spec.commandLine(), "--steps must be at least 1");
    }
    if (minutes != null && !(minutes > 0 && minutes < 1e6)) {
      throw new ParameterException(spec.commandLine(), "--minutes must be above 0");
    }
    if (minutes != null && steps != null) {
      throw new ParameterException(spec.commandLine(), "give --minutes or --steps, not both");
    }
    Together together =
        Named.find(Together.class, sharing)
            .orElseThrow(
                () ->
                    new ParameterException(
                        spec.commandLine(), "--sharing must be language, body or all"));
    int each = institutions == null ? together.usualInstitutions() : institutions;
    checkInstitutions(together, each);
    Map<String, LanguageProfile> own = ownProfiles();
    List<String> spoken = languages(own);
    checkText(spoken, each);
    Output output = Output.of(spec);
    DemoOptions options =
        new DemoOptions(
            home,
            cache == null ? SampleText.defaultCache() : cache,
            spoken,
            each,
            text,
            own,
            new DemoOptions.Budget(minutes, steps),
            seed,
            together,
            exit,
            !noBrowser,
            new DemoOptions.Listening(
                Ports.orAnyFree(port), Ports.orAnyFree(consolePort), Ports.orAnyFree(hubPort)));
    new Demo(options, output::say).run(finished -> output.result(finished, text(finished)));
    if (exit) {
      output.next(
          "dure demo%s, which serves", home.equals(Path.of("demo")) ? "" : " --home " + home);
    }
    return 0;
  }

  private Map<String, LanguageProfile> ownProfiles() {
    Map<String, LanguageProfile> own = new LinkedHashMap<>();
    for (Path file : profiles) {
      LanguageProfile profile = LanguageProfile.of(file);
      if (own.putIfAbsent(profile.code(), profile) != null) {
        throw new ParameterException(
            spec.commandLine(),
            "--profile %s: another one of %s is given as well".formatted(file, profile.code()));
      }
    }
    return own;
  }

  private void checkInstitutions(Together together, int each) {
    int most = together == Together.ALL ? 1 : Together.MOST_INSTITUTIONS;
    if (each < together.leastInstitutions() || each > most) {
      throw new ParameterException(
          spec.commandLine(),
          "--institutions %d: with --sharing %s expected %s"
              .formatted(
                  each,
                  together.word(),
                  most == 1 ? "1" : together.leastInstitutions() + " to " + most));
    }
  }

  private void checkText(List<String> spoken, int each) {
    List<String> names = Institution.of(spoken, each).stream().map(Institution::name).toList();
    for (String name : text.keySet()) {
      if (!names.contains(name) && !spoken.contains(name)) {
        throw new ParameterException(
            spec.commandLine(),
            "--text %s: the institutions are %s".formatted(name, String.join(", ", names)));
      }
    }
  }

  /// The institutions' languages, each with a profile.
  private List<String> languages(Map<String, LanguageProfile> own) {
    Set<String> named = new LinkedHashSet<>();
    text.keySet().forEach(name -> named.add(Institution.language(name).orElse(name)));
    named.addAll(own.keySet());
    Set<String> regions = new LinkedHashSet<>(languages == null ? USUAL : languages);
    if (languages == null) {
      regions.addAll(named);
    }
    for (String language : named) {
      if (!regions.contains(language)) {
        throw new ParameterException(
            spec.commandLine(),
            "--text or --profile of %s: the languages are %s"
                .formatted(language, String.join(", ", regions)));
      }
    }
    for (String language : regions) {
      if (!own.containsKey(language)) {
        LanguageProfile unused = LanguageProfile.of(language);
      }
    }
    return List.copyOf(regions);
  }

  private static String text(Demo.Finished finished) {
    String report = "report:  " + finished.report();
    return finished.chat() == null
        ? report
        : "%s%nconsole: %s%nchat:    %s".formatted(report, finished.console(), finished.chat());
  }
}
