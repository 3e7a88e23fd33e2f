package org.dure.federation;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.jspecify.annotations.Nullable;

/// Where requests of many threads meet the one [Hub]: a lock, the waiting for news, the chunks, and
/// the counting of what crosses. Thread-safe.
final class HubDesk {
  private final Hub hub;
  private final RoundStore log;
  private final ArtifactStore published;
  private final Function<String, ArtifactStore> received;
  private final InstantSource clock;
  private final Crossings crossings = new Crossings();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();
  private final Map<String, Long> unclaimed = new HashMap<>();
  private @Nullable DureException trouble;
  private boolean closed;

  HubDesk(Hub hub, Hub.Surroundings around, InstantSource clock) {
    this.hub = hub;
    this.log = around.log();
    this.published = around.published();
    this.received = around.received();
    this.clock = clock;
    crossings.restore(log);
  }

  Hub.Receipt receive(Hub.Peer peer, byte[] message, byte[] signature) {
    lock.lock();
    try {
      long before = hub.state().number();
      Hub.Receipt receipt = hub.receive(peer, message, signature, clock.millis());
      crossings.out(peer.region(), round(), kind(message), message.length);
      if (hub.state().number() > before) {
        unclaimed.remove(peer.region());
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
    lock.lock();
    try {
      hub.checkKey(peer);
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
      hub.revoke(region, key, reason, clock.millis());
      poll();
    } finally {
      lock.unlock();
    }
  }

  private static String kind(byte[] message) {
    return Message.parse(message) instanceof Message.Scores ? Crossings.SCORES : Crossings.CONTROL;
  }

  private int round() {
    return hub.state().roundNumber();
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
    news.signalAll();
  }

  /// Whether the region has sent this chunk.
  boolean hasReceived(String region, String digest) {
    checkJoined(region);
    return received.apply(region).contains(digest);
  }

  /// Takes a chunk of the region.
  ///
  /// @param length as announced
  /// @throws MessageRefused if it is too large, too much, or not what its name says
  void put(String region, String digest, String kind, long length, InputStream content) {
    checkJoined(region);
    claim(region, length);
    Exactly body = new Exactly(content, length);
    try {
      received.apply(region).put(digest, body);
    } catch (DureException e) {
      if (e.code() == ErrorCode.ARTIFACT_CORRUPT) {
        throw refused(region, Refusal.CHUNK_CORRUPT, String.valueOf(e.getMessage()));
      }
      throw e;
    } finally {
      crossings.out(region, lockedRound(), kind, length - body.left);
    }
  }

  private void claim(String region, long length) {
    lock.lock();
    try {
      long most = Math.max(hub.state().study().fragmentBytes(), FragmentList.MOST_BYTES);
      if (length > most) {
        throw refused(
            region,
            Refusal.TOO_LARGE,
            "a chunk of %d bytes: expected at most %d".formatted(length, most));
      }
      long quota = 8 * hub.state().layout().elements() + Inspection.MOST_BYTES;
      if (unclaimed.merge(region, length, Long::sum) > quota) {
        throw refused(
            region,
            Refusal.QUOTA_USED,
            "more than %d bytes since the last message that counted".formatted(quota));
      }
    } finally {
      lock.unlock();
    }
  }

  private MessageRefused refused(String region, Refusal refusal, String message) {
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

  /// A chunk that the hub gives out.
  ///
  /// @throws MessageRefused with [Refusal#CHUNK_MISSING]
  InputStream open(String region, String digest) {
    checkJoined(region);
    if (!published.contains(digest)) {
      throw new MessageRefused(Refusal.CHUNK_MISSING, "there is no chunk " + digest);
    }
    return published.open(digest);
  }

  long publishedSize(String digest) {
    return published.contains(digest) ? published.size(digest) : -1;
  }

  /// Counts an answer.
  void gave(String region, long bytes) {
    crossings.in(region, lockedRound(), Crossings.CONTROL, bytes);
  }

  /// Counts a chunk that was given out: before the first round there is nothing to fetch but the
  /// common preparation.
  void gaveChunk(String region, String digest, long bytes) {
    crossings.in(
        region, lockedRound(), isCommon(digest) ? Crossings.COMMON : Crossings.WEIGHTS, bytes);
  }

  private boolean isCommon(String digest) {
    String list;
    lock.lock();
    try {
      list = hub.state().common();
    } finally {
      lock.unlock();
    }
    return !list.isEmpty()
        && (list.equals(digest)
            || FragmentList.parse(published.get(list)).fragments().contains(digest));
  }

  private int lockedRound() {
    lock.lock();
    try {
      return round();
    } finally {
      lock.unlock();
    }
  }

  private void checkJoined(String region) {
    lock.lock();
    try {
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

  /// A stream that fails unless it has exactly the announced length.
  private static final class Exactly extends FilterInputStream {
    private long left;

    Exactly(InputStream in, long length) {
      super(in);
      this.left = length;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
      if (left == 0) {
        return -1;
      }
      int count = super.read(bytes, from, (int) Math.min(length, left));
      if (count < 0) {
        throw new EOFException("the chunk ends %d bytes early".formatted(left));
      }
      left -= count;
      return count;
    }
  }
}
