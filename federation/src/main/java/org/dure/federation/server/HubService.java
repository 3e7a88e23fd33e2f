package org.dure.federation.server;

import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
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
import org.dure.federation.protocol.SecretView;
import org.dure.federation.protocol.SignedMessage;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.TrafficKind;
import org.dure.federation.status.HubHealth;
import org.dure.federation.status.RegionStats;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.status.TrafficCounters;

/// Where requests of many threads meet the one [Hub]: a lock, the waiting for news, and what is
/// counted beside the log. Under the lock nothing is read or written but the event that is logged:
/// what a message names is looked through before, notes and ledgers are written beside it. What
/// [HubChunks] asks is answered without the lock. Thread-safe.
final class HubService {
  private final Hub hub;
  private final RoundStore log;
  private final ArtifactStore published;
  private final Function<String, ArtifactStore> received;
  private final InstantSource clock;
  private final TrafficCounters traffic = new TrafficCounters();
  private final RegionStats stats;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();
  private final HubHealth health = new HubHealth();
  private final Limits limits;
  private final HubSnapshot snapshot;

  /// Peers that have been looked up since the last change of who may come.
  private final Set<Hub.Peer> admitted = ConcurrentHashMap.newKeySet();

  private Consumer<Message> counted = message -> {};
  private final StepWorker worker;

  /// One for each region: held while a message is counted, or chunks are let go.
  private final Map<String, ReentrantLock> chunks = new ConcurrentHashMap<>();

  private boolean closed;

  /// @param steps makes the hub's long steps, one at a time, off the lock
  HubService(Hub hub, Hub.Surroundings around, InstantSource clock, Executor steps) {
    this.hub = hub;
    this.log = around.log();
    this.published = around.published();
    this.received = around.received();
    this.clock = clock;
    this.worker = new StepWorker(hub, clock, steps, lock, news, health, this::refreshSnapshot);
    this.limits = new Limits(hub.layout(), hub.study(), this::refused);
    this.snapshot = new HubSnapshot(published);
    this.stats = new RegionStats(1000L * hub.study().patience().leaseSeconds());
    traffic.restore(log, hub.round());
    stats.restore(log, clock.millis());
    refreshSnapshot();
  }

  /// @param action told of a region's message that has counted, before anything of the region may
  ///     be let go
  void onCounted(Consumer<Message> action) {
    counted = action;
  }

  private void refreshSnapshot() {
    hub.show(snapshot);
  }

  Receipt receive(Hub.Peer peer, SignedMessage signed) {
    Message message = signed.message();
    if (message.sequence() == 0) {
      if (message instanceof Message.Hello hello) {
        // What a hello says of the log is read while nobody waits.
        hub.lookUp(hello.past().seen().number());
      }
      return log(peer, signed, false);
    }
    ReentrantLock still = chunks(peer.region());
    still.lock();
    try {
      boolean contributes = validate(peer.region(), message);
      Receipt receipt = log(peer, signed, contributes);
      counted.accept(message);
      return receipt;
    } finally {
      still.unlock();
    }
  }

  private ReentrantLock chunks(String region) {
    return chunks.computeIfAbsent(region, name -> new ReentrantLock());
  }

  /// @param contributes whether it must wait for a merge
  private Receipt log(Hub.Peer peer, SignedMessage signed, boolean contributes) {
    lock.lock();
    try {
      while (contributes && hub.isMerging() && !closed) {
        news.awaitUninterruptibly();
      }
      long before = hub.number();
      Receipt receipt = hub.receive(peer, signed, clock.millis());
      if (hub.number() > before) {
        health.logged();
      }
      count(peer, signed.message(), signed.bytes().length, hub.number() > before);
      if (hub.number() > before) {
        refreshSnapshot();
        poll();
      }
      return receipt;
    } catch (MessageRejected e) {
      stats.recordRefusal(peer.region(), isMember(peer.region()), e.refusal(), clock.millis());
      throw e;
    } catch (DureException e) {
      health.met(e);
      throw e;
    } finally {
      lock.unlock();
    }
  }

  /// Looks through what a message names while nobody waits, so that the hub need not. What is
  /// wrong with it the hub will say.
  ///
  /// @return whether it is a contribution
  private boolean validate(String region, Message message) {
    try {
      double unused = hub.validate(region, message);
    } catch (MessageRejected e) {
      // The hub says what is wrong with it when it is received.
      return message instanceof Message.Contribution;
    }
    return message instanceof Message.Contribution;
  }

  private boolean isMember(String region) {
    return hub.isMember(region);
  }

