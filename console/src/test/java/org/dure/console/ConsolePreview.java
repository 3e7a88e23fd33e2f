package org.dure.console;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.dure.core.Sha256;
import org.dure.evaluation.Comparison;
import org.dure.evaluation.EvaluationReport;
import org.dure.evaluation.EvaluationReportPage;
import org.dure.federation.status.StudyStatus;

/// Serves a made-up study, for looking at the console while working on it.
///
/// Arguments: a port, and one of `waiting`, `training`, `absent`, `troubled`, `stalled`,
/// `measuring`, `finished`, or `moving` for a study that trains before one's eyes.
final class ConsolePreview {
  private ConsolePreview() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    String what = arguments.length > 1 ? arguments[1] : "moving";
    long began = System.currentTimeMillis();
    Supplier<StudyStatus> status =
        switch (what) {
          case "waiting" -> ConsoleSamples::waiting;
          case "training" -> () -> ConsoleSamples.training(7, 4);
          case "absent" -> ConsoleSamples::oneAbsent;
          case "troubled" -> ConsoleSamples::troubled;
          case "stalled" -> ConsoleSamples::stalled;
          case "measuring" -> ConsoleSamples::measuring;
          case "finished" -> ConsoleSamples::finished;
          default -> () -> moving(System.currentTimeMillis() - began);
        };
    Path release = release(Files.createTempDirectory("console-preview").resolve("ko"));
    Path report = report(release.resolveSibling("report"));
    ConsoleExtras extras =
        new ConsoleExtras(
            () -> what.equals("finished") ? Optional.of(report) : Optional.empty(),
            () ->
                what.equals("finished")
                    ? List.of(
                        ConsolePreview.shown("ko", release, ConsoleExtras.Verification.VERIFIED),
                        ConsolePreview.shown("ja", release, ConsoleExtras.Verification.CHANGED))
                    : List.of(),
            Optional.of(URI.create("http://127.0.0.1:8400/")));
    int port = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 0;
    try (Console console = Console.start(status, extras, "127.0.0.1", port)) {
      System.out.println(console.address());
      Thread.sleep(Long.MAX_VALUE);
    }
  }

  /// Half a second a step; after the last round, finished.
  static StudyStatus moving(long millis) {
    int steps = (int) (millis / 500);
    return steps / (ConsoleSamples.STEPS + 1) >= ConsoleSamples.ROUNDS
        ? ConsoleSamples.finished()
        : ConsoleSamples.training(
            steps / (ConsoleSamples.STEPS + 1), steps % (ConsoleSamples.STEPS + 1));
  }

  private static Path report(Path folder) {
    List<Comparison> measured =
        ConsoleSamples.finished().regions().stream()
            .map(region -> Comparison.of(region.language(), region.work().scores()))
            .toList();
    SequencedMap<String, List<EvaluationReportPage.Point>> losses = new LinkedHashMap<>();
    for (StudyStatus.Round round : ConsoleSamples.finished().history()) {
      round
          .contributions()
          .forEach(
              (region, part) ->
                  losses
                      .computeIfAbsent(region, name -> new ArrayList<>())
                      .add(
                          new EvaluationReportPage.Point(
                              10.0 * round.number(), part.metrics().getOrDefault("loss", 0.0))));
    }
    EvaluationReportPage.of(
            EvaluationReport.of(
                "demo",
                "2026-11-28T05:00:00Z",
                measured,
                null,
                Map.of("sharing", "body", "seed", "1", "steps", "150", "rounds", "15")))
        .lossCurves(losses)
        .borders(List.of(new EvaluationReportPage.Border("ko", 23_600_000, 25_200_000)))
        .samples(List.of(new EvaluationReportPage.Sample("ko", "ko", "문서를 저장하려면 ", "파일을 엽니다.")))
        .write(folder.resolve("index.html"), "ko");
    return folder;
  }

  /// A release as it was checked.
  static ConsoleExtras.Release shown(
      String name, Path folder, ConsoleExtras.Verification verification) {
    List<ConsoleExtras.File> files = new ArrayList<>();
    if (verification != ConsoleExtras.Verification.CHANGED) {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path file : (Iterable<Path>) all.filter(Files::isRegularFile)::iterator) {
          files.add(
              new ConsoleExtras.File(
                  folder.relativize(file).toString(), Files.size(file), Sha256.of(file)));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return new ConsoleExtras.Release(name, folder, verification, files);
  }

  static Path release(Path folder) throws IOException {
    Files.createDirectories(folder.resolve("ledger"));
    Files.writeString(folder.resolve("config.json"), "{}\n");
    Comparison measured =
        Comparison.of("ko", ConsoleSamples.finished().regions().getFirst().work().scores());
    EvaluationReport.of("demo", "2026-11-28T05:00:00Z", List.of(measured), null, Map.of())
        .write(folder.resolve("evaluation.json"));
    Files.writeString(folder.resolve("manifest.cose"), "signed");
    Files.write(folder.resolve("model.safetensors"), new byte[5_400_000]);
    Files.writeString(folder.resolve("ledger/ledger.jsonl"), "{}\n");
    return folder;
  }
}
