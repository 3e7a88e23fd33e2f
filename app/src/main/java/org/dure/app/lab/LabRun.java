package org.dure.app.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.dure.app.home.Identities;
import org.dure.app.home.RegionLayout;
import org.dure.app.process.Ports;
import org.dure.app.process.SupervisedProcess;
import org.dure.app.workload.RehearsalWorkload;
import org.dure.app.workload.StudyTerms;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.PrivateFiles;
import org.dure.core.runtime.Progress;
import org.dure.federation.protocol.Circles;
import org.dure.federation.protocol.Phase;
import org.dure.federation.protocol.Study;
import org.dure.federation.status.StudyStatus;
import org.dure.netem.Host;
import org.dure.netem.WideAreaNetwork;
import org.jspecify.annotations.Nullable;

/// One study from its first hello to its last score, with real processes: `dure hub` and one `dure
/// node` a region, killed as planned, started again, watched.
final class LabRun implements AutoCloseable {
  /// What was seen.
  ///
  /// @param status the hub's last picture
  /// @param weights digest of the final weights that each region was given; without those that were
  ///     not
  /// @param seconds from the start of the processes to the end
  /// @param steps the regions' local ones
  /// @param problems why the run did not end well
  record Seen(
      @Nullable StudyStatus status,
      SequencedMap<String, String> weights,
      double seconds,
      Kills kills,
      HubMemory memory,
      Steps steps,
      List<String> problems) {}

  /// @param hub strikes on the hub
  /// @param regions strikes on regions
  /// @param left strikes for which the study was over too early
  /// @param backSeconds after each strike on the hub, until it took connections again
  record Kills(int hub, int regions, int left, List<Double> backSeconds) {}

  /// The hub's, in bytes.
  ///
  /// @param resident the kernel's peak of resident memory
  /// @param privatePart the largest part of it that was private when looked at
  /// @param heap largest use of the Java heap at a collection; 0 where there was none
  record HubMemory(long resident, long privatePart, long heap) {}

  /// Local steps, all regions together.
  ///
  /// @param worked that regions have done and kept
  /// @param merged of them, in merges
  /// @param inOutage done while the hub was gone
  record Steps(long worked, long merged, long inOutage) {
    long lost() {
      return worked - merged;
    }
  }

  private static final int POLL_MILLIS = 400;
  private static final int MOST_LOOKS = 100;
  private static final long SETTLE_NANOS = 10_000_000_000L;
  private static final int CONNECT_PAUSE_MILLIS = 20;
  private static final int CONNECT_MILLIS = 500;
  private static final int ANSWER_MILLIS = 5_000;

  /// The hub has a machine of its own in the world; here the regions leave it the processor.
  private static final List<String> BEHIND_THE_HUB = List.of("nice", "-n", "10");

  private final LabOptions options;
  private final @Nullable WideAreaNetwork network;
  private final Host hubHost;
  private final int hubPort;
  private final int consolePort;
  private final LabProcess hub;
  private final List<LabProcess> regions = new ArrayList<>();
  private final FaultInjector faults;
  private final List<Double> backSeconds = new ArrayList<>();
  private final long started = System.nanoTime();
  private long roundStarted = started;
  private int roundSeen;
  private double roundNanos = 1e9;
  private long stepsBefore = -1;
  private long stepsAfter = -1;
  private long downSince;
  private @Nullable StudyStatus status;

