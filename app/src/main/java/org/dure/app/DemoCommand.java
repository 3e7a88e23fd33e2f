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
import org.dure.app.process.Ports;
import org.dure.app.terminal.LanguageNames;
import org.dure.app.terminal.Output;
import org.dure.core.LanguageProfile;
import org.dure.core.Named;
import org.dure.core.Sharing;
import org.dure.corpus.sample.SampleText;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `dure demo`.
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "The whole path on this machine in about ten minutes.",
      "",
      "Four regions (ko, ja, fr, vi) train together from scratch on text that never leaves each"
          + " region; you watch it in the browser; it ends with an evaluated, signed model of each"
          + " language that answers on an OpenAI-compatible API. Interrupted, the same command goes"
          + " on where it was."
    },
    footer = {
      "",
      "Example:",
      "  dure demo",
      "  dure demo --steps 400 --exit --text ko=my/korean/text",
      "  dure demo --text km=my/khmer/text --profile km.toml",
      "  Together better in 3 of 4 languages: ko −1.0%%, ja −3.0%%, fr −1.5%%. Worse in 1: vi +1.4%%."
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
      paramLabel = "LANGUAGE=PATH",
      converter = {LanguageNames.class, PathConverter.class},
      description =
          "Own text of a language, a folder or a file, instead of the sample; may be given several"
              + " times.")
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
        "The regions (default: ko,ja,fr,vi, and whatever else --text or --profile names)."
      })
  private @Nullable List<String> languages;

  @Option(names = "--minutes", paramLabel = "M", description = "Training budget (default: 5).")
  private @Nullable Double minutes;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description =
          "Local steps of each region instead of --minutes; equal runs then end in equal weights.")
  private @Nullable Integer steps;

  @Option(
      names = "--seed",
      defaultValue = "1",
      paramLabel = "S",
      description = "Seed of everything random (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--sharing",
      defaultValue = "body",
      paramLabel = "WHAT",
      description = "body: own words, one shared body (default); all: one model for all.")
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
    Sharing shared =
        Named.find(Sharing.class, sharing)
            .orElseThrow(
                () -> new ParameterException(spec.commandLine(), "--sharing must be body or all"));
    Map<String, LanguageProfile> own = ownProfiles();
    List<String> regions = regions(own);
    Output output = Output.of(spec);
    DemoOptions options =
        new DemoOptions(
            home,
            cache == null ? SampleText.defaultCache() : cache,
            regions,
            text,
            own,
            new DemoOptions.Budget(minutes, steps),
            seed,
            shared,
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

  /// The regions, each of a language with a profile.
  private List<String> regions(Map<String, LanguageProfile> own) {
    Set<String> named = new LinkedHashSet<>(text.keySet());
    named.addAll(own.keySet());
    Set<String> regions = new LinkedHashSet<>(languages == null ? USUAL : languages);
    if (languages == null) {
      regions.addAll(named);
    }
    for (String language : named) {
      if (!regions.contains(language)) {
        throw new ParameterException(
            spec.commandLine(),
            "--text or --profile of %s: the regions are %s".formatted(language, regions));
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
