package org.dure.federation;

import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.TensorLayout;
import org.jspecify.annotations.Nullable;

/// Where requests of many threads meet the one [Hub]: a lock, the waiting for news, and what is
/// counted beside the log. What [HubChunks] asks is answered without the lock. Thread-safe.
final class HubDesk {
  /// The same trouble after a shorter pause than this is still the same.
  private static final long TROUBLE_MILLIS = 5_000;

  private static final Duration FULL = Duration.ofSeconds(15);

  /// Longest list that comes along with a standing.
  static final int MOST_LIST = 16 << 10;

  /// What transfers need to know of the study, as of the last event.
  private record Glance(int round, String common, Set<String> joined) {}

  /// How long a step that failed, e.g. for want of room, is left alone.
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final Hub hub;
  private final RoundStore log;
  private final ArtifactStore published;
  private final Function<String, ArtifactStore> received;
  private final InstantSource clock;
  private final Crossings crossings = new Crossings();
  private final Tally tally;
  /// Deltas that a region may have sent in vain, and what it may have sent beside them.
  private static final int DELTAS = 4;

  private static final long SPARE = 16 << 20;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();
  private final Map<String, Long> unclaimed = new HashMap<>();
  private final Pace pace = new Pace();

  /// Peers that have been looked up since the last change of who may come.
  private final Set<Hub.Peer> admitted = ConcurrentHashMap.newKeySet();

  private volatile Glance glance = new Glance(0, "", Set.of());
  private volatile Set<String> commonChunks = Set.of();
  private Consumer<String> counted = region -> {};
  private final TensorLayout layout;
  private final int fragmentBytes;
  private @Nullable DureException trouble;
  private @Nullable Thread worker;

  /// Nothing is tried before this time, after something failed.
  private long patient = System.nanoTime();
  private @Nullable DureException full;
  private long fullAt;

  /// Why the counts could not be kept.
  private @Nullable DureException unkept;

  private @Nullable ErrorCode troubled;
  private long troubleSince;
  private long troubleSeen;
  private boolean closed;

  HubDesk(Hub hub, Hub.Surroundings around, InstantSource clock) {
    this.hub = hub;
    this.log = around.log();
    this.published = around.published();
    this.received = around.received();
    this.clock = clock;
    this.layout = hub.state().layout();
    this.fragmentBytes = hub.state().study().fragmentBytes();
    this.tally = new Tally(1000L * hub.state().study().leaseSeconds());
    crossings.restore(log, hub.state().roundNumber());
    tally.restore(log, clock.millis());
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
    boolean contributes = inspect(peer.region(), message);
    lock.lock();
    try {
      while (contributes && hub.isMerging() && !closed) {
        news.awaitUninterruptibly();
      }
      long before = hub.state().number();
      Hub.Receipt receipt = hub.receive(peer, message, signature, clock.millis());
      if (hub.state().number() > before) {
        full = null;
      }
      count(peer, Message.parse(message), message.length, hub.state().number() > before);
      if (hub.state().number() > before) {
        forgetClaims(peer.region());
        counted.accept(peer.region());
        look();
        poll();
      }
      return receipt;
    } catch (MessageRefused e) {
      tally.refused(peer.region(), isMember(peer.region()), e.refusal(), clock.millis());
      throw e;
    } catch (DureException e) {
      noteFull(e);
      throw e;
    } finally {
      lock.unlock();
    }
  }

