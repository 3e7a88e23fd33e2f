package org.dure.app.lab;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.federation.protocol.Study;
import org.dure.netem.LinkEmulator;
import org.dure.netem.PlainTcp;
import org.dure.netem.WideAreaNetwork;
import org.jspecify.annotations.Nullable;

/// One run of the test bed: network, plain TCP for comparison, the undisturbed study where
/// something disturbs this one, the study itself.
///
/// ```
/// LabCommand -> Lab -> WideAreaNetwork -> Namespace, LinkEmulator (LinuxCalls)
///                  \-> LabRun -> LabProcess (dure hub, dure node), FaultInjector
///                  \-> LabResult: JSON line, table
/// ```
///
/// However the lab ends, also by Ctrl-C, it takes down what it set up; what a lab left behind that
/// was itself killed with `kill -9` the next one sweeps away, and its processes end with it.
public final class Lab implements AutoCloseable {
  private static final String ALIKE = "all regions alike";

  private final LabOptions options;
  private final LabFolder folder;
  private final Consumer<String> say;
  private final AtomicReference<@Nullable WideAreaNetwork> network = new AtomicReference<>();
  private final AtomicReference<@Nullable LabRun> run = new AtomicReference<>();
  private final Thread hook =
      Thread.ofPlatform()
          .unstarted(
              () -> {
                end();
                clear();
              });

  /// Nothing is set up any more that nobody would take down.
  private boolean ending;

