package org.dure.federation.server;

import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.federation.hub.Hub;
import org.dure.federation.hub.HubSnapshot;
import org.dure.federation.hub.Ledger;
import org.dure.federation.hub.StatusBuilder;
import org.dure.federation.log.Event;
import org.dure.federation.log.RoundStore;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.Receipt;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.status.HubHealth;
import org.dure.federation.status.RegionStats;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.status.TrafficCounters;
import org.jspecify.annotations.Nullable;

/// Where requests of many threads meet the one [Hub]: a lock, the waiting for news, and what is
/// counted beside the log. What [HubChunks] asks is answered without the lock. Thread-safe.
final class HubService {
  /// How long a step that failed, e.g. for want of room, is left alone.
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final Hub hub;
  private final RoundStore log;
  private final ArtifactStore published;
  private final Function<String, ArtifactStore> received;
  private final InstantSource clock;
  private final TrafficCounters crossings = new TrafficCounters();
  private final RegionStats tally;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();
  private final HubHealth troubles = new HubHealth();
  private final Limits limits;
  private final HubSnapshot glance;

  /// Peers that have been looked up since the last change of who may come.
  private final Set<Hub.Peer> admitted = ConcurrentHashMap.newKeySet();

  private Consumer<Message> counted = message -> {};
  private @Nullable Thread worker;

  /// Nothing is tried before this time, after something failed.
  private long patient = System.nanoTime();
  private boolean closed;

  HubService(Hub hub, Hub.Surroundings around, InstantSource clock) {
    this.hub = hub;
    this.log = around.log();
    this.published = around.published();
    this.received = around.received();
    this.clock = clock;
    this.limits = new Limits(hub.state().layout(), hub.state().study(), this::refused);
    this.glance = new HubSnapshot(published);
    this.tally = new RegionStats(1000L * hub.state().study().leaseSeconds());
    crossings.restore(log, hub.state().roundNumber());
    tally.restore(log, clock.millis());
    look();
  }

  /// @param action told of a region's message that has counted; must be quick
  void onCounted(Consumer<Message> action) {
    counted = action;
  }

  private void look() {
    glance.look(hub.state());
  }

  Receipt receive(Hub.Peer peer, byte[] message, byte[] signature) {
    boolean contributes = inspect(peer.region(), message);
    lock.lock();
    try {
      while (contributes && hub.isMerging() && !closed) {
        news.awaitUninterruptibly();
      }
      long before = hub.state().number();
      Receipt receipt = hub.receive(peer, message, signature, clock.millis());
      if (hub.state().number() > before) {
        troubles.logged();
      }
      Message said = Message.parse(message);
      if (said.sequence() > 0) {
        counted.accept(said);
      }
      count(peer, said, message.length, hub.state().number() > before);
      if (hub.state().number() > before) {
        look();
        poll();
      }
      return receipt;
    } catch (MessageRejected e) {
      tally.refused(peer.region(), isMember(peer.region()), e.refusal(), clock.millis());
      throw e;
    } catch (DureException e) {
      troubles.met(e);
      throw e;
    } finally {
      lock.unlock();
    }
  }

  /// Looks through what a message names while nobody waits, so that the hub need not. What is
  /// wrong with it the hub will say.
  ///
  /// @return whether it is a contribution
  private boolean inspect(String region, byte[] message) {
    try {
      Message said = Message.parse(message);
      double unused = hub.inspect(region, said);
      return said instanceof Message.Contribution;
    } catch (MessageRejected e) {
      return true;
    }
  }

  private boolean isMember(String region) {
    return hub.state().members().containsKey(region);
  }

  /// @param logged whether it is in the log now and was not before
  private void count(Hub.Peer peer, Message message, int length, boolean logged) {
    String region = peer.region();
    long now = clock.millis();
    crossings.out(
        region,
        hub.state().roundNumber(),
        message instanceof Message.Scores ? TrafficCounters.SCORES : TrafficCounters.CONTROL,
        length);
    tally.heard(region, peer.certificate(), now);
    if (message instanceof Message.Activity activity) {
      tally.does(region, activity.doing(), now);
    }
    if (message instanceof Message.Contribution contribution && logged) {
      tally.contributed(region, hub.openedAt(contribution.round()), now);
    }
    if (logged) {
      tally.counted(region);
    }
  }

  /// Whether the hub deals with this region under this key; asked on every route. What is turned
  /// away is counted.
  ///
  /// @return the region's name
  /// @throws MessageRefused with [RejectReason#NOT_ADMITTED] or [RejectReason#KEY_REVOKED]
  String admitted(Hub.Peer peer) {
    if (admitted.contains(peer)) {
      return peer.region();
    }
    lock.lock();
    try {
      hub.checkKey(peer);
      admitted.add(peer);
      return peer.region();
    } catch (MessageRejected e) {
      refuse(peer.region(), e.refusal());
      throw e;
    } finally {
      lock.unlock();
    }
  }

  /// See [Hub#enrol].
  void enrol(String region, String language) {
    lock.lock();
    try {
      admitted.clear();
      hub.enrol(region, language, clock.millis());
      poll();
    } finally {
      lock.unlock();
    }
  }

  /// See [Hub#revoke].
  void revoke(String region, PublicKey key, String reason) {
    lock.lock();
    try {
      admitted.clear();
      hub.revoke(region, key, reason, clock.millis());
      poll();
    } finally {
      lock.unlock();
    }
  }