  /// Looks through what a contribution names while nobody waits, so that the hub need not. What is
  /// wrong with it the hub will say.
  ///
  /// @return whether it is a contribution
  private boolean inspect(String region, byte[] message) {
    try {
      if (Message.parse(message) instanceof Message.Contribution contribution) {
        double unused =
            hub.inspection()
                .ofDelta(
                    region, contribution.delta(), layout, fragmentBytes, received.apply(region));
        return true;
      }
    } catch (MessageRefused e) {
      return true;
    }
    return false;
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
        message instanceof Message.Scores ? Crossings.SCORES : Crossings.CONTROL,
        length);
    tally.heard(region, peer.certificate(), now);
    if (message instanceof Message.Activity activity) {
      tally.does(region, activity.doing(), now);
    }
    if (message instanceof Message.Contribution contribution && logged) {
      tally.contributed(region, openedAt(contribution.round()), now);
    }
    if (logged) {
      tally.counted(region);
    }
  }

  private long openedAt(int round) {
    for (HubState.Round known : hub.state().rounds().reversed()) {
      if (known.number <= round) {
        return known.opened;
      }
    }
    return 0;
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

  /// A full disk that a region's message or chunk met is trouble until there has been none for a
  /// while, or a message is in the log: regions try again all the time.
  void noteFull(DureException e) {
    if (e.code() == ErrorCode.DISK_FULL || e.code() == ErrorCode.STORE_UNREACHABLE) {
      lock.lock();
      try {
        full = e;
        fullAt = System.nanoTime();
      } finally {
        lock.unlock();
      }
    }
  }

  /// Where the study stands for the region, as soon as there is an event after number `after`, or
  /// after `wait`.
  ///
  /// @throws MessageRefused with [Refusal#NO_HELLO] if a region of the study waits for news of a
  ///     process to which it has not said hello
  Standing await(String region, long after, Duration wait) throws InterruptedException {
    long left = wait.toNanos();
    lock.lock();
    try {
      if (after >= 0 && hub.state().member(region).joined) {
        hub.checkGreeted(region);
      }
      while (hub.state().number() <= after && left > 0 && !closed) {
        left = news.awaitNanos(left);
      }
      DureException why = trouble();
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
      unkept = null;
    } catch (DureException e) {
      unkept = e;
    } finally {
      watchTrouble();
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
        trouble = null;
      }
    } catch (DureException e) {
      trouble = e;
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
      trouble = null;
      Optional<Hub.Step> next = closed ? Optional.empty() : hub.due(clock.millis());
      worker = next.isPresent() ? worker : null;
      return next;
    } catch (DureException e) {
      hub.abandon();
      trouble = e;
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

  /// Remembers since when the hub has been in trouble; short breaks do not count.
  private void watchTrouble() {
    DureException why = trouble();
    long now = clock.millis();
    if (why != null) {
      if (why.code() != troubled || now - troubleSeen > TROUBLE_MILLIS) {
        troubleSince = now;
      }
      troubled = why.code();
      troubleSeen = now;
    }
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

  /// Lets an admitted region wait where it asks faster than the hub lets one region.
  ///
  /// @throws MessageRefused with [Refusal#TOO_OFTEN]
  void pace(String region) {
    Duration delay =
        pace.take(region)
            .orElseThrow(
                () ->
                    refused(
                        region,
                        Refusal.TOO_OFTEN,
                        "more than %d requests a second of %s".formatted(Pace.PER_SECOND, region)));
    if (!delay.isZero()) {
      try {
        Thread.sleep(delay);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /// Counts what a region sends before a message of it counts; less than 0 gives back.
  ///
  /// @throws MessageRefused with [Refusal#QUOTA_USED]
  void claim(String region, long bytes) {
    long quota = quota();
    boolean within;
    synchronized (unclaimed) {
      long sum = unclaimed.getOrDefault(region, 0L) + bytes;
      within = sum <= quota || bytes < 0;
      if (within) {
        unclaimed.put(region, sum);
      }
    }
    if (!within) {
      throw refused(
          region,
          Refusal.QUOTA_USED,
          "more than %d bytes since the last message that counted".formatted(quota));
    }
  }

  /// What a region may have here that no message of it counts yet: some deltas with their files,
  // and
  /// before the first round its part of the preparation.
  private long quota() {
    long model = 4 * layout.elements();
    long fragments = (model + fragmentBytes - 1) / fragmentBytes;
    boolean prepares = hub.state().opened().prepares() && commonChunks.isEmpty();
    return DELTAS * (model + fragments * HubChunks.FILE_COST)
        + (prepares ? Inspection.MOST_BYTES : SPARE);
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
      tally.refused(region, isMember(region), refusal, clock.millis());
    } finally {
      lock.unlock();
    }
  }

  /// The list of the study's weights, where that saves a region a question.
  ///
  /// @param has digest of the list that the region has; null if it does not say
  byte[] list(Standing standing, @Nullable String has) {
    if (has == null
        || standing.delivered()
        || standing.phase() == StudyStatus.Phase.WAITING
        || has.equals(standing.weights())
        || !published.contains(standing.weights())
        || published.size(standing.weights()) > MOST_LIST) {
      return new byte[0];
    }
    return published.get(standing.weights());
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

  Tally tally() {
    return tally;
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
      return StatusPicture.of(hub, crossings, tally, pausedBy(), clock.millis());
    } finally {
      lock.unlock();
    }
  }

  private StudyStatus.@Nullable Trouble pausedBy() {
    watchTrouble();
    DureException why = trouble();
    return why == null
        ? null
        : new StudyStatus.Trouble(
            why.code().name(), String.valueOf(why.getMessage()), troubleSince);
  }

  /// Why the study pauses, e.g. a full disk; null if it does not.
  @Nullable DureException trouble() {
    lock.lock();
    try {
      boolean still = full != null && System.nanoTime() - fullAt < FULL.toNanos();
      DureException other = still ? full : unkept;
      return trouble == null ? other : trouble;
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