  /// @param folder where the run writes; goes with the lab if it is a temporary one
  /// @param say told what could not be taken down
  public Lab(LabOptions options, LabFolder folder, Consumer<String> say) {
    this.options = options;
    this.folder = folder;
    this.say = say;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /// Does it all.
  public LabResult measure() throws InterruptedException {
    String reference = isDisturbed() && waitsForAll() ? reference() : "";
    if (options.network().profile() == LabProfile.LOOPBACK) {
      LabRun.Seen healthy =
          options.mishaps().isUneven() ? seen(options.healthy(), null, ALIKE) : null;
      LabRun.Seen seen = seen(options, null, "loopback");
      return new LabResult(options, seen, healthy, new LinkedHashMap<>(), 0, 0, 0, reference);
    }
    WideAreaNetwork links = link();
    double plain = PlainTcp.seconds(links, options.regions(), options.work().bytes());
    // No link is cut before it is told to.
    LabRun.Seen healthy =
        options.mishaps().isUneven() ? seen(options.healthy(), links, ALIKE) : null;
    SequencedMap<String, WideAreaNetwork.Counted> before = counted(links);
    long droppedBefore = dropped(links);
    double processorBefore = processor(links);
    options.regions().forEach(region -> links.emulator(region).startCuts());
    LabRun.Seen seen = seen(options, links, options.network().profile().title());
    SequencedMap<String, WideAreaNetwork.Counted> during = counted(links);
    before.forEach(
        (region, counted) ->
            during.computeIfPresent(
                region,
                (name, after) ->
                    new WideAreaNetwork.Counted(
                        after.out() - counted.out(), after.in() - counted.in())));
    return new LabResult(
        options,
        seen,
        healthy,
        during,
        dropped(links) - droppedBefore,
        processor(links) - processorBefore,
        plain,
        reference);
  }

  /// Builds the links and runs a command of the shell beside them, e.g. another system to compare
  /// with: the names of the namespaces, in which `ip netns exec` starts processes, are in
  /// `DURE_LAB_HUB` and, one after the other, `DURE_LAB_REGIONS`; the hub's address in
  /// `DURE_LAB_ADDRESS`. A region's device is `wan`.
  ///
  /// @return the command's exit status
  public int command(String command) throws InterruptedException {
    WideAreaNetwork links = link();
    options.regions().forEach(region -> links.emulator(region).startCuts());
    ProcessBuilder builder = new ProcessBuilder("bash", "-c", command).inheritIO();
    builder.environment().put("DURE_LAB_HUB", links.hub().name());
    builder.environment().put("DURE_LAB_ADDRESS", WideAreaNetwork.HUB);
    String namespaces =
        options.regions().stream()
            .map(region -> links.region(region).name())
            .collect(Collectors.joining(" "));
    builder.environment().put("DURE_LAB_REGIONS", namespaces);
    try {
      return builder.start().waitFor();
    } catch (IOException e) {
      throw new DureException(ErrorCode.LAB_UNAVAILABLE, "cannot run bash", e);
    }
  }

  private boolean isDisturbed() {
    return options.mishaps().kills() > 0
        || options.mishaps().outage().isPositive()
        || options.hub().preload().isPresent()
        || options.links().values().stream().anyMatch(link -> !link.cuts().isEmpty());
  }

  /// Only then do the weights not depend on who was in time, or how long anyone waited.
  private boolean waitsForAll() {
    Study study = Study.recorded(options.study());
    return study.patience().quorum() == study.regions().size()
        && study.patience().aheadSteps() == 0;
  }

  private String reference() throws InterruptedException {
    LabRun.Seen seen = seen(options.undisturbed(), null, "the same, undisturbed");
    Study study = Study.recorded(options.study());
    List<String> weights = LabRun.outcome(seen, study);
    if (weights.size() != LabRun.circles(study) || !seen.problems().isEmpty()) {
      throw new DureException(
          ErrorCode.PROCESS_DIED,
          "the undisturbed run on this machine's loopback failed already: %s"
              .formatted(String.join("; ", seen.problems())));
    }
    return String.join(", ", weights);
  }

  private LabRun.Seen seen(LabOptions asked, @Nullable WideAreaNetwork links, String title)
      throws InterruptedException {
    try (LabRun now = begin(asked, links)) {
      return now.await(title);
    } finally {
      run.set(null);
    }
  }

  private synchronized LabRun begin(LabOptions asked, @Nullable WideAreaNetwork links)
      throws InterruptedException {
    requireGoingOn();
    LabRun now = new LabRun(asked, links);
    run.set(now);
    return now;
  }

  private synchronized WideAreaNetwork link() throws InterruptedException {
    requireGoingOn();
    WideAreaNetwork links =
        new WideAreaNetwork(options.links(), options.network().congestion(), options.seed());
    network.set(links);
    return links;
  }

  private void requireGoingOn() throws InterruptedException {
    if (ending) {
      throw new InterruptedException("the lab ends");
    }
  }

  /// After what is being set up.
  private synchronized void end() {
    ending = true;
    takeDown();
  }

  private SequencedMap<String, WideAreaNetwork.Counted> counted(WideAreaNetwork links) {
    SequencedMap<String, WideAreaNetwork.Counted> counted = new LinkedHashMap<>();
    options.regions().forEach(region -> counted.put(region, links.counted(region)));
    return counted;
  }

  private double processor(WideAreaNetwork links) {
    return options.regions().stream()
        .mapToDouble(region -> links.emulator(region).processorSeconds())
        .sum();
  }

  private long dropped(WideAreaNetwork links) {
    long dropped = 0;
    for (String region : options.regions()) {
      LinkEmulator emulator = links.emulator(region);
      for (LinkEmulator.Carried way : List.of(emulator.there(), emulator.back())) {
        dropped += way.lost() + way.overflowed() + way.cut();
      }
    }
    return dropped;
  }

  private void takeDown() {
    LabRun running = run.getAndSet(null);
    WideAreaNetwork links = network.getAndSet(null);
    try {
      if (running != null) {
        running.close();
      }
      if (links != null) {
        links.close();
      }
    } catch (DureException e) {
      say.accept("the lab could not take everything down: " + e.getMessage());
    }
  }

  private void clear() {
    try {
      folder.close();
    } catch (DureException e) {
      say.accept(e.getMessage());
    }
  }

  @Override
  public void close() {
    takeDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending: the hook does the same.
      return;
    }
  }
}