  /// Makes the homes and starts the processes.
  ///
  /// @param network null for this machine's loopback
  LabRun(LabOptions options, @Nullable WideAreaNetwork network) {
    this.options = options;
    this.network = network;
    this.hubHost = network == null ? Host.HERE : network.hub();
    this.hubPort = network == null ? Ports.orAnyFree(0) : Ports.HUB;
    this.consolePort = network == null ? Ports.orAnyFree(0) : Ports.CONSOLE;
    Path home = options.home();
    Path study = home.resolve("study.toml");
    AtomicFiles.write(study, options.study());
    Path hubHome = home.resolve("hub");
    Identities.initialiseHub(hubHome, "lab", List.of(WideAreaNetwork.HUB));
    try {
      Path unused = PrivateFiles.createFolders(home.resolve("logs"));
    } catch (IOException e) {
      throw DureException.io("make", home.resolve("logs"), e);
    }
    hub =
        new LabProcess(
            SupervisedProcess.Program.dure(
                "the hub",
                List.of(
                    "hub",
                    "--study",
                    study.toString(),
                    "--home",
                    hubHome.toString(),
                    "--address",
                    hubAddress(),
                    "--port",
                    Integer.toString(hubPort),
                    "--console-port",
                    Integer.toString(consolePort)),
                hubEnvironment(),
                log("hub")),
            hubHost,
            List.of());
    options.regions().forEach(region -> regions.add(region(region, study, hubHome)));
    faults =
        new FaultInjector(
            FaultInjector.plan(
                options.mishaps().kills(),
                options.work().rounds(),
                1 + options.regions().size(),
                options.seed()),
            index -> index == 0 ? hub : regions.get(index - 1));
  }

  private String hubAddress() {
    return network == null ? "127.0.0.1" : WideAreaNetwork.HUB;
  }

  private Path log(String name) {
    return options.home().resolve("logs").resolve(name + ".log");
  }

  private Map<String, String> hubEnvironment() {
    Map<String, String> environment =
        new HashMap<>(LabEnvironment.hub(options.hub().heap(), options.home()));
    options
        .hub()
        .preload()
        .ifPresent(
            library ->
                environment.putAll(
                    LabEnvironment.failingDisk(library, options.home(), options.seed())));
    return environment;
  }

  private LabProcess region(String name, Path study, Path hubHome) {
    RegionLayout region = new RegionLayout(options.home().resolve("regions").resolve(name));
    if (!Identities.isAdmitted(hubHome, region)) {
      Identities.admit(hubHome, Identities.request(region, name), region.path());
    }
    Host host = network == null ? Host.HERE : network.region(name);
    return new LabProcess(
        SupervisedProcess.Program.dure(
            "region " + name,
            List.of(
                "node",
                "--study",
                study.toString(),
                "--home",
                region.path().toString(),
                "--region",
                name,
                "--hub",
                "https://%s:%d".formatted(hubAddress(), hubPort),
                "--pace",
                Double.toString(options.mishaps().slow().getOrDefault(name, 1.0)),
                "--accept",
                StudyTerms.digest(study, region, name)),
            LabEnvironment.region(
                options.regions().size(), options.work().bytes(), Study.recorded(options.study())),
            log(name)),
        host,
        BEHIND_THE_HUB);
  }

  /// Follows the study to its end, or until nothing moves any more.
  Seen await(String title) throws InterruptedException {
    List<String> problems = new ArrayList<>();
    long moved = System.nanoTime();
    List<Object> before = List.of();
    try (Progress progress = new Progress(title, "rounds", options.work().rounds())) {
      while (!isFinished()) {
        poll();
        List<Object> now = movement();
        if (!now.equals(before)) {
          before = now;
          moved = System.nanoTime();
        }
        if (System.nanoTime() - moved > options.patience().toNanos()) {
          problems.add(
              "nothing moved for %s: %s"
                  .formatted(Progress.duration(options.patience().toSeconds()), where()));
          break;
        }
        Optional<LabProcess> ended = endedTooEarly();
        if (ended.isPresent()) {
          problems.add(ended.get().name() + " cannot go on");
          break;
        }
        LabProcess victim = faults.strike(progress(), System.nanoTime() / 1_000_000);
        if (victim == hub) {
          awaitHub();
        }
        outage();
        progress.update(merged(), remark());
        Thread.sleep(POLL_MILLIS);
      }
    }
    settle();
    return seen(problems);
  }

  /// The console's picture is up to a second old: looks until it shows the end, if there is one.
  private void settle() throws InterruptedException {
    long end = System.nanoTime() + SETTLE_NANOS;
    poll();
    while (isFinished() && !hasEnded() && System.nanoTime() < end) {
      Thread.sleep(POLL_MILLIS);
      poll();
    }
  }

  private boolean hasEnded() {
    StudyStatus now = status;
    return now != null && now.progress().phase() == Phase.FINISHED;
  }

