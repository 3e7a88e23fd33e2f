package org.dure.app.release;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.corpus.CorpusIdentity;
import org.dure.evaluation.AuditReport;
import org.dure.evaluation.ModelDigests;

/// The audits of a release, of any kind: what attacks found out about the text that its model was
/// trained on. They lie in `audits/`, `KIND.json` and, where there are several of a kind,
/// `KIND-2.json` and so on.
///
/// @param reports in the order in which they were given
record Audits(List<AuditReport> reports) {
  /// In a release.
  static final String FOLDER = "audits";

  /// What an audit calls the text that a corpus holds out.
  static final String HELD_OUT = "held-out";

  static final Audits NONE = new Audits(List.of());

  Audits {
    reports = List.copyOf(reports);
  }

  /// Reads audits that are to go into a release.
  ///
  /// @throws DureException naming the file that is none
  static Audits read(List<Path> files) {
    return new Audits(files.stream().map(AuditReport::read).toList());
  }

  /// Those of a release; none where it is from before there were.
  static Audits of(Path release) {
    Path folder = release.resolve(FOLDER);
    if (!Files.isDirectory(folder)) {
      return NONE;
    }
    try (Stream<Path> files = Files.list(folder)) {
      return read(files.filter(file -> file.toString().endsWith(".json")).sorted().toList());
    } catch (IOException e) {
      throw DureException.io("read", folder, e);
    }
  }

  /// Checks that all are of this model, and what they say of held-out text of these corpora.
  ///
  /// @param corpora none if it is not known
  /// @throws DureException with [ErrorCode#CLAIM_UNFOUNDED] naming everything that is of another
  void check(ModelDigests model, List<CorpusIdentity> corpora) {
    List<String> problems = new ArrayList<>();
    for (AuditReport report : reports) {
      compare(report, "weights", report.model().weights(), model.weights(), problems);
      compare(report, "tokenizer", report.model().tokenizer(), model.tokenizer(), problems);
      compare(report, "config.json", report.model().config(), model.config(), problems);
      String heldOut = report.on().get(HELD_OUT);
      if (heldOut != null
          && !corpora.isEmpty()
          && corpora.stream().noneMatch(corpus -> corpus.heldOut().equals(heldOut))) {
        problems.add(
            "%s: asked about the held-out text %s, which is of no --corpus"
                .formatted(report.kind(), heldOut));
      }
    }
    if (!problems.isEmpty()) {
      throw new DureException(
          ErrorCode.CLAIM_UNFOUNDED,
          "an audit is not of this model:\n  %s".formatted(String.join("\n  ", problems)));
    }
  }

  private static void compare(
      AuditReport report, String what, String audited, String found, List<String> problems) {
    if (!audited.equals(found)) {
      problems.add("%s: audited %s %s, found %s".formatted(report.kind(), what, audited, found));
    }
  }

  /// Writes all into a release that is being made.
  void write(Path part) throws IOException {
    Map<String, Integer> counts = new HashMap<>();
    for (AuditReport report : reports) {
      int number = counts.merge(report.kind(), 1, Integer::sum);
      Path folder = Files.createDirectories(part.resolve(FOLDER));
      report.write(folder.resolve(report.kind() + (number == 1 ? "" : "-" + number) + ".json"));
    }
  }

  /// The model card's part, Markdown; empty where there are none.
  String card() {
    if (reports.isEmpty()) {
      return "";
    }
    StringBuilder card = new StringBuilder("## What attacks found\n");
    for (AuditReport report : reports) {
      card.append("\n### ").append(report.kind()).append("\n| figure | value |\n|---|---|\n");
      for (AuditReport.Figure figure : report.figures()) {
        card.append("| %s | %s |%n".formatted(figure.name(), shown(figure)));
      }
      card.append('\n');
      report
          .conditions()
          .forEach((name, value) -> card.append("- %s: %s%n".formatted(name, value)));
      report
          .on()
          .forEach((name, digest) -> card.append("- %s text `%s`%n".formatted(name, digest)));
    }
    return card.append("\nThe figures are in `").append(FOLDER).append("/`.\n\n").toString();
  }

  private static String shown(AuditReport.Figure figure) {
    Double low = figure.low();
    Double high = figure.high();
    String value = number(figure.value());
    return low == null || high == null
        ? value
        : "%s (%s to %s)".formatted(value, number(low), number(high));
  }

  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? String.format(Locale.ROOT, "%,d", (long) value)
        : String.format(Locale.ROOT, "%.4g", value);
  }
}
