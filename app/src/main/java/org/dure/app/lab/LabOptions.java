package org.dure.app.lab;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.dure.app.workload.RehearsalConfig;
import org.dure.app.workload.WorkloadConfig;
import org.dure.core.Settings;
import org.dure.netem.LinkShape;

/// What one run of the lab is asked for.
///
/// @param shape of every region's link; the profile's, or changed by `--link`
/// @param regions their names
/// @param settings of the study beyond those that have options, `KEY=VALUE`
/// @param kills how many processes are killed
/// @param seed of the study, the links and the killer
/// @param slow how many times longer a region's steps take
/// @param absent share of the time for which a region's link is down
/// @param outage for which the hub is gone, half-way through the study; zero for none
/// @param congestion control of every TCP connection
/// @param preload library that is loaded before others into the hub
/// @param home for everything that is written
/// @param heap the hub's, in megabytes
/// @param label to find the run again by
/// @param expected what the run must keep to
/// @param patience after which a run in which nothing moves is given up
public record LabOptions(
    LabProfile profile,
    LinkShape shape,
    List<String> regions,
    long bytes,
    int tensors,
    int rounds,
    int steps,
    long stepMillis,
    List<String> settings,
    int kills,
    long seed,
    Map<String, Double> slow,
    Map<String, Double> absent,
    Duration outage,
    String congestion,
    Optional<Path> preload,
    Path home,
    int heap,
    String label,
    List<LabExpectation> expected,
    Duration patience) {
  /// What the `dure` command gives a hub, in megabytes.
  public static final int HUB_HEAP = 96;

  private static final List<String> NAMES = List.of("ko", "ja", "fr", "vi", "en");

  /// An absent region is away for its share of every such period.
  private static final Duration ABSENCE_PERIOD = Duration.ofSeconds(40);

  public LabOptions {
    regions = List.copyOf(regions);
    settings = List.copyOf(settings);
    expected = List.copyOf(expected);
    slow = Map.copyOf(slow);
    absent = Map.copyOf(absent);
  }

  /// The first `count` regions of any lab.
  public static List<String> names(int count) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add(i < NAMES.size() ? NAMES.get(i) : "r%d".formatted(i + 1));
    }
    return names;
  }

  /// The study file.
  public String study() {
    StringBuilder toml = new StringBuilder();
    toml.append("name = \"lab\"\nworkload = \"rehearsal\"\n");
    toml.append("rounds = %d\nsteps = %d\nseed = %d\n".formatted(rounds, steps, seed));
    toml.append("%s = %d\n".formatted(RehearsalConfig.BYTES, bytes));
    toml.append("%s = %d\n".formatted(RehearsalConfig.TENSORS, tensors));
    toml.append("%s = %d\n".formatted(RehearsalConfig.STEP_MILLIS, stepMillis));
    for (String region : regions) {
      String language = NAMES.contains(region) ? region : "en";
      toml.append("regions.%s.language = \"%s\"\n".formatted(region, language));
    }
    Settings all = Settings.parse("the lab's study", toml.toString());
    settings.forEach(all::set);
    return WorkloadConfig.of(all).study().toml();
  }

  /// Every region's link: cuts that all have come one after the other, absences are added.
  SequencedMap<String, LinkShape> links() {
    SequencedMap<String, LinkShape> links = new LinkedHashMap<>();
    for (int i = 0; i < regions.size(); i++) {
      List<LinkShape.Cut> cuts = new ArrayList<>();
      for (LinkShape.Cut cut : shape.cuts()) {
        Duration offset = cut.period().multipliedBy(i).dividedBy(regions.size());
        cuts.add(new LinkShape.Cut(cut.down(), cut.period(), offset));
      }
      Double away = absent.get(regions.get(i));
      if (away != null) {
        Duration down = Duration.ofMillis((long) (away * ABSENCE_PERIOD.toMillis()));
        cuts.add(new LinkShape.Cut(down, ABSENCE_PERIOD, Duration.ZERO));
      }
      links.put(regions.get(i), shape.with(cuts));
    }
    return links;
  }

  /// Whether some regions are worse off than others, so that it is worth knowing what they cost.
  boolean isUneven() {
    return !slow.isEmpty() || !absent.isEmpty();
  }

  /// The same study with nothing that disturbs it, on this machine's loopback: what the weights
  /// must come out as.
  LabOptions undisturbed() {
    return without(LabProfile.LOOPBACK, LabProfile.LOOPBACK.shape(), 0, "reference");
  }

  /// The same study on the same links, with no region slow or absent: what its pace is measured by.
  LabOptions healthy() {
    return without(profile, shape, stepMillis, "healthy");
  }

  private LabOptions without(LabProfile links, LinkShape form, long millis, String folder) {
    return new LabOptions(
        links,
        form,
        regions,
        bytes,
        tensors,
        rounds,
        steps,
        millis,
        settings,
        0,
        seed,
        Map.of(),
        Map.of(),
        Duration.ZERO,
        congestion,
        Optional.empty(),
        home.resolve(folder),
        heap,
        label,
        List.of(),
        patience);
  }
}
