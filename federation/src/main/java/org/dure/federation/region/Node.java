package org.dure.federation.region;

import java.io.IOException;
import java.net.URI;
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
import org.dure.core.FolderLock;
import org.dure.core.Workload;
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

  /// What a node is run with.
  ///
  /// @param region its name in the study, the common name of its certificate
  /// @param folder the region's own
  /// @param hub e.g. `https://hub.example:7443`
  /// @param identity the region's certificate and the authority of the study
  /// @param listener for people
  /// @param proxy through which the hub is reached, if any
  public record Setup(
      Study study,
      String region,
      Path folder,
      URI hub,
      TlsIdentity identity,
      Workload workload,
      ExportPolicy policy,
      InstantSource clock,
      RandomGenerator random,
      Listener listener,
      Optional<HttpProxy> proxy) {
    /// A node that reaches its hub without a proxy.
    public Setup(
        Study study,
        String region,
        Path folder,
        URI hub,
        TlsIdentity identity,
        Workload workload,
        ExportPolicy policy,
        InstantSource clock,
        RandomGenerator random,
        Listener listener) {
      this(
          study,
          region,
          folder,
          hub,
          identity,
          workload,
          policy,
          clock,
          random,
          listener,
          Optional.empty());
    }
  }

  /// What a node tells people. Thread-safe.
  public interface Listener {
    /// One line.
    void says(String line);

    /// What is being done; see [Workload.Activity].
    void does(int round, String doing, long done, long total);
  }

  private record Doing(int round, String word, long done, long total) {}

  private final Setup setup;
  private final CountDownLatch stop = new CountDownLatch(1);
  private volatile Doing doing = new Doing(0, "starting", 0, 0);
  private volatile int round;
  private volatile @Nullable HubLink open;

  /// @throws DureException with [ErrorCode#CERTIFICATE_INVALID] if the certificate is not the
  ///     region's or does not hold now; whether the study admits the region, the hub says
  public Node(Setup setup) {
    this.setup = setup;
    setup.identity().checkValidity(setup.clock());
    String name = TlsIdentity.commonName(setup.identity().certificate());
    if (!name.equals(setup.region())) {
      throw new DureException(
          ErrorCode.CERTIFICATE_INVALID,
          "the certificate is of \"%s\": the region is \"%s\"".formatted(name, setup.region()));
    }
  }

  /// Works until the region's part is done.
  ///
  /// @return the scores that the region published
  /// @throws DureException if the hub refuses for good, the policy does, or the workload fails;
  ///     [ErrorCode#HOME_IN_USE] if another node works on the folder
  /// @throws InterruptedException if [#close] was called
  public Map<String, Double> run() throws InterruptedException {
    NodeStore folder = new NodeStore(setup.folder());
    try (FolderLock lock = FolderLock.of(setup.folder(), "node");
        ExportLog exports =
            ExportLog.open(
                setup.folder().resolve("exports.jsonl"),
                setup.policy(),
                setup.identity().signer(),
                setup.clock())) {
      AtomicFiles.sweep(setup.folder());
      Optional<NodeStore.Measured> finished = folder.finished();
      if (finished.isPresent() && finished.get().study().equals(setup.study().digest())) {
        return finished.get().scores();
      }
      return connected(folder, exports);
    }
  }

  private Map<String, Double> connected(NodeStore folder, ExportLog exports)
      throws InterruptedException {
    try (HubLink link = new HttpHubLink(setup.hub(), setup.identity(), setup.proxy())) {
      open = link;
      RegionRounds work =
          new RegionRounds(
              setup.study(),
              setup.region(),
              folder,
              setup.workload(),
              new Transfers(link, folder.cache(), folder.arrivals(), setup.study().fragmentBytes()),
              new Outbox(
                  setup.study().digest(), setup.region(), link, setup.identity().signer(), exports),
              this::report,
              setup.listener()::says);
      CountDownLatch done = new CountDownLatch(1);
      Thread heart = Thread.ofVirtual().name("heartbeat").start(() -> beat(work, done));
      try {
        loop(work, link);
      } finally {
        done.countDown();
        heart.join();
      }
    }
    return folder.finished().orElseThrow().scores();
  }

  private void loop(RegionRounds work, HubLink link) throws InterruptedException {
    RetryPolicy patience = new RetryPolicy(setup.random(), setup.listener(), setup.hub());
    HubNews mood = new HubNews(setup.region(), setup.listener());
    HelloPace hellos = new HelloPace();
    boolean greeted = false;
    long after = -1;
    while (true) {
      checkOpen();
      try {
        StudyView standing = link.standing(after, after < 0 ? Duration.ZERO : NEWS);
        patience.reached();
        if (!greeted) {
          sleep(hellos.next(System.nanoTime()));
          work.hello(standing);
          greeted = true;
          continue;
        }
        mood.see(standing);
        round = standing.round();
        RegionRounds.Outcome outcome = work.step(standing);
        patience.stepped();
        if (outcome == RegionRounds.Outcome.FINISHED) {
          return;
        }
        boolean trained =
            outcome == RegionRounds.Outcome.WAIT
                && standing.round() < setup.study().rounds()
                && trainOn(work, link, standing.number());
        after = -1;
        if (outcome == RegionRounds.Outcome.WAIT && !trained) {
          after = standing.number();
          report("waiting", 0, 0);
        }
      } catch (IOException e) {
        checkOpen();
        greeted = false;
        after = -1;
        Duration pause = patience.away(e);
        if (round == 0 || round >= setup.study().rounds() || !trainOn(work, link, -1)) {
          sleep(pause);
        }
      } catch (MessageRejected e) {
        greeted =
            greeted
                && e.refusal() != RejectReason.NO_HELLO
                && e.refusal() != RejectReason.HUB_SET_BACK;
        after = -1;
        sleep(patience.refused(e));
      } catch (DureException e) {
        after = -1;
        Duration pause = patience.full(e);
        report("disk-full", 0, 0);
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
    Thread news = Thread.ofVirtual().name("news").start(() -> listen(work, link, after, enough));
    try {
      work.trainOn(() -> enough.get() || stop.getCount() == 0);
    } finally {
      enough.set(true);
      news.interrupt();
      news.join();
    }
    return true;
  }

  private void listen(RegionRounds work, HubLink link, long after, AtomicBoolean enough) {
    long number = after;
    try {
      while (!enough.get()) {
        try {
          StudyView standing = link.standing(number, number < 0 ? Duration.ZERO : NEWS);
          number = standing.number();
          if (work.isDue(standing)) {
            enough.set(true);
          }
        } catch (IOException | MessageRejected e) {
          number = -1;
          Thread.sleep(HEARTBEAT);
        } catch (DureException e) {
          // The main loop meets the same and says so.
          enough.set(true);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
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

  private void report(String word, long done, long total) {
    doing = new Doing(round, word, done, total);
    setup.listener().does(round, word, done, total);
  }

  /// Tells the hub every two seconds what is being done, and that the region is here.
  private void beat(RegionRounds work, CountDownLatch done) {
    try {
      while (!done.await(HEARTBEAT.toMillis(), TimeUnit.MILLISECONDS)) {
        Doing now = doing;
        work.beat(now.round, now.word, now.done, now.total);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
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
