package org.dure.federation.protocol;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Named;
import org.dure.core.Printable;
import org.dure.core.Settings;
import org.dure.core.Sha256;
import org.dure.core.Sharing;
import org.dure.federation.secure.Roster;

/// What regions agree on before they work together: who takes part, how many rounds, how deltas are
/// merged, and the settings of the workload, which hub and nodes do not interpret but hash.
///
/// Two processes work on the same study exactly if their [#digest]s are equal. Defaults are part of
/// the digest: a file that spells them out and one that leaves them out are the same study.
///
/// @param name of the study, for people
/// @param sharing which tensors travel; the workload reads it
/// @param seed of everything random in the study
/// @param schedule how long it goes
/// @param merge how deltas become new weights
/// @param patience how long who is waited for
/// @param secret how deltas are added that nobody sees; empty where they can be inspected
/// @param fragmentBytes size of a fragment of weights, a multiple of 4: the unit of transfer, merge
///     and memory
/// @param regions in the order of the file
/// @param toml every setting with the value that holds, as a text that reads back to it
public record Study(
    String name,
    Sharing sharing,
    long seed,
    Schedule schedule,
    Merge merge,
    Patience patience,
    Optional<SecretSum> secret,
    int fragmentBytes,
    List<Region> regions,
    String toml) {
  /// Size of a fragment where the study does not say: on many connections the last fragments
  /// leave a link half empty, so they are to be small; beside them their names (64 bytes) are to
  /// be little.
  static final int FRAGMENT_BYTES = 1 << 18;

  /// The usual `weight-cap`.
  static final double WEIGHT_CAP = 0.4;

  private static final int MOST_NAME = 64;

  /// In a merge of one region the others would see that one's delta.
  private static final int LEAST_TOGETHER = 2;
  /// No step is worth more; a round of as many steps as a study may have still fits into 62 bits.
  private static final long MOST_STEP_WEIGHT = 1L << 40;

  private static final Pattern REGION_NAME = Pattern.compile("[a-z][a-z0-9-]{0,31}");

  /// How long a study goes.
  ///
  /// @param rounds planned, from 1
  /// @param steps local steps in a round (H)
  /// @param circles whose deltas are merged with whose
  public record Schedule(int rounds, int steps, Circles circles) {
    /// With all regions in one circle.
    public Schedule(int rounds, int steps) {
      this(rounds, steps, Circles.ONE);
    }
  }

  /// How the deltas of a round become new weights.
  ///
  /// @param learningRate of the outer step (Douillard et al. 2023: 0.7)
  /// @param momentum Nesterov momentum of the outer step (0.9)
  /// @param weightCap the largest share of a merge that one region may have; never below an equal
  ///     share, which is all that one has of which fewer than [#NEW] contributions have counted
  /// @param rule how the deltas that count become one
  /// @param judging which of them count
  /// @param worseThan by how much of itself the measure of most regions may rise with a merge; one
  ///     with which it rises more is taken back
  public record Merge(
      double learningRate,
      double momentum,
      double weightCap,
      MergeRule rule,
      Judging judging,
      double worseThan) {
    /// Contributions that must have counted before a region may have more than an equal share.
    public static final int NEW = 10;
  }

  /// What becomes of a delta that is longer than the study's bound.
  public enum Exceeding implements Named {
    /// It counts, cut to the length that is usual.
    CLIP,
    /// It does not count.
    REFUSE
  }

  /// Which deltas count.
  ///
  /// @param hostile regions that may be, by what the rule reckons with
  /// @param normBound times the usual length that a delta may have
  /// @param exceeding what becomes of one that is longer
  /// @param againstBound one that points against the others with so many times the cosine that
  ///     they have with one another does not count
  /// @param repeatBound one that has at least this cosine with an earlier delta of its region does
  ///     not count
  /// @param suspendRounds rounds that a region sits out which was left out three times in a row
  /// @param stepWeight the most weight that a region can claim for a local step; the workload knows
  public record Judging(
      int hostile,
      double normBound,
      Exceeding exceeding,
      double againstBound,
      double repeatBound,
      int suspendRounds,
      long stepWeight) {
    /// The key of [#stepWeight], whose default the workload sets.
    public static final String STEP_WEIGHT = "merge.step-weight";

    /// What a study file that says nothing has; how many may be hostile depends on its regions.
    static final Judging USUAL = new Judging(0, 3, Exceeding.CLIP, 0.5, 0.999, 5, MOST_STEP_WEIGHT);
  }

  /// How long who is waited for, and what those do that wait.
  ///
  /// @param quorum contributions without which no round is merged; all regions by default
  /// @param graceSeconds how long a round with a quorum waits for the others
  /// @param graceShare the same as a share of the time from the round's opening to its quorum; the
  ///     shorter of the two holds
  /// @param lateRounds how many rounds behind a contribution may be
  /// @param aheadSteps most local steps that a region trains on while it waits or cannot deliver
  /// @param leaseSeconds without a word from a region before it counts as absent
  public record Patience(
      int quorum,
      int graceSeconds,
      double graceShare,
      int lateRounds,
      int aheadSteps,
      int leaseSeconds) {}

  /// A member of the study.
  ///
  /// @param name e.g. `ko`: lower-case letters, digits and hyphens, the common name of its
  ///     certificate
  /// @param language BCP 47 code
  /// @param traits what else the study file says of it, e.g. its kind of text; by name
  public record Region(String name, String language, Map<String, String> traits) {
    private static final String LANGUAGE = "language";

    /// What circles can be formed by; see [Circles].
    public static final List<String> TRAITS = List.of(LANGUAGE, "country", "kind", "circle");

    public Region {
      traits = Map.copyOf(traits);
    }

    /// One of which nothing but its language is known.
    public Region(String name, String language) {
      this(name, language, Map.of());
    }

    /// Empty for one that the study file does not give it.
    String trait(String trait) {
      return trait.equals(LANGUAGE) ? language : traits.getOrDefault(trait, "");
    }
  }

  public Study {
    regions = List.copyOf(regions);
  }

  /// What the hub's disk has to hold in the end: every delta that counts is kept, since replay and
  /// undoing need it.
  ///
  /// @param bytes of the weights that travel
  /// @param members regions that may contribute
  public long plannedBytes(long bytes, int members) {
    return (long) Math.min(Long.MAX_VALUE, (double) bytes * members * schedule.rounds());
  }

  /// The member of this name.
  ///
  /// @throws DureException with [ErrorCode#PEER_NOT_ADMITTED] if the study file has none
  public Region member(String name) {
    return regions.stream()
        .filter(region -> region.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new DureException(
                    ErrorCode.PEER_NOT_ADMITTED,
                    "the study has no region \"%s\": it has %s"
                        .formatted(name, regions.stream().map(Region::name).toList())));
  }

  /// Reads a study file; `workload` reads its own keys from the same settings, so that all problems
  /// of both are reported at once.
  ///
  /// @throws DureException with [ErrorCode#CONFIGURATION_INVALID] and every problem
  static Study read(Path file, Consumer<Settings> workload) {
    return of(Settings.of(file), workload);
  }

  /// As [#read], from settings that the caller may have changed (`--set`).
  public static Study of(Settings settings, Consumer<Settings> workload) {
    return of(settings, workload, Settings::toToml);
  }

  private static Study of(
      Settings settings, Consumer<Settings> workload, Function<Settings, String> text) {
    String name = settings.required("name");
    if (name.length() > MOST_NAME || !Printable.isLine(name)) {
      settings.problem(
          "name \"%s\": expected at most %d characters that are seen"
              .formatted(Printable.line(name, MOST_NAME), MOST_NAME));
    }
    Sharing sharing = settings.choice("sharing", Sharing.BODY);
    int rounds = settings.integer("rounds", 20, 1, 1_000_000);
    int steps = settings.integer("steps", 20, 1, 1_000_000);
    double learningRate = settings.number("outer-learning-rate", 0.7, 0, 10);
    double momentum = settings.number("outer-momentum", 0.9, 0, 0.999999);
    long seed = settings.wholeNumber("seed", 1, Long.MIN_VALUE, Long.MAX_VALUE);
    List<Region> regions = regions(settings);
    int count = Math.max(1, regions.size());
    int quorum = settings.integer("quorum", count, 1, count);
    int grace = settings.integer("grace-seconds", 60, 0, 1_000_000);
    double graceShare = settings.number("grace-share", 0.25, 0, 1000);
    Optional<SecretSum> secret = SecretSum.of(settings, regions.size());
    int late = settings.integer("late-rounds", secret.isPresent() ? 0 : 8, 0, 100);
    int ahead = settings.integer("ahead-steps", quorum == count ? 0 : steps, 0, 1_000_000);
    int lease = settings.integer("lease-seconds", 15, 1, 1_000_000);
    int fragment = settings.integer("fragment-bytes", FRAGMENT_BYTES, 4, 16 << 20);
    if (fragment % 4 != 0) {
      settings.problem("fragment-bytes is %d: expected a multiple of 4".formatted(fragment));
    }
    Circles circles = Circles.read(settings, sharing == Sharing.ALL);
    Patience patience = new Patience(quorum, grace, graceShare, late, ahead, lease);
    workload.accept(settings);
    Merge merge = merge(settings, learningRate, momentum, count, quorum);
    if (secret.isPresent()) {
      SecretSum.check(settings, patience, merge);
    }
    circles.check(settings, regions, merge, secret.isPresent());
    settings.finish();
    return new Study(
        name,
        sharing,
        seed,
        new Schedule(rounds, steps, circles),
        merge,
        patience,
        secret,
        fragment,
        regions,
        text.apply(settings));
  }

  /// @param regions of the study file
  private static Merge merge(
      Settings settings, double learningRate, double momentum, int regions, int quorum) {
    double cap = settings.number("weight-cap", WEIGHT_CAP, 0.001, 1);
    MergeRule rule = settings.choice("merge.rule", MergeRule.MEAN);
    int hostile = settings.integer("merge.hostile", (regions - 1) / 3, 0, regions);
    if (quorum < rule.least(hostile)) {
      settings.problem(
          "merge.rule = \"%s\" with merge.hostile = %d protects from %d contributors on, and the quorum"
                  .formatted(rule.word(), hostile, rule.least(hostile))
              + " is %d of %d regions: expected a larger quorum, fewer hostile ones, or another rule"
                  .formatted(quorum, regions));
    }
    return new Merge(
        learningRate,
        momentum,
        cap,
        rule,
        new Judging(
            hostile,
            settings.number("merge.norm-bound", Judging.USUAL.normBound, 1, 1e9),
            settings.choice("merge.when-exceeding", Judging.USUAL.exceeding),
            settings.number("merge.against-bound", Judging.USUAL.againstBound, 0.01, 1e9),
            settings.number("merge.repeat-bound", Judging.USUAL.repeatBound, 0.5, 2),
            settings.integer("merge.suspend-rounds", Judging.USUAL.suspendRounds, 0, 1_000),
            settings.wholeNumber(Judging.STEP_WEIGHT, MOST_STEP_WEIGHT, 1, MOST_STEP_WEIGHT)),
        settings.number("guard.worse-than", 0.1, 0.001, 1_000_000));
  }

  private static List<Region> regions(Settings settings) {
    List<Region> regions = new ArrayList<>();
    for (String name : settings.names("regions")) {
      if (!REGION_NAME.matcher(name).matches()) {
        settings.problem(
            "region \"%s\": expected a name of lower-case letters, digits and hyphens, at most 32"
                .formatted(Printable.line(name, MOST_NAME)));
      }
      String language = settings.required("regions." + name + ".language");
      if (language.length() > MOST_NAME || !Printable.isLine(language)) {
        settings.problem(
            "regions.%s.language is \"%s\": expected a BCP 47 code such as ko"
                .formatted(Printable.line(name, MOST_NAME), Printable.line(language, MOST_NAME)));
      }
      regions.add(new Region(name, language, traits(settings, name)));
    }
    if (regions.isEmpty()) {
      settings.problem("no region: expected at least one [regions.NAME] with a language");
    }
    return regions;
  }

  private static Map<String, String> traits(Settings settings, String region) {
    Map<String, String> traits = new TreeMap<>();
    for (String trait : Region.TRAITS) {
      String key = "regions.%s.%s".formatted(region, trait);
      if (!trait.equals(Region.LANGUAGE) && settings.has(key)) {
        String value = settings.required(key);
        if (!REGION_NAME.matcher(value).matches()) {
          settings.problem(
              "%s is \"%s\": expected lower-case letters, digits and hyphens, at most 32"
                  .formatted(key, Printable.line(value, MOST_NAME)));
        }
        traits.put(trait, value);
      }
    }
    return traits;
  }

  /// A study from the text of [#toml]; the workload's keys are taken as they are.
  ///
  /// @throws DureException with [ErrorCode#CONFIGURATION_INVALID]
  public static Study recorded(String toml) {
    Settings recorded = Settings.parse("the recorded study", toml);
    if (!recorded.has(Circles.FAMILY)) {
      // Of before there were families, when all made one preparation.
      recorded.set(Circles.FAMILY + "=\"" + Circles.ALL + "\"");
    }
    return of(
        recorded,
        settings -> {
          for (String line : toml.lines().toList()) {
            int equals = line.indexOf(" = ");
            if (equals > 0) {
              settings.has(line.substring(0, equals));
            }
          }
        },
        settings -> toml);
  }

  /// The most weight that a contribution can have: of the steps of a round, and of those that a
  /// region may train on ahead of it.
  public long mostWeight() {
    return merge.judging().stepWeight() * (schedule.steps() + (long) patience.aheadSteps());
  }

  /// Least regions in a sum of deltas where the hub sees nothing else of them; 0 where it sees
  /// each.
  public int leastInSecretSum() {
    return secret.map(sum -> leastInSecretSum(sum.threshold())).orElse(0);
  }

  /// Least regions in a secret sum, whatever its threshold: of two each would know the other's
  /// part.
  public static int leastInSecretSum(int threshold) {
    return Math.max(Roster.LEAST, threshold);
  }

  /// Least contributions with which one circle of a round is merged: a round has a quorum, a circle
  /// of one would show the others that one's delta.
  public int leastInCircle() {
    return schedule.circles().least();
  }

  /// Least regions in a merge, however many the operator revokes: one only in a study that says so.
  public int leastInMerge() {
    return leastInMerge(secretThreshold(), patience.quorum());
  }

  /// The same of a study of which no more is known.
  ///
  /// @param threshold of its secret sums; 0 where they are none
  public static int leastInMerge(int threshold, int quorum) {
    return threshold > 0 ? leastInSecretSum(threshold) : Math.min(quorum, LEAST_TOGETHER);
  }

  /// Members who must be there at a round's end for its secret sum, and who together could open
  /// another's part; 0 where the hub sees each delta.
  public int secretThreshold() {
    return secret.map(SecretSum::threshold).orElse(0);
  }

  /// SHA-256 over the sorted lines of [#toml]: the order of keys in the file does not matter.
  public String digest() {
    String[] lines = toml.lines().toArray(String[]::new);
    Arrays.sort(lines);
    return Sha256.of(String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
  }

  /// Whether a region can have this name.
  public static boolean isRegionName(String name) {
    return REGION_NAME.matcher(name).matches();
  }
}