  /// Takes the hub away half-way through the study, and brings it back in time.
  private void outage() throws InterruptedException {
    if (options.mishaps().outage().isZero() || stepsBefore >= 0 && stepsAfter >= 0) {
      return;
    }
    if (stepsBefore < 0 && 2 * merged() >= options.work().rounds()) {
      hub.down();
      downSince = System.nanoTime();
      stepsBefore = worked();
    } else if (stepsBefore >= 0
        && System.nanoTime() - downSince >= options.mishaps().outage().toNanos()) {
      stepsAfter = worked();
      hub.up();
      awaitHub();
    }
  }

  /// Local steps that the regions have on their disks. A region may just be replacing what is read:
  /// then another look tells, and only one that fails again and again is a failure.
  private long worked() {
    for (int look = 1; ; look++) {
      try {
        return stepsOnDisk();
      } catch (IOException | UncheckedIOException | DureException e) {
        if (look == MOST_LOOKS) {
          throw new DureException(
              ErrorCode.INPUT_UNREADABLE, "the regions' local steps cannot be read: " + e, e);
        }
      }
    }
  }

  private long stepsOnDisk() throws IOException {
    long steps = 0;
    for (String region : options.regions()) {
      Path node = new RegionLayout(options.home().resolve("regions").resolve(region)).node();
      try (Stream<Path> files = Files.exists(node) ? Files.walk(node, 4) : Stream.of()) {
        steps +=
            files
                .filter(file -> file.endsWith(Path.of("workload", RehearsalWorkload.STATE)))
                .mapToLong(file -> Json.read(file, RehearsalWorkload.State.class).steps())
                .max()
                .orElse(0);
      }
    }
    return steps;
  }

  private LabRun.Steps steps() {
    StudyStatus now = status;
    long weight =
        now == null ? 0 : now.regions().stream().mapToLong(region -> region.work().weight()).sum();
    return new Steps(
        worked(),
        weight / RehearsalWorkload.WEIGHT_OF_STEP,
        Math.max(0, stepsAfter - Math.max(0, stepsBefore)));
  }

  private Optional<LabProcess> endedTooEarly() {
    for (int i = 0; i < regions.size(); i++) {
      if (regions.get(i).isOver() && !Files.exists(finished(options.regions().get(i)))) {
        return Optional.of(regions.get(i));
      }
    }
    return hub.isOver() ? Optional.of(hub) : Optional.empty();
  }

  private Seen seen(List<String> problems) {
    hub.measure();
    problems.addAll(hub.ownDeaths());
    regions.forEach(region -> problems.addAll(region.ownDeaths()));
    return new Seen(
        status,
        weights(),
        (System.nanoTime() - started) / 1e9,
        new Kills(
            hub.kills(),
            regions.stream().mapToInt(LabProcess::kills).sum(),
            faults.left(),
            List.copyOf(backSeconds)),
        new HubMemory(hub.residentPeak(), hub.residentPrivatePeak(), hubHeap()),
        steps(),
        problems);
  }

  private boolean isFinished() {
    return options.regions().stream().allMatch(region -> Files.exists(finished(region)));
  }

  private Path finished(String region) {
    return new RegionLayout(options.home().resolve("regions").resolve(region))
        .node()
        .resolve("finished.json");
  }

  private SequencedMap<String, String> weights() {
    SequencedMap<String, String> weights = new LinkedHashMap<>();
    for (String region : options.regions()) {
      if (Files.exists(finished(region))) {
        weights.put(region, String.valueOf(Json.object(finished(region)).get("base")));
      }
    }
    return weights;
  }

  /// What changes as long as anything goes on.
  private List<Object> movement() {
    List<Object> movement = new ArrayList<>();
    StudyStatus now = status;
    if (now != null) {
      movement.add(now.progress().phase());
      movement.add(now.progress().round());
      for (StudyStatus.Region region : now.regions()) {
        movement.add(region.activity().doing().word() + region.activity().done());
        movement.add(region.work().sent() / 100_000 + region.work().received() / 100_000);
      }
    }
    return movement;
  }

