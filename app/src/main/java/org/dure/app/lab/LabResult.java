package org.dure.app.lab;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.dure.core.Json;
import org.dure.core.Sha256;
import org.dure.core.Version;
import org.dure.federation.protocol.Study;
import org.dure.federation.status.StudyStatus;
import org.dure.netem.LinkShape;
import org.dure.netem.WideAreaNetwork;
import org.jspecify.annotations.Nullable;

/// What one run of the lab came to: one JSON line for records, a table for people.
///
/// @param links bytes that the kernel counted at each region's device; empty on loopback
/// @param dropped packets that the links dropped, for any reason
/// @param linkProcessorSeconds what the links themselves cost
/// @param plainSeconds one bare TCP stream for the same weights there and back; 0 if not measured
/// @param reference digest of the undisturbed run's weights; empty if there was none
public record LabResult(
    LabOptions options,
    LabRun.Seen seen,
    LabRun.@Nullable Seen healthy,
    SequencedMap<String, WideAreaNetwork.Counted> links,
    long dropped,
    double linkProcessorSeconds,
    double plainSeconds,
    String reference) {
  private static final double MEGABYTE = 1e6;
  private static final double MEBIBYTE = 1 << 20;

  /// Seconds of each round, from its opening to its merge, by the hub's clock.
  List<Double> rounds() {
    return rounds(seen);
  }

  private static List<Double> rounds(LabRun.Seen run) {
    StudyStatus status = run.status();
    List<Double> seconds = new ArrayList<>();
    if (status != null) {
      for (StudyStatus.Round round : status.history()) {
        Long merged = round.merged();
        if (merged != null) {
          seconds.add((merged - round.opened()) / 1e3);
        }
      }
    }
    return seconds;
  }

  /// Merges a minute, from the opening of the first round to the newest merge.
  double roundsPerMinute() {
    return roundsPerMinute(seen);
  }

  private static double roundsPerMinute(LabRun.Seen run) {
    StudyStatus status = run.status();
    long merged = 0;
    if (status != null && !status.history().isEmpty()) {
      for (StudyStatus.Round round : status.history()) {
        Long at = round.merged();
        merged = at == null ? merged : Math.max(merged, at);
      }
      long millis = merged - status.history().getFirst().opened();
      return millis <= 0 ? 0 : 60_000.0 * rounds(run).size() / millis;
    }
    return 0;
  }

  /// Merges in the same time, of those with all regions alike; 1 where that was not compared.
  double rate() {
    double alike = healthy == null ? 0 : roundsPerMinute(healthy);
    return alike == 0 ? 1 : roundsPerMinute() / alike;
  }

  double medianRound() {
    return medianRound(seen);
  }

  private static double medianRound(LabRun.Seen run) {
    double[] sorted = rounds(run).stream().mapToDouble(Double::doubleValue).sorted().toArray();
    if (sorted.length == 0) {
      return 0;
    }
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  /// What no protocol can do without: the weights there and back at the link's rate, one round
  /// trip, the local steps of the fastest region.
  double limitSeconds() {
    double crossing = 2 * options.work().bytes() / options.network().shape().bytesPerSecond();
    return crossing + options.network().shape().roundTripMillis() / 1e3 + localSeconds();
  }

  private double localSeconds() {
    return options.work().steps() * options.work().stepMillis() / 1e3;
  }

  /// Bytes of weights and deltas that had to cross, all regions together: the weights before every
  /// round and after the last one, a delta a round.
  long payload() {
    return options.work().bytes() * (2L * rounds().size() + 1) * options.regions().size();
  }

  /// All bytes on the links for each byte of payload; 0 where nothing was counted.
  double wireRatio() {
    long all = links.values().stream().mapToLong(link -> link.out() + link.in()).sum();
    return payload() == 0 ? 0 : (double) all / payload();
  }

  /// Share of the link's time that the median round's bytes had to take.
  double utilisation() {
    double crossing = 2 * options.work().bytes() / options.network().shape().bytesPerSecond();
    double time = medianRound() - localSeconds();
    return time <= 0 ? 0 : Math.min(1, crossing / time);
  }

  /// Mean of the regions' losses in a round, by its place in the history.
  private Optional<Double> loss(StudyStatus.Round round) {
    double[] losses =
        round.contributions().values().stream()
            .map(contribution -> contribution.metrics().get("loss"))
            .filter(loss -> loss != null)
            .mapToDouble(loss -> loss == null ? 0 : loss)
            .toArray();
    return losses.length == 0
        ? Optional.empty()
        : Optional.of(Arrays.stream(losses).sum() / losses.length);
  }

  private Optional<Double> firstLoss() {
    StudyStatus status = seen.status();
    return status == null || status.history().isEmpty()
        ? Optional.empty()
        : loss(status.history().getFirst());
  }

  /// The mean of what the regions measured at the end, else of the newest round.
  private Optional<Double> lastLoss() {
    StudyStatus status = seen.status();
    if (status == null) {
      return Optional.empty();
    }
    double[] scores =
        status.regions().stream()
            .filter(region -> region.work().scores().containsKey("loss"))
            .mapToDouble(region -> region.work().scores().getOrDefault("loss", 0.0))
            .toArray();
    if (scores.length > 0) {
      return Optional.of(Arrays.stream(scores).sum() / scores.length);
    }
    for (StudyStatus.Round round : status.history().reversed()) {
      Optional<Double> loss = loss(round);
      if (loss.isPresent()) {
        return loss;
      }
    }
    return Optional.empty();
  }

  /// Bytes of deltas that crossed though the hub had them already, or had them spoilt by its disk,
  /// by the size of a fragment.
  double sentAgain() {
    StudyStatus status = seen.status();
    return status == null
        ? 0
        : (double) status.regions().stream().mapToLong(region -> region.link().sentAgain()).sum()
            / Study.recorded(options.study()).fragmentBytes();
  }

  /// [#sentAgain] for each kill.
  double sentAgainPerKill() {
    return sentAgain() / Math.max(1, seen.kills().hub() + seen.kills().regions());
  }

  /// Why the run failed; empty if it passed.
  List<String> reasons() {
    List<String> reasons = new ArrayList<>(seen.problems());
    if (healthy != null) {
      healthy.problems().forEach(problem -> reasons.add("with all regions alike: " + problem));
    }
    Study study = Study.recorded(options.study());
    List<String> weights = LabRun.outcome(seen, study);
    if (seen.weights().size() < options.regions().size()) {
      reasons.add(
          "only %d of %d regions finished: %s"
              .formatted(seen.weights().size(), options.regions().size(), seen.weights().keySet()));
    }
    if (weights.size() > LabRun.circles(study)) {
      reasons.add("the regions ended with different weights: " + seen.weights());
    }
    String found = String.join(", ", weights);
    boolean comparable = !reference.isEmpty() && weights.size() == LabRun.circles(study);
    if (comparable && !found.equals(reference)) {
      reasons.add("the weights are %s: the undisturbed run's are %s".formatted(found, reference));
    }
    Optional<Double> first = firstLoss();
    Optional<Double> last = lastLoss();
    if (first.isPresent() && last.isPresent() && last.get() > first.get()) {
      reasons.add("the loss rose from %.4f to %.4f".formatted(first.get(), last.get()));
    }
    for (LabExpectation expected : options.expected()) {
      expected.missed(this).ifPresent(reasons::add);
    }
    return reasons;
  }

  public boolean passed() {
    return reasons().isEmpty();
  }

  /// One compact JSON object; `docs/lab.md` says what each field means.
  public String json(String time) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("time", time);
    json.put("dure", Version.TEXT);
    json.put("java", Runtime.version().toString());
    json.put("profile", options.network().profile().title());
    json.put("link", link());
    json.put("congestion", onLinks() ? options.network().congestion() : "");
    json.put("regions", options.regions());
    json.put("bytes", options.work().bytes());
    json.put("tensors", options.work().tensors());
    json.put("rounds", options.work().rounds());
    json.put("steps", options.work().steps());
    json.put("stepMillis", options.work().stepMillis());
    json.put("settings", options.work().settings());
    json.put("seed", options.seed());
    json.put("slow", new TreeMap<>(options.mishaps().slow()));
    json.put("absent", new TreeMap<>(options.mishaps().absent()));
    json.put("outageSeconds", options.mishaps().outage().toSeconds());
    json.put("label", options.label());
    json.put("roundSeconds", rounds());
    json.put("roundsPerMinute", rounded(roundsPerMinute()));
    json.put("medianRoundSeconds", medianRound());
    json.put("healthy", healthy == null ? null : pace(healthy));
    json.put("rate", healthy == null ? null : rounded(rate()));
    json.put("localSteps", seen.steps());
    json.put("contributions", contributions());
    json.put("limitSeconds", onLinks() ? rounded(limitSeconds()) : null);
    json.put("plainTcpSeconds", plainSeconds == 0 ? null : rounded(plainSeconds));
    json.put(
        "timesPlainTcp",
        plainSeconds == 0 ? null : rounded(medianRound() / (plainSeconds + localSeconds())));
    json.put("timesLimit", onLinks() ? rounded(medianRound() / limitSeconds()) : null);
    json.put("utilisation", onLinks() ? rounded(utilisation()) : null);
    json.put("seconds", rounded(seen.seconds()));
    json.put("linkBytes", links);
    json.put("linkDroppedPackets", dropped);
    json.put("linkProcessorSeconds", rounded(linkProcessorSeconds));
    json.put("payloadNeeded", payload());
    json.put("payloadByKind", payloadByKind());
    json.put("wireRatio", onLinks() ? rounded(wireRatio()) : null);
    json.put("hubResidentBytes", seen.memory().resident());
    json.put("hubPrivateBytes", seen.memory().privatePart());
    json.put("hubHeapBytes", seen.memory().heap());
    json.put("hubHeapLimitBytes", (long) (options.hub().heap() * MEBIBYTE));
    json.put("kills", Map.of("hub", seen.kills().hub(), "regions", seen.kills().regions()));
    json.put("killsNotDone", seen.kills().left());
    json.put(
        "hubBackSeconds", seen.kills().backSeconds().stream().map(LabResult::rounded).toList());
    json.put("fragmentsSentAgain", rounded(sentAgain()));
    json.put("fragmentsSentAgainPerKill", rounded(sentAgainPerKill()));
    json.put("firstLoss", firstLoss().orElse(null));
    json.put("lastLoss", lastLoss().orElse(null));
    json.put("weights", LabRun.outcome(seen, Study.recorded(options.study())));
    json.put("reference", reference);
    json.put("expected", options.expected().stream().map(LabExpectation::text).toList());
    json.put("verdict", passed() ? "passed" : "failed");
    json.put("reasons", reasons());
    return Json.text(json);
  }

  private static Map<String, Object> pace(LabRun.Seen run) {
    Map<String, Object> pace = new LinkedHashMap<>();
    pace.put("roundsPerMinute", rounded(roundsPerMinute(run)));
    pace.put("medianRoundSeconds", medianRound(run));
    pace.put("localSteps", run.steps());
    return pace;
  }

  /// How many of each region's contributions were counted.
  private Map<String, Integer> contributions() {
    Map<String, Integer> contributions = new TreeMap<>();
    StudyStatus status = seen.status();
    if (status != null) {
      status
          .regions()
          .forEach(region -> contributions.put(region.name(), region.pace().contributed()));
    }
    return contributions;
  }

  double slowestReturn() {
    return seen.kills().backSeconds().stream().mapToDouble(Double::doubleValue).max().orElse(0);
  }

  boolean onLinks() {
    return options.network().profile() != LabProfile.LOOPBACK;
  }

  private Map<String, Object> link() {
    LinkShape shape = options.network().shape();
    Map<String, Object> link = new LinkedHashMap<>();
    if (onLinks()) {
      link.put("text", shape.text());
      link.put("roundTripMillis", shape.roundTripMillis());
      link.put("jitterMillis", shape.jitterMillis());
      link.put("megabits", shape.megabits());
      link.put("loss", shape.loss());
      link.put("reordered", shape.reordered());
      link.put("queueBytes", shape.queueBytes());
    } else {
      link.put("text", "loopback");
    }
    return link;
  }

  /// Bodies as the hub counted them, by kind and direction, all regions together.
  private Map<String, Long> payloadByKind() {
    Map<String, Long> sums = new TreeMap<>();
    StudyStatus status = seen.status();
    if (status != null) {
      for (StudyStatus.Total total : status.traffic().totals()) {
        sums.merge(total.kind().word() + " " + total.direction().word(), total.bytes(), Long::sum);
      }
    }
    return sums;
  }

  private static double rounded(double value) {
    return Math.round(value * 1e4) / 1e4;
  }

  /// What a person wants to know, line by line.
  public String table() {
    List<String> lines = new ArrayList<>();
    List<Double> rounds = rounds();
    lines.add(line("link", onLinks() ? linkLine() : "this machine's loopback"));
    lines.add(
        line(
            "study",
            "%d regions, %s in %d tensors, %d of %d rounds merged"
                .formatted(
                    options.regions().size(),
                    megabytes(options.work().bytes()),
                    options.work().tensors(),
                    rounds.size(),
                    options.work().rounds())));
    if (!rounds.isEmpty()) {
      lines.add(line("round", roundLine(rounds)));
    }
    if (healthy != null) {
      lines.add(line("pace", paceLine(healthy)));
    }
    if (healthy != null || options.mishaps().outage().isPositive()) {
      lines.add(line("local steps", stepsLine()));
    }
    if (onLinks()) {
      lines.add(line("link in use", String.format(Locale.ROOT, "%.0f %%", 100 * utilisation())));
      lines.add(line("bytes", bytesLine()));
    }
    lines.add(line("hub", hubLine()));
    if (options.mishaps().kills() > 0) {
      lines.add(line("kills", killLine()));
    }
    firstLoss()
        .ifPresent(
            first ->
                lines.add(
                    line(
                        "loss",
                        String.format(
                            Locale.ROOT, "%.4f, then %.4f", first, lastLoss().orElse(first)))));
    lines.add(line("weights", weightsLine()));
    List<String> reasons = reasons();
    lines.add(line("verdict", reasons.isEmpty() ? "passed" : "failed"));
    reasons.forEach(reason -> lines.add("    - " + reason));
    return String.join("\n", lines);
  }

  private static String line(String name, String text) {
    return String.format(Locale.ROOT, "  %-12s %s", name, text);
  }

  private String linkLine() {
    return "%s, %s, each region its own"
        .formatted(options.network().shape().text(), options.network().congestion());
  }

  private String roundLine(List<Double> rounds) {
    double least = rounds.stream().mapToDouble(Double::doubleValue).min().orElse(0);
    double most = rounds.stream().mapToDouble(Double::doubleValue).max().orElse(0);
    String own =
        String.format(Locale.ROOT, "%.1f s (median; %.1f to %.1f)", medianRound(), least, most);
    if (!onLinks()) {
      return own;
    }
    String limit =
        String.format(
            Locale.ROOT,
            "; the link's limit is %.1f s (%.2f times)",
            limitSeconds(),
            medianRound() / limitSeconds());
    return plainSeconds == 0
        ? own + limit
        : own
            + String.format(
                Locale.ROOT,
                "; one plain TCP stream %.1f s (%.2f times)",
                plainSeconds,
                medianRound() / (plainSeconds + localSeconds()))
            + limit;
  }

  private String paceLine(LabRun.Seen alike) {
    List<String> each = new ArrayList<>();
    contributions().forEach((region, count) -> each.add("%s %d".formatted(region, count)));
    return String.format(
        Locale.ROOT,
        "%.3f of the rounds with all regions alike (%.2f and %.2f a minute); contributions: %s",
        rate(),
        roundsPerMinute(),
        roundsPerMinute(alike),
        String.join(", ", each));
  }

  private String stepsLine() {
    LabRun.Steps steps = seen.steps();
    String outage =
        options.mishaps().outage().isZero()
            ? ""
            : "; %d of them while the hub was gone for %d s"
                .formatted(steps.inOutage(), options.mishaps().outage().toSeconds());
    return "%d done, %d of them merged%s".formatted(steps.worked(), steps.merged(), outage);
  }

  private String bytesLine() {
    List<String> each = new ArrayList<>();
    links.forEach(
        (region, link) ->
            each.add(
                "%s %s out, %s in".formatted(region, megabytes(link.out()), megabytes(link.in()))));
    return String.format(
        Locale.ROOT, "%.3f times the payload; %s", wireRatio(), String.join("; ", each));
  }

  private String hubLine() {
    return String.format(
        Locale.ROOT,
        "resident at most %.0f MB (%.0f MB of it private), heap %.0f of %d MB",
        seen.memory().resident() / MEBIBYTE,
        seen.memory().privatePart() / MEBIBYTE,
        seen.memory().heap() / MEBIBYTE,
        options.hub().heap());
  }

  private String killLine() {
    return String.format(
        Locale.ROOT,
        "%d of the hub (back in at most %.1f s), %d of regions%s; %.2f fragments sent again",
        seen.kills().hub(),
        slowestReturn(),
        seen.kills().regions(),
        seen.kills().left() == 0 ? "" : ", %d not done in time".formatted(seen.kills().left()),
        sentAgain());
  }

  private String weightsLine() {
    Study study = Study.recorded(options.study());
    List<String> weights = LabRun.outcome(seen, study);
    int circles = LabRun.circles(study);
    if (weights.isEmpty()) {
      return "none: no region finished";
    }
    if (weights.size() > circles) {
      return "%d different ones".formatted(weights.size());
    }
    String digest = Sha256.isDigest(weights.getFirst()) ? weights.getFirst().substring(0, 12) : "";
    String what = circles == 1 ? digest + "..." : "one for each of %d circles".formatted(circles);
    if (reference.isEmpty()) {
      return what + ", the same in every region" + (circles == 1 ? "" : " of a circle");
    }
    return String.join(", ", weights).equals(reference)
        ? what + ", bit for bit those of the undisturbed run"
        : what + ", NOT those of the undisturbed run";
  }

  private static String megabytes(double bytes) {
    return bytes < MEGABYTE
        ? String.format(Locale.ROOT, "%.2f MB", bytes / MEGABYTE)
        : String.format(Locale.ROOT, "%.1f MB", bytes / MEGABYTE);
  }
}
