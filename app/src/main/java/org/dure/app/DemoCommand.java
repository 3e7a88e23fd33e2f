package org.dure.app;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.dure.app.demo.Demo;
import org.dure.app.demo.DemoOptions;
import org.dure.app.process.Ports;
import org.dure.app.terminal.LanguageNames;
import org.dure.app.terminal.Output;
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
      "  ko: 2.056 bits per byte at the start, 1.159 (1.108 to 1.212) on the belt, ..."
    })
@SuppressWarnings("NullAway.Init")
final class DemoCommand implements Callable<Integer> {
  @Option(
      names = "--home",
      defaultValue = "demo",
      paramLabel = "DIR",
      description = "Keeps everything (default: demo).")
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
      names = "--languages",
      split = ",",
      defaultValue = "ko,ja,fr,vi",
      paramLabel = "CODE",
      converter = LanguageNames.class,
      description = "The regions (default: ${DEFAULT-VALUE}).")
  private List<String> languages;

  @Option(names = "--minutes", paramLabel = "M", description = "Training budget (default: 5).")
  private @Nullable Double minutes;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Local steps of each region instead; then equal runs end in equal weights.")
  private @Nullable Integer steps;

  @Option(
      names = "--seed",
      defaultValue = "1",
      paramLabel = "S",
      description = "Of everything random (default: ${DEFAULT-VALUE}).")
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

  @Option(
      names = "--no-browser",
      negatable = false,
      description = "Open no browser (nor does a machine without a display).")
  private boolean noBrowser;

  @Option(
      names = "--port",
      defaultValue = "" + Ports.SERVE,
      paramLabel = "P",
      description = "Of the API and the chat page; 0 for any (default: ${DEFAULT-VALUE}).")
  private int port;

  @Option(
      names = "--console-port",
      defaultValue = "" + Ports.CONSOLE,
      paramLabel = "P",
      description = "Of the console; 0 for any (default: ${DEFAULT-VALUE}).")
  private int consolePort;

  @Option(
      names = "--hub-port",
      defaultValue = "" + Ports.HUB,
      paramLabel = "P",
      description = "Of the belt; 0 for any (default: ${DEFAULT-VALUE}).")
  private int hubPort;

  @Option(names = "--cache", paramLabel = "DIR", description = "Of downloaded packages.")
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
    for (String language : text.keySet()) {
      if (!languages.contains(language)) {
        throw new ParameterException(
            spec.commandLine(), "--text %s=...: the regions are %s".formatted(language, languages));
      }
    }
    Output output = Output.of(spec);
    DemoOptions options =
        new DemoOptions(
            home,
            cache == null ? SampleText.defaultCache() : cache,
            languages,
            text,
            new DemoOptions.Budget(minutes, steps),
            seed,
            shared,
            exit,
            !noBrowser,
            new DemoOptions.Listening(
                Ports.orAnyFree(port), Ports.orAnyFree(consolePort), Ports.orAnyFree(hubPort)));
    new Demo(options, output::say).run(finished -> output.result(finished, text(finished)));
    if (exit) {
      output.next("dure demo%s, which serves", home.equals(Path.of("demo")) ? "" : " --home " + home);
    }
    return 0;
  }

  private static String text(Demo.Finished finished) {
    String report = "report:  " + finished.report();
    return finished.chat() == null
        ? report
        : "%s%nconsole: %s%nchat:    %s".formatted(report, finished.console(), finished.chat());
  }
}
