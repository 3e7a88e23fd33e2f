package org.dure.federation;

import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.jspecify.annotations.Nullable;

/// Where requests of many threads meet the one [Hub]: a lock, the waiting for news, and the
// counting
/// of what crosses. What [HubChunks] asks is answered without the lock. Thread-safe.
final class HubDesk {
  /// What transfers need to know of the study, as of the last event.
  private record Glance(int round, String common, Set<String> joined) {}

  private final Hub hub;
  private final RoundStore log;
  private final ArtifactStore published;
  private final InstantSource clock;
  private final Crossings crossings = new Crossings();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();
  private final Map<String, Long> unclaimed = new HashMap<>();

  /// Peers that have been looked up since the last change of who may come.
  private final Set<Hub.Peer> admitted = ConcurrentHashMap.newKeySet();

  private volatile Glance glance = new Glance(0, "", Set.of());
  private volatile Set<String> commonChunks = Set.of();
  private Consumer<String> counted = region -> {};
  private @Nullable DureException trouble;
  private boolean closed;

  HubDesk(Hub hub, Hub.Surroundings around, InstantSource clock) {
    this.hub = hub;
    this.log = around.log();
    this.published = around.published();
    this.clock = clock;
    crossings.restore(log);
    look();
  }

  /// @param action told the name of a region of which a message has counted; must be quick
  void onCounted(Consumer<String> action) {
    counted = action;
  }

  private void look() {
    HubState state = hub.state();
    glance =
        new Glance(
            state.roundNumber(),
            state.common(),
            state.members().entrySet().stream()
                .filter(entry -> entry.getValue().joined)
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet()));
  }

  Hub.Receipt receive(Hub.Peer peer, byte[] message, byte[] signature) {
    lock.lock();
    try {
      long before = hub.state().number();
      Hub.Receipt receipt = hub.receive(peer, message, signature, clock.millis());
      crossings.out(peer.region(), hub.state().roundNumber(), kind(message), message.length);
      if (hub.state().number() > before) {
        forgetClaims(peer.region());
        counted.accept(peer.region());
        look();
        poll();
      }
      return receipt;
    } finally {
      lock.unlock();
    }
  }

  /// Whether the hub deals with this region under this key; asked on every route. What is turned
  /// away is counted.
  ///
  /// @return the region's name
  /// @throws MessageRefused with [Refusal#NOT_ADMITTED] or [Refusal#KEY_REVOKED]
  String admitted(Hub.Peer peer) {
    if (admitted.contains(peer)) {
      return peer.region();
    }
    lock.lock();
    try {
      hub.checkKey(peer);
      admitted.add(peer);
      return peer.region();
    } catch (MessageRefused e) {
      hub.refuse(peer.region(), e.refusal());
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

  private static String kind(byte[] message) {
    return Message.parse(message) instanceof Message.Scores ? Crossings.SCORES : Crossings.CONTROL;
  }

  /// Where the study stands for the region, as soon as there is an event after number `after`, or
  /// after `wait`.
  Standing await(String region, long after, Duration wait) throws InterruptedException {
    long left = wait.toNanos();
    lock.lock();
    try {
      while (hub.state().number() <= after && left > 0 && !closed) {
        left = news.awaitNanos(left);
      }
      return hub.standing(region, clock.millis());
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
    } catch (DureException e) {
      trouble = e;
    } finally {
      lock.unlock();
    }
  }

  private void poll() {
    try {
      hub.poll(clock.millis());
      trouble = null;
    } catch (DureException e) {
      trouble = e;
    }
    look();
    news.signalAll();
  }

  /// @throws MessageRefused if no chunk may be that long
  void checkSize(String region, long length) {
    long most = Math.max(hub.state().study().fragmentBytes(), FragmentList.MOST_BYTES);
    if (length > most) {
      throw refused(
          region,
          Refusal.TOO_LARGE,
          "a chunk of %d bytes: expected at most %d".formatted(length, most));
    }
  }

  /// Counts what a region sends before a message of it counts; less than 0 gives back.
  ///
  /// @throws MessageRefused with [Refusal#QUOTA_USED]
  void claim(String region, long bytes) {
    long quota = 8 * hub.state().layout().elements() + Inspection.MOST_BYTES;
    boolean within;
    synchronized (unclaimed) {
      within = unclaimed.merge(region, bytes, Long::sum) <= quota || bytes < 0;
    }
    if (!within) {
      throw refused(
          region,
          Refusal.QUOTA_USED,
          "more than %d bytes since the last message that counted".formatted(quota));
    }
  }

  private void forgetClaims(String region) {
    synchronized (unclaimed) {
      unclaimed.remove(region);
    }
  }

  /// Counts a refusal, and makes it.
  MessageRefused refused(String region, Refusal refusal, String message) {
    refuse(region, refusal);
    return new MessageRefused(refusal, message);
  }

  void refuse(String region, Refusal refusal) {
    lock.lock();
    try {
      hub.refuse(region, refusal);
    } finally {
      lock.unlock();
    }
  }

  /// Counts an answer.
  void gave(String region, long bytes) {
    crossings.in(region, glance.round, Crossings.CONTROL, bytes);
  }

  /// Counts a chunk that was given out: before the first round there is nothing to fetch but the
  /// common preparation.
  void gaveChunk(String region, String digest, long bytes) {
    crossings.in(
        region, glance.round, isCommon(digest) ? Crossings.COMMON : Crossings.WEIGHTS, bytes);
  }

  private boolean isCommon(String digest) {
    String list = glance.common;
    if (list.isEmpty()) {
      return false;
    }
    Set<String> chunks = commonChunks;
    if (!chunks.contains(list)) {
      chunks = new HashSet<>(FragmentList.parse(published.get(list)).fragments());
      chunks.add(list);
      commonChunks = Set.copyOf(chunks);
    }
    return chunks.contains(digest);
  }

  Crossings crossings() {
    return crossings;
  }

  /// Number of the newest round.
  int round() {
    return glance.round;
  }

  /// @throws MessageRefused if the region is not admitted or has not said hello
  void checkJoined(String region) {
    if (glance.joined.contains(region)) {
      return;
    }
    lock.lock();
    try {
      look();
      if (!hub.state().member(region).joined) {
        throw refused(region, Refusal.NO_HELLO, region + " must say hello first");
      }
    } finally {
      lock.unlock();
    }
  }

  StudyStatus status() {
    lock.lock();
    try {
      return StatusPicture.of(hub, crossings.list(), clock.millis());
    } finally {
      lock.unlock();
    }
  }

  /// Why the study pauses, e.g. a full disk; null if it does not.
  @Nullable DureException trouble() {
    lock.lock();
    try {
      return trouble;
    } finally {
      lock.unlock();
    }
  }

  /// How much was turned away, by region (empty for strangers) and reason.
  Map<String, Map<Refusal, Long>> refusals() {
    lock.lock();
    try {
      return hub.refusals();
    } finally {
      lock.unlock();
    }
  }

  void export(Path folder) {
    lock.lock();
    try {
      Ledger.export(log, folder);
    } finally {
      lock.unlock();
    }
  }

  /// Lets everyone who waits go.
  void close() {
    lock.lock();
    try {
      closed = true;
      news.signalAll();
      crossings.save(log);
    } finally {
      lock.unlock();
    }
  }
}