  /// Where the study stands for the region, as soon as there is an event after number `after`, or
  /// after `wait`.
  ///
  /// @throws MessageRefused with [RejectReason#NO_HELLO] if a region of the study waits for news of
  // a
  ///     process to which it has not said hello
  StudyView await(String region, long after, Duration wait) throws InterruptedException {
    long left = wait.toNanos();
    lock.lock();
    try {
      if (after >= 0 && hub.state().member(region).joined) {
        hub.checkGreeted(region);
      }
      while (hub.state().number() <= after && left > 0 && !closed) {
        left = news.awaitNanos(left);
      }
      DureException why = troubles.now();
      return hub.standing(region, clock.millis(), why == null ? "" : why.code().name());
    } finally {
      lock.unlock();
    }
  }

  /// Takes the step that is due and keeps the counts; trouble is kept for [#status] and tried again
  /// at the next call.
  void tick() {
    lock.lock();
    try {
      poll();
      crossings.save(log);
      tally.save(log, clock.millis());
      troubles.unkept(null);
    } catch (DureException e) {
      troubles.unkept(e);
    } finally {
      var unused = troubles.watch(clock.millis());
      lock.unlock();
    }
  }

  /// Begins the step that is due on a thread of its own, off the lock: requests go on meanwhile.
  private void poll() {
    look();
    news.signalAll();
    if (closed || worker != null || System.nanoTime() - patient < 0) {
      return;
    }
    try {
      Optional<Hub.Step> due = hub.due(clock.millis());
      if (due.isPresent()) {
        worker = Thread.ofPlatform().name("hub-work").start(() -> work(due.get()));
      } else {
        troubles.failed(null);
      }
    } catch (DureException e) {
      troubles.failed(e);
      patient = System.nanoTime() + PAUSE.toNanos();
    }
    look();
  }

  /// Does steps until none is due.
  private void work(Hub.Step first) {
    Optional<Hub.Step> step = Optional.of(first);
    while (step.isPresent()) {
      Optional<Event> made = Optional.empty();
      DureException failure = null;
      try {
        made = step.get().work().get();
      } catch (DureException e) {
        failure = e;
      } catch (RuntimeException e) {
        failure = new DureException(ErrorCode.INTERNAL, String.valueOf(e), e);
      }
      step = next(step.get(), made, failure);
    }
  }

  private Optional<Hub.Step> next(
      Hub.Step done, Optional<Event> made, @Nullable DureException failure) {
    lock.lock();
    try {
      if (failure != null) {
        throw failure;
      }
      hub.finish(done, made, clock.millis());
      look();
      troubles.failed(null);
      Optional<Hub.Step> next = closed ? Optional.empty() : hub.due(clock.millis());
      worker = next.isPresent() ? worker : null;
      return next;
    } catch (DureException e) {
      hub.abandon();
      troubles.failed(e);
      patient = System.nanoTime() + PAUSE.toNanos();
      worker = null;
      return Optional.empty();
    } finally {
      news.signalAll();
      lock.unlock();
    }
  }

  /// Looks at a fragment of a delta that has come whole, so that no message need wait for it.
  void arrived(String region, String digest) {
    hub.inspection().arrived(digest, received.apply(region));
  }

  /// Something that the hub gives out is damaged: it is made again.
  void lost() {
    lock.lock();
    try {
      hub.lost();
      poll();
    } finally {
      lock.unlock();
    }
  }

  /// What a region may have here that no message of it counts.
  UploadQuota.Quota quota() {
    return limits.quota(hub.state().opened().prepares() && !glance.hasGivenCommon());
  }

  /// Does what may let go of chunks of the region, while none of its messages can be counted.
  <T> T lettingGo(String region, Supplier<T> action) {
    lock.lock();
    try {
      hub.inspection().forget(region);
      return action.get();
    } finally {
      lock.unlock();
    }
  }

  /// Counts a refusal, and makes it.
  MessageRejected refused(String region, RejectReason refusal, String message) {
    refuse(region, refusal);
    return new MessageRejected(refusal, message);
  }

  void refuse(String region, RejectReason refusal) {
    lock.lock();
    try {
      tally.refused(region, isMember(region), refusal, clock.millis());
    } finally {
      lock.unlock();
    }
  }

  /// Counts an answer.
  void gave(String region, long bytes) {
    crossings.in(region, glance.round(), TrafficCounters.CONTROL, bytes);
  }

  /// Counts a chunk that was given out: before the first round there is nothing to fetch but the
  /// common preparation.
  void gaveChunk(String region, String digest, long bytes) {
    crossings.in(
        region,
        glance.round(),
        glance.isCommon(digest) ? TrafficCounters.COMMON : TrafficCounters.WEIGHTS,
        bytes);
  }

  TrafficCounters crossings() {
    return crossings;
  }

  RegionStats tally() {
    return tally;
  }

  /// @throws MessageRefused if the region is not admitted or has not said hello
  void checkJoined(String region) {
    if (glance.hasJoined(region)) {
      return;
    }
    lock.lock();
    try {
      look();
      if (!hub.state().member(region).joined) {
        throw refused(region, RejectReason.NO_HELLO, region + " must say hello first");
      }
    } finally {
      lock.unlock();
    }
  }

  StudyStatus status() {
    lock.lock();
    try {
      return StatusBuilder.of(
          hub, crossings, tally, troubles.watch(clock.millis()), clock.millis());
    } finally {
      lock.unlock();
    }
  }

  /// Why the study pauses, e.g. a full disk.
  HubHealth troubles() {
    return troubles;
  }

  Limits limits() {
    return limits;
  }

  HubSnapshot glance() {
    return glance;
  }

  void export(Path folder) {
    lock.lock();
    try {
      Ledger.export(log, folder);
    } finally {
      lock.unlock();
    }
  }

  /// Lets everyone who waits go, and waits for the step that is being made.
  void close() {
    lock.lock();
    try {
      closed = true;
      news.signalAll();
      while (worker != null) {
        news.awaitUninterruptibly();
      }
      crossings.save(log);
    } finally {
      lock.unlock();
    }
  }
}
