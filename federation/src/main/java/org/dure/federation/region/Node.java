package org.dure.federation.region;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Workload;
import org.dure.core.Workload.ActivityKind;
import org.dure.core.runtime.BackgroundTask;
import org.dure.core.runtime.FolderLock;
import org.dure.federation.client.HttpHubLink;
import org.dure.federation.client.HttpProxy;
import org.dure.federation.client.HubLink;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.wire.TlsIdentity;
import org.jspecify.annotations.Nullable;

/// A region at work on a study until it is finished: calls out to the hub, trains at home, sends
/// what the site's policy lets leave.
///
/// A node that dies in any way goes on where it was when it is run again on the same folder with a
/// workload built anew; the study's weights come out the same. While the hub is away the node
/// finishes its round and then tries again for ever, ever more slowly, and says so once.
///
/// The workload must answer [Workload#layout] at any time, also before [Workload#prepared], and is
/// called from one thread. [#close] may be called from any thread.
public final class Node implements AutoCloseable {
  /// Shorter than the hub allows: an answer that a cut link swallowed is missed the sooner.
  private static final Duration NEWS = Duration.ofSeconds(10);

  private static final Duration HEARTBEAT = Duration.ofSeconds(2);
  private static final int ASKED_WHEN_FINISHED = 3;
  private static final long ASK_AGAIN_MILLIS = 300;

  /// What a node is run with.
  ///
  /// @param listener for people
  public record Setup(
      Study study,
      Site site,
      HubAddress hub,
      Workload workload,
      InstantSource clock,
      RandomGenerator random,
      Listener listener) {}

  /// Where the region is at home.
  ///
  /// @param region its name in the study, the common name of its certificate
  /// @param folder the region's own
  /// @param identity the region's certificate and the authority of the study
  /// @param policy what may leave
  /// @param budget what it may tell of its documents; empty in a study that does not protect them
  public record Site(
      String region,
      Path folder,
      TlsIdentity identity,
      ExportPolicy policy,
      Optional<PrivacyBudget> budget) {
    /// In a study that does not protect documents.
    public Site(String region, Path folder, TlsIdentity identity, ExportPolicy policy) {
      this(region, folder, identity, policy, Optional.empty());
    }
  }

  /// @param address e.g. `https://hub.example:7443`
  /// @param proxy through which it is reached, if any
  public record HubAddress(URI address, Optional<HttpProxy> proxy) {}

  /// What a node tells people. Thread-safe.
  public interface Listener {
    /// One line.
    void onMessage(String line);

    /// What is being done; see [Workload.Activity].
    void onActivity(int round, ActivityKind doing, long done, long total);
  }

  private record Doing(int round, ActivityKind kind, long done, long total) {}

  private final Setup setup;
  private final CountDownLatch stop = new CountDownLatch(1);
  private volatile Doing doing = new Doing(0, ActivityKind.STARTING, 0, 0);
  private volatile int round;

  /// How manieth of the rounds that count that is.
  private int place;

  /// Whether the hub knows that the region is here; before that it would turn heartbeats away.
  private volatile boolean greeted;

  private volatile @Nullable HubLink open;

  /// @throws DureException with [ErrorCode#CERTIFICATE_INVALID] if the certificate is not the
  ///     region's or does not hold now; whether the study admits the region, the hub says
  public Node(Setup setup) {
    this.setup = setup;
    setup.site().identity().checkValidity(setup.clock());
    String name = TlsIdentity.commonName(setup.site().identity().certificate());
    if (!name.equals(setup.site().region())) {
      throw new DureException(
          ErrorCode.CERTIFICATE_INVALID,
          "the certificate is of \"%s\": the region is \"%s\""
              .formatted(name, setup.site().region()));
    }
  }