  private String where() {
    StudyStatus now = status;
    if (now == null) {
      return "the hub has never answered";
    }
    List<String> doing = new ArrayList<>();
    for (StudyStatus.Region region : now.regions()) {
      doing.add(
          "%s %s (%s)"
              .formatted(
                  region.name(), region.presence().state(), region.activity().doing().word()));
    }
    return "%s, round %d of %d, %s"
        .formatted(
            now.progress().phase(),
            now.progress().round(),
            now.progress().rounds(),
            String.join(", ", doing));
  }

  private void poll() throws InterruptedException {
    hub.measure();
    StudyStatus now = hubHost.call(this::asked);
    if (now == null) {
      return;
    }
    status = now;
    if (now.progress().round() != roundSeen) {
      if (roundSeen > 0) {
        roundNanos = System.nanoTime() - roundStarted;
      }
      roundSeen = now.progress().round();
      roundStarted = System.nanoTime();
    }
  }

  private @Nullable StudyStatus asked() {
    try {
      URI address = URI.create("http://127.0.0.1:%d/api/status".formatted(consolePort));
      if (!(address.toURL().openConnection() instanceof HttpURLConnection connection)) {
        return null;
      }
      connection.setConnectTimeout(CONNECT_MILLIS);
      connection.setReadTimeout(ANSWER_MILLIS);
      connection.setRequestProperty("Connection", "close");
      try (var in = connection.getInputStream()) {
        return Json.read(in.readAllBytes(), StudyStatus.class);
      }
    } catch (IOException e) {
      // The hub is starting, or has just been killed.
      return null;
    }
  }

  private int merged() {
    StudyStatus now = status;
    if (now == null) {
      return 0;
    }
    return switch (now.progress().phase()) {
      case WAITING, PREPARING -> 0;
      case TRAINING -> Math.max(0, now.progress().round() - 1 - now.progress().undone().rounds());
      case MEASURING, FINISHED -> now.progress().rounds() - now.progress().undone().rounds();
    };
  }

  /// In rounds; the share of the open one is guessed from how long the one before took.
  private double progress() {
    double share = Math.min(0.99, (System.nanoTime() - roundStarted) / roundNanos);
    return merged() + (roundSeen > 0 ? share : 0);
  }

  private String remark() {
    StudyStatus now = status;
    int kills = hub.kills() + regions.stream().mapToInt(LabProcess::kills).sum();
    String phase =
        now == null ? "starting" : now.progress().phase().name().toLowerCase(Locale.ROOT);
    return options.mishaps().kills() == 0 ? phase : "%s, %d kills".formatted(phase, kills);
  }

  /// Measures how long the hub that was just killed takes, from the start of its process, until
  /// regions can connect.
  private void awaitHub() throws InterruptedException {
    long restarted = hub.awaitRestart();
    backSeconds.add(hubHost.call(() -> secondsUntilReachable(restarted)));
  }

  private double secondsUntilReachable(long since) throws InterruptedException {
    while (System.nanoTime() - since < options.patience().toNanos() && !hub.isOver()) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(hubAddress(), hubPort), CONNECT_MILLIS);
        break;
      } catch (IOException e) {
        Thread.sleep(CONNECT_PAUSE_MILLIS);
      }
    }
    return (System.nanoTime() - since) / 1e9;
  }

  /// The largest use before a collection, from the logs of every hub process.
  private long hubHeap() {
    return LabHeapLog.largest(options.home().resolve("logs"), "hub-gc-");
  }

  @Override
  public void close() {
    regions.forEach(LabProcess::close);
    hub.close();
  }

  /// What the regions ended with, each once: a digest, or of a study with circles one with its
  /// circle. More than there are circles would be a fork.
  static List<String> outcome(Seen seen, Study study) {
    Circles circles = study.schedule().circles();
    return study.regions().stream()
        .filter(region -> seen.weights().get(region.name()) != null)
        .map(
            region -> {
              String digest = seen.weights().get(region.name());
              return circles.isOne() ? digest : last(study, region) + " " + digest;
            })
        .distinct()
        .sorted()
        .toList();
  }

  /// How many circles there are in the last round.
  static int circles(Study study) {
    return (int) study.regions().stream().map(region -> last(study, region)).distinct().count();
  }

  private static String last(Study study, Study.Region region) {
    return study.schedule().circles().of(region, study.schedule().rounds());
  }
}
