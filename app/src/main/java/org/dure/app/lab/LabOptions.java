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
/// @param regions their names
/// @param seed of the study, the links and the killer
/// @param home for everything that is written
/// @param label to find the run again by
/// @param expected what the run must keep to
/// @param patience after which a run in which nothing moves is given up
public record LabOptions(
    Network network,
    List<String> regions,
    Work work,
    Mishaps mishaps,
    long seed,
    HubProcess hub,
    Path home,
    String label,
    List<LabExpectation> expected,
    Duration patience) {
  /// What the `dure` command gives a hub, in megabytes.
  public static final int HUB_HEAP = 96;

  private static final List<String> NAMES = List.of("ko", "ja", "fr", "vi", "en");

  /// An absent region is away for its share of every such period.
  private static final Duration ABSENCE_PERIOD = Duration.ofSeconds(40);

  /// @param shape of every region's link; the profile's, or changed by `--link`
  /// @param congestion control of every TCP connection
  public record Network(LabProfile profile, LinkShape shape, String congestion) {}

  /// What the study has to do.
  ///
  /// @param bytes of the tensors that travel
  /// @param steps local steps of a round
  /// @param settings of the study beyond those that have options, `KEY=VALUE`
  public record Work(
      long bytes, int tensors, int rounds, int steps, long stepMillis, List<String> settings) {
    public Work {
      settings = List.copyOf(settings);
    }
  }

  /// What goes wrong.
  ///
  /// @param kills how many processes are killed
  /// @param slow how many times longer a region's steps take
  /// @param absent share of the time for which a region's link is down
  /// @param outage for which the hub is gone, half-way through the study; zero for none
  public record Mishaps(
      int kills, Map<String, Double> slow, Map<String, Double> absent, Duration outage) {
    static final Mishaps NONE = new Mishaps(0, Map.of(), Map.of(), Duration.ZERO);

    public Mishaps {
      slow = Map.copyOf(slow);
      absent = Map.copyOf(absent);
    }

    /// Whether some regions are worse off than others.
    boolean isUneven() {
      return !slow.isEmpty() || !absent.isEmpty();
    }
  }

  /// @param heap in megabytes
  /// @param preload library that is loaded before others
  public record HubProcess(int heap, Optional<Path> preload) {}

  public LabOptions {
    regions = List.copyOf(regions);
    expected = List.copyOf(expected);
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
    toml.append("rounds = %d\nsteps = %d\nseed = %d\n".formatted(work.rounds, work.steps, seed));
    toml.append("%s = %d\n".formatted(RehearsalConfig.BYTES, work.bytes));
    toml.append("%s = %d\n".formatted(RehearsalConfig.TENSORS, work.tensors));
    toml.append("%s = %d\n".formatted(RehearsalConfig.STEP_MILLIS, work.stepMillis));
    for (String region : regions) {
      String language = NAMES.contains(region) ? region : "en";
      toml.append("regions.%s.language = \"%s\"\n".formatted(region, language));
    }
    Settings all = Settings.parse("the lab's study", toml.toString());
    work.settings.forEach(all::set);
    return WorkloadConfig.of(all).study().toml();
  }

  /// Every region's link: cuts that all have come one after the other, absences are added.
  SequencedMap<String, LinkShape> links() {
    SequencedMap<String, LinkShape> links = new LinkedHashMap<>();
    for (int i = 0; i < regions.size(); i++) {
      List<LinkShape.Cut> cuts = new ArrayList<>();
      for (LinkShape.Cut cut : network.shape.cuts()) {
        Duration offset = cut.period().multipliedBy(i).dividedBy(regions.size());
        cuts.add(new LinkShape.Cut(cut.down(), cut.period(), offset));
      }
      Double away = mishaps.absent.get(regions.get(i));
      if (away != null) {
        Duration down = Duration.ofMillis((long) (away * ABSENCE_PERIOD.toMillis()));
        cuts.add(new LinkShape.Cut(down, ABSENCE_PERIOD, Duration.ZERO));
      }
      links.put(regions.get(i), network.shape.with(cuts));
    }
    return links;
  }

  /// The same study with nothing that disturbs it, on this machine's loopback: what the weights
  /// must come out as.
  LabOptions undisturbed() {
    LabProfile loopback = LabProfile.LOOPBACK;
    Work quick = new Work(work.bytes, work.tensors, work.rounds, work.steps, 0, work.settings);
    return without(new Network(loopback, loopback.shape(), network.congestion), quick, "reference");
  }

  /// The same study on the same links, with no region slow or absent: what its pace is measured by.
  LabOptions healthy() {
    return without(network, work, "healthy");
  }

  private LabOptions without(Network links, Work study, String folder) {
    return new LabOptions(
        links,
        regions,
        study,
        Mishaps.NONE,
        seed,
        new HubProcess(hub.heap, Optional.empty()),
        home.resolve(folder),
        label,
        List.of(),
        patience);
  }
}