  /// Works until the region's part is done.
  ///
  /// @return the scores that the region published
  /// @throws DureException if the hub refuses for good, the policy does, or the workload fails;
  ///     [ErrorCode#HOME_IN_USE] if another node works on the folder
  /// @throws InterruptedException if [#close] was called
  public Map<String, Double> run() throws InterruptedException {
    NodeStore folder = new NodeStore(setup.site().folder());
    Path log = setup.site().folder().resolve("exports.jsonl");
    if (Files.notExists(log, LinkOption.NOFOLLOW_LINKS) && folder.newest().isPresent()) {
      throw new DureException(
          ErrorCode.SET_BACK,
          ("%s is gone, and this region has worked: what has left stands nowhere. Put it back; where"
                  + " it is lost, begin a new home")
              .formatted(log));
    }
    try (FolderLock lock = FolderLock.of(setup.site().folder(), "node");
        ExportLog exports =
            ExportLog.open(
                log, setup.site().policy(), setup.site().identity().signer(), setup.clock())) {
      AtomicFiles.sweep(setup.site().folder());
      Optional<NodeStore.Measured> finished = folder.finished();
      if (finished.isPresent()
          && finished.get().study().equals(setup.study().digest())
          && !isTakenBack(finished.get().round())) {
        return finished.get().scores();
      }
      return connected(folder, exports);
    }
  }

  /// Whether the hub says that the study went on without what this region has measured. A study
  /// that is finished needs no hub any more, so one that does not answer, or not to this region, is
  /// no fault; but it is said, as the answer may come later.
  private boolean isTakenBack(int round) throws InterruptedException {
    String why = "";
    for (int attempt = 1; attempt <= ASKED_WHEN_FINISHED; attempt++) {
      try (HubLink link =
          new HttpHubLink(setup.hub().address(), setup.site().identity(), setup.hub().proxy())) {
        StudyView view = link.view(-1, Duration.ZERO);
        return view.study().equals(setup.study().digest())
            && view.progress().takenBack().contains(round);
      } catch (MessageRejected e) {
        why = "it refuses (%s): %s".formatted(e.refusal(), e.reason());
        break;
      } catch (IOException | DureException e) {
        why = String.valueOf(e.getMessage());
        sleep(Duration.ofMillis(attempt * ASK_AGAIN_MILLIS));
      }
    }
    setup
        .listener()
        .onMessage(
            "this region's part is done; whether the study has gone on since, the hub %s could not be"
                    .formatted(setup.hub().address())
                + " asked: "
                + why);
    return false;
  }

  private Map<String, Double> connected(NodeStore folder, ExportLog exports)
      throws InterruptedException {
    try (HubLink link =
        new HttpHubLink(setup.hub().address(), setup.site().identity(), setup.hub().proxy())) {
      open = link;
      RegionRounds work =
          new RegionRounds(
              setup.study(),
              setup.site().region(),
              folder,
              setup.workload(),
              new Transfers(
                  link, folder.cache(), folder.partialChunks(), setup.study().fragmentBytes()),
              new Outbox(
                  setup.study().digest(),
                  setup.site().region(),
                  link,
                  setup.site().identity().signer(),
                  exports),
              new AuthorityTrust(setup.site().identity().authority(), setup.clock()),
              this::report,
              setup.listener()::onMessage,
              setup.site().budget().orElse(null));
      try (BackgroundTask heart =
          BackgroundTask.every(HEARTBEAT, "heartbeat", () -> beat(work), this::trouble)) {
        loop(work, link);
      }
    }
    return folder.finished().orElseThrow().scores();
  }