  /// @param logged whether it is in the log now and was not before
  private void count(Hub.Peer peer, Message message, int length, boolean logged) {
    String region = peer.region();
    long now = clock.millis();
    traffic.out(
        region,
        hub.round(),
        message instanceof Message.Scores ? TrafficKind.SCORES : TrafficKind.CONTROL,
        length);
    stats.recordMessage(region, peer.certificate(), now);
    if (message instanceof Message.Activity activity) {
      stats.recordActivity(region, activity.doing(), now);
    }
    if (message instanceof Message.Contribution contribution && logged) {
      stats.recordContribution(region, hub.openedAt(contribution.round()), now);
    }
    if (logged) {
      stats.recordLogged(region);
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

  /// See [Hub#undo].
  Optional<Event.Undone> undo(String decision, String region, int from, String reason) {
    lock.lock();
    try {
      Optional<Event.Undone> undone = hub.undo(decision, region, from, reason, clock.millis());
      poll();
      return undone;
    } finally {
      lock.unlock();
    }
  }

  /// Whether the round counts no more.
  boolean isTakenBack(int round) {
    lock.lock();
    try {
      return hub.takenBack().contains(round);
    } finally {
      lock.unlock();
    }
  }

  /// Digest of the study.
  String study() {
    return hub.study().digest();
  }

  /// Where the study stands for the region, as soon as there is an event after number `after`, or
  /// after `wait`.
  ///
  /// @throws MessageRefused with [RejectReason#NO_HELLO] if a region of the study waits for news of
  /// a
  ///     process to which it has not said hello
  StudyView await(String region, long after, Duration wait) throws InterruptedException {
    long left = wait.toNanos();
    lock.lock();
    try {
      if (after >= 0 && hub.hasJoined(region)) {
        hub.checkHeard(region);
      }
      while (hub.number() <= after && left > 0 && !closed) {
        left = news.awaitNanos(left);
      }
      DureException why = health.now();
      return hub.view(region, clock.millis(), why == null ? "" : why.code().name());
    } finally {
      lock.unlock();
    }
  }

  /// Where the open round of a secret sum stands for the region.
  SecretView secretRound(String region) {
    checkJoined(region);
    lock.lock();
    try {
      return hub.secretView(region);
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
    } finally {
      lock.unlock();
    }
    try {
      traffic.save(log);
      stats.save(log, clock.millis());
      health.unkept(null);
    } catch (DureException e) {
      health.unkept(e);
    } finally {
      var unused = health.watch(clock.millis());
    }
  }

  private void poll() {
    refreshSnapshot();
    news.signalAll();
    worker.poll();
    refreshSnapshot();
  }

  /// Looks at a fragment of a delta that has come whole, so that no message need wait for it.
  void arrived(String region, String digest) {
    hub.validation().arrived(digest, received.apply(region));
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
    return limits.quota(hub.prepares() && !snapshot.hasGivenCommon());
  }

  /// Does what may let go of chunks of the region, while none of its messages can be counted.
  <T> T withoutMessages(String region, Supplier<T> action) {
    ReentrantLock still = chunks(region);
    still.lock();
    try {
      hub.validation().forget(region);
      return action.get();
    } finally {
      still.unlock();
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
      stats.recordRefusal(region, isMember(region), refusal, clock.millis());
    } finally {
      lock.unlock();
    }
  }

  /// Longest list that makes sense now.
  int mostList() {
    return limits.mostList(hub.prepares());
  }

  /// Counts a connection or a request too many.
  ///
  /// @param region name of its certificate; empty where there is none
  /// @param address where it came from
  void crowd(String region, String address) {
    // Not the hub's lock: the threads of connections come through here.
    if (snapshot.hasJoined(region)) {
      stats.recordRefusal(region, true, RejectReason.SHARE_USED, clock.millis());
    } else {
      stats.strangers().crowd(address);
    }
  }

  /// Counts an answer.
  void countAnswer(String region, long bytes) {
    traffic.in(region, snapshot.round(), TrafficKind.CONTROL, bytes);
  }

  /// Counts a chunk that was given out: before the first round there is nothing to fetch but the
  /// common preparation.
  void countChunk(String region, String digest, long bytes) {
    traffic.in(
        region,
        snapshot.round(),
        snapshot.isCommon(digest) ? TrafficKind.COMMON : TrafficKind.WEIGHTS,
        bytes);
  }

  TrafficCounters traffic() {
    return traffic;
  }

  RegionStats stats() {
    return stats;
  }

  /// @throws MessageRefused if the region is not admitted or has not said hello
  void checkJoined(String region) {
    if (snapshot.hasJoined(region)) {
      return;
    }
    lock.lock();
    try {
      refreshSnapshot();
      if (!hub.hasJoined(region)) {
        throw refused(region, RejectReason.NO_HELLO, region + " must say hello first");
      }
    } finally {
      lock.unlock();
    }
  }

  StudyStatus status() {
    lock.lock();
    try {
      return StatusBuilder.of(hub, traffic, stats, health.watch(clock.millis()), clock.millis());
    } finally {
      lock.unlock();
    }
  }

  /// Why the study pauses, e.g. a full disk.
  HubHealth health() {
    return health;
  }

  Limits limits() {
    return limits;
  }

  HubSnapshot snapshot() {
    return snapshot;
  }

  /// Writes the log so far; what is logged meanwhile may be missing.
  void export(Path folder) {
    Ledger.export(log, folder);
  }

  /// Lets everyone who waits go, and waits for the step that is being made.
  void close() {
    lock.lock();
    try {
      closed = true;
      news.signalAll();
      worker.close();
    } finally {
      lock.unlock();
    }
    traffic.save(log);
  }
}
