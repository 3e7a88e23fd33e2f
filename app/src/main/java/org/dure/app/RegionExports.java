package org.dure.app;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.dure.app.home.RegionHome;
import org.dure.app.home.RegionLayout;
import org.dure.app.home.SitePolicy;
import org.dure.app.home.Terms;
import org.dure.app.terminal.Output;
import org.dure.app.workload.WorkloadConfig;
import org.dure.core.Printable;
import org.dure.core.Settings;
import org.dure.federation.region.ExportLog;
import org.dure.federation.region.ExportPreview;
import org.dure.provenance.Certificates;
import org.dure.tokenizer.WordCounts;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `dure region exports`.
@Command(
    name = "exports",
    mixinStandardHelpOptions = true,
    description = {
      "Lists what has left the region, from its signed log; with --preview, what would leave next.",
      "",
      "Counts are shown in full, every piece of a word; weights in figures."
    },
    footer = {
      "",
      "Example:",
      "  dure region exports --home ko --preview",
      "  counts: 4,411 pieces, 61,230 bytes"
    })
@SuppressWarnings("NullAway.Init")
final class RegionExports implements Callable<Integer> {
  @Option(
      names = "--home",
      required = true,
      paramLabel = "DIR",
      description = "The region's own folder.")
  private Path home;

  @Option(names = "--preview", description = "Shows what would leave next instead.")
  private boolean preview;

  @Spec private CommandSpec spec;

  /// @param exports the log's lines
  record Left(List<ExportLog.Entry> exports) {}

  /// @param policy digest of the site's policy
  /// @param counts every piece with its count; null where the study takes none
  /// @param countsMade whether they are those that the node keeps to send, or were made to be shown
  /// @param weights what the study takes of them, in bytes a round
  /// @param delta the newest finished round's; null where there is none yet
  /// @param scores null where nothing has been measured yet
  /// @param fields what a message holds, by its kind
  record Next(
      String policy,
      @Nullable Map<String, Long> counts,
      boolean countsMade,
      Map<String, Long> weights,
      ExportPreview.@Nullable Delta delta,
      @Nullable Map<String, Double> scores,
      Map<String, String> fields) {}

  private static final Map<String, String> FIELDS =
      Map.of(
          "hello", "study, region, layout, heads of the hub's log and of the export log, round",
          "activity", "study, region, round, one word of a fixed list, two numbers",
          "contribution",
              "study, region, sequence, round, digests of base and delta, weight, metrics",
          "scores", "study, region, sequence, round, digest of the base, scores");

  private static final Map<String, String> COUNTED =
      Map.of("preparation", "study, region, sequence, digest of the counts");

  private static final Map<String, String> PROTECTED =
      Map.of(
          "spending",
          "study, region, sequence, round, digest of the delta, noise, rate and steps so far");

  private static final Map<String, String> SECRET =
      Map.of(
          "keys", "study, region, sequence, round, digest of the roster, public keys of the round",
          "shares", "study, region, sequence, round, sealed shares of the round's seeds",
          "confirmation", "study, region, sequence, round, names of the contributors",
          "revelation", "study, region, sequence, round, shares that unmask the sum",
          "withdrawal", "study, region, sequence, round");

  /// Of the messages that this study has.
  private static Map<String, String> fields(Terms terms) {
    Map<String, String> fields = new TreeMap<>(FIELDS);
    if (terms.counting() != null) {
      fields.putAll(COUNTED);
    }
    if (terms.protection().noise() != null) {
      fields.putAll(PROTECTED);
    }
    if (terms.protection().secretSum() > 0) {
      fields.putAll(SECRET);
    }
    return fields;
  }

  @Override
  public Integer call() {
    RegionLayout region = RegionLayout.of(home, spec.name());
    RegionHome unused = RegionHome.read(region);
    if (preview) {
      preview(region);
    } else {
      left(region);
    }
    return 0;
  }

  private void left(RegionLayout region) {
    Path log = region.node().resolve("exports.jsonl");
    List<ExportLog.Entry> entries = new ArrayList<>();
    if (Files.exists(log)) {
      ExportLog.verify(
          log, Certificates.read(region.certificate()).getFirst().getPublicKey(), entries::add);
    }
    Output output = Output.of(spec);
    PrintWriter text = output.text();
    for (ExportLog.Entry entry : entries) {
      text.printf(
          Locale.ROOT,
          "%d  %s  round %d  %s  %,d bytes  %s  by policy %.12s: %s%n",
          entry.number(),
          entry.time(),
          entry.round(),
          entry.kind(),
          entry.bytes(),
          entry.digest(),
          entry.policy(),
          entry.rule());
    }
    text.println(entries.isEmpty() ? "nothing has left" : "%d lines".formatted(entries.size()));
    output.document(new Left(entries));
  }

  private void preview(RegionLayout region) {
    WorkloadConfig config = WorkloadConfig.of(Settings.of(RegionHome.study(region)));
    RegionHome own = RegionHome.read(region);
    SitePolicy policy = SitePolicy.of(region);
    ExportPreview ready = ExportPreview.of(region.node(), config.study().digest());
    Map<String, Long> counts =
        ready.preparation().or(() -> config.counts(region)).map(RegionExports::counts).orElse(null);
    Map<String, Long> weights = new LinkedHashMap<>();
    Terms terms = config.terms(own.member(), own.authority());
    for (Terms.Part part : terms.parts()) {
      if (part.kind().startsWith("weights-")) {
        weights.put(part.kind(), part.bytes());
      }
    }
    Next next =
        new Next(
            policy.digest(),
            counts,
            ready.preparation().isPresent(),
            weights,
            ready.delta().orElse(null),
            ready.scores().orElse(null),
            fields(terms));
    Output output = Output.of(spec);
    print(next, output.text());
    output.document(next);
  }

  private static Map<String, Long> counts(byte[] bytes) {
    Map<String, Long> counts = new LinkedHashMap<>();
    WordCounts.parse(bytes).forEachChunk(counts::put);
    return counts;
  }

  private static void print(Next next, PrintWriter text) {
    text.printf(Locale.ROOT, "site's policy %s%n", next.policy);
    if (next.counts != null) {
      text.printf(Locale.ROOT, "counts: %,d pieces%n", next.counts.size());
      next.counts.forEach(
          (piece, count) ->
              text.printf(Locale.ROOT, "%,12d  \"%s\"%n", count, Printable.line(piece)));
    } else {
      text.println("counts: the study takes none");
    }
    next.weights.forEach(
        (kind, bytes) -> text.printf(Locale.ROOT, "%s: %,d bytes a round%n", kind, bytes));
    ExportPreview.Delta delta = next.delta;
    if (delta != null) {
      text.printf(
          Locale.ROOT,
          "delta of round %d: %,d bytes in %d fragments, norm %.6g, largest value %.6g, weight %d,"
              + " %s, %s%n",
          delta.round(),
          delta.bytes(),
          delta.fragments(),
          delta.norm(),
          delta.largest(),
          delta.weight(),
          new TreeMap<>(delta.metrics()),
          delta.digest());
    }
    if (next.scores != null) {
      text.println("scores: " + new TreeMap<>(next.scores));
    }
    next.fields.forEach((kind, fields) -> text.println(kind + ": " + fields));
  }
}