  private void loop(RegionRounds work, HubLink link) throws InterruptedException {
    RetryPolicy retry =
        new RetryPolicy(
            setup.random(),
            setup.listener(),
            setup.hub().address(),
            () -> setup.site().identity().holds(setup.clock()));
    HubNews news = new HubNews(setup.site().region(), setup.listener());
    HelloPace hellos = new HelloPace();
    boolean saidHello = false;
    long after = -1;
    while (true) {
      checkOpen();
      try {
        StudyView view = link.view(after, after < 0 ? Duration.ZERO : NEWS);
        retry.reached();
        if (!saidHello) {
          sleep(hellos.next(System.nanoTime()));
          work.hello(view);
          saidHello = true;
          greeted = true;
          continue;
        }
        news.see(view);
        round = view.progress().round();
        place = view.progress().place();
        RegionRounds.Outcome outcome = work.step(view);
        retry.stepped();
        if (outcome == RegionRounds.Outcome.FINISHED) {
          return;
        }
        boolean trained =
            outcome == RegionRounds.Outcome.WAIT
                && view.progress().place() < setup.study().schedule().rounds()
                && trainOn(work, link, view.log().number());
        after = -1;
        if (outcome == RegionRounds.Outcome.WAIT && !trained) {
          after = view.log().number();
          report(ActivityKind.WAITING, 0, 0);
        }
      } catch (IOException e) {
        checkOpen();
        saidHello = false;
        after = -1;
        Duration pause = retry.away(e);
        if (round == 0 || place >= setup.study().schedule().rounds() || !trainOn(work, link, -1)) {
          sleep(pause);
        }
      } catch (MessageRejected e) {
        if (e.refusal() == RejectReason.NO_HELLO) {
          greeted = false;
        }
        saidHello = saidHello && greeted && e.refusal() != RejectReason.HUB_SET_BACK;
        after = -1;
        sleep(retry.refused(e));
      } catch (DureException e) {
        after = -1;
        Duration pause = retry.full(e);
        report(ActivityKind.DISK_FULL, 0, 0);
        sleep(pause);
      }
    }
  }

  /// Trains on at home until there is something to do with the hub, or enough is done.
  ///
  /// @param after number of the event whose successors are news
  /// @return false if there was nothing to train on
  private boolean trainOn(RegionRounds work, HubLink link, long after) throws InterruptedException {
    if (!work.canTrainOn()) {
      return false;
    }
    AtomicBoolean enough = new AtomicBoolean();
    BackgroundTask news =
        BackgroundTask.once(
            "news",
            () -> listen(work, link, after, enough),
            failure -> {
              // The main loop meets the same and says so.
              enough.set(true);
            });
    try {
      work.trainOn(() -> enough.get() || stop.getCount() == 0);
    } finally {
      enough.set(true);
      news.interrupt();
      news.join();
    }
    return true;
  }

  private static void listen(RegionRounds work, HubLink link, long after, AtomicBoolean enough)
      throws InterruptedException {
    long number = after;
    while (!enough.get()) {
      try {
        StudyView view = link.view(number, number < 0 ? Duration.ZERO : NEWS);
        number = view.log().number();
        if (work.isDue(view)) {
          enough.set(true);
        }
      } catch (IOException | MessageRejected e) {
        number = -1;
        Thread.sleep(HEARTBEAT);
      }
    }
  }

  private void checkOpen() throws InterruptedException {
    if (stop.getCount() == 0) {
      throw new InterruptedException("the node was closed");
    }
  }

  private void sleep(Duration pause) throws InterruptedException {
    if (stop.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new InterruptedException("the node was closed");
    }
  }

  private void report(ActivityKind kind, long done, long total) {
    doing = new Doing(round, kind, done, total);
    setup.listener().onActivity(round, kind, done, total);
  }

  /// Tells the hub every two seconds what is being done, and that the region is here.
  private void beat(RegionRounds work) throws InterruptedException {
    if (!greeted) {
      return;
    }
    Doing now = doing;
    work.beat(now.round, now.kind, now.done, now.total);
  }

  private void trouble(DureException failure) {
    setup.listener().onMessage("the hub could not be told what is done: " + failure.report());
  }

  /// Ends [#run] soon: at once if it waits for the hub, else when what it is doing is done. A
  /// thread must not be interrupted instead, which would break off what it writes.
  @Override
  public void close() {
    stop.countDown();
    HubLink link = open;
    if (link != null) {
      link.close();
    }
  }
}
