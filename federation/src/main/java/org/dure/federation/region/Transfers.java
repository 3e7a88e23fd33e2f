package org.dure.federation.region;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.dure.core.Workload;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.client.HubLink;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.MissingFragments;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.SecretView;
import org.dure.federation.protocol.UploadKind;
import org.dure.federation.wire.PartialChunks;

/// Moves fragments between a region and its hub, several at once, and only those that the other
/// side does not have.
public final class Transfers {
  /// Something to do for one fragment.
  @FunctionalInterface
  interface Task {
    void run(int index) throws IOException, InterruptedException;
  }

  /// Where fragments come from.
  @FunctionalInterface
  interface Source {
    byte[] fragment(int index);
  }

  private static final long LOOK_MILLIS = 200;

  private final HubLink link;
  private final ArtifactStore cache;
  private final PartialChunks partialChunks;
  private final int fragmentBytes;
  private final Set<String> made = ConcurrentHashMap.newKeySet();

  /// @param partialChunks of the cache
  public Transfers(
      HubLink link, ArtifactStore cache, PartialChunks partialChunks, int fragmentBytes) {
    this.link = link;
    this.cache = cache;
    this.partialChunks = partialChunks;
    this.fragmentBytes = fragmentBytes;
  }

  /// This process has just made what the list names, so the hub can have nothing of it: its
  /// sending need not wait for the hub's word.
  void made(FragmentList list) {
    made.add(list.digest());
  }

  /// Where the open round of a secret sum stands.
  SecretView secretRound() throws IOException, InterruptedException {
    return link.secretRound();
  }

  /// What may be fetched from a hub.
  ///
  /// @param digest of the list
  /// @param least bytes that all its fragments may have together
  /// @param most bytes that they may
  /// @param keep digests of lists that stay in the cache beside it
  record Wanted(String digest, long least, long most, List<String> keep) {}

  /// Brings a list and everything it names into the cache, after what is neither it nor to be kept
  /// has gone from there: whatever a hub hands out, the cache never holds more than the study
  /// needs.
  ///
  /// @throws DureException with [ErrorCode#PEER_MISBEHAVED] if the hub hands out something else
  FragmentList fetch(Wanted wanted, Workload.Activity activity)
      throws IOException, InterruptedException {
    if (partialChunks.begun().values().stream().mapToLong(Long::longValue).sum() > wanted.most) {
      forgetAllBut(wanted);
    }
    FragmentList list = parse(chunk(wanted.digest, FragmentList.MOST_BYTES));
    if (list.bytes() < wanted.least || list.bytes() > wanted.most) {
      cache.remove(wanted.digest);
      throw new DureException(
          ErrorCode.PEER_MISBEHAVED,
          "the hub gave out %d bytes as %s: expected %s"
              .formatted(
                  list.bytes(),
                  wanted.digest,
                  wanted.least == wanted.most ? wanted.most : "at most " + wanted.most));
    }
    forgetAllBut(wanted);
    SortedMap<String, Integer> lengths = new TreeMap<>();
    for (int i = 0; i < list.fragments().size(); i++) {
      lengths.merge(list.fragments().get(i), list.length(i), Math::min);
    }
    List<String> chunks = List.copyOf(new LinkedHashSet<>(list.fragments()));
    AtomicInteger done = new AtomicInteger();
    each(
        chunks.size(),
        index -> {
          String chunk = chunks.get(index);
          ensure(chunk, lengths.getOrDefault(chunk, 0));
          activity.report(ActivityKind.RECEIVING, done.incrementAndGet(), chunks.size());
        });
    forgetAllBut(wanted);
    return list;
  }

  /// Forgets every chunk, whole or begun, that is neither wanted nor to be kept.
  private void forgetAllBut(Wanted wanted) {
    Set<String> kept = new HashSet<>(wanted.keep);
    kept.add(wanted.digest);
    for (String list : List.copyOf(kept)) {
      if (cache.contains(list)) {
        try {
          kept.addAll(FragmentList.parse(cache.get(list)).fragments());
        } catch (DureException e) {
          // Spoilt: it comes again, and what it names with it.
          cache.remove(list);
        }
      }
    }
    cache.list().stream().filter(digest -> !kept.contains(digest)).forEach(cache::remove);
    partialChunks.forgetAllBut(kept);
  }

  private FragmentList parse(byte[] json) {
    try {
      FragmentList list = FragmentList.parse(json);
      if (list.fragmentBytes() == fragmentBytes) {
        return list;
      }
      throw new DureException(
          ErrorCode.PEER_MISBEHAVED,
          "the hub cuts fragments of %d bytes: the study's are %d"
              .formatted(list.fragmentBytes(), fragmentBytes));
    } catch (DureException e) {
      throw new DureException(ErrorCode.PEER_MISBEHAVED, "the hub gave out " + e.getMessage(), e);
    }
  }

  private byte[] chunk(String digest, int most) throws IOException, InterruptedException {
    ensure(digest, most);
    return cache.get(digest);
  }

  /// A cache whose disk has lost bits is no loss: the chunk comes again.
  private void ensure(String digest, int most) throws IOException, InterruptedException {
    if (cache.contains(digest)) {
      try {
        byte[] unused = cache.get(digest);
        return;
      } catch (DureException e) {
        if (e.code() != ErrorCode.ARTIFACT_CORRUPT) {
          throw e;
        }
        cache.remove(digest);
      }
    }
    land(digest, most);
  }

  private void land(String digest, int most) throws IOException, InterruptedException {
    try (PartialChunks.Arrival arrival = partialChunks.open(digest, partialChunks.bytes(digest))) {
      if (arrival.begun() == 0 || !arrival.isWhole()) {
        link.get(digest, most, arrival);
      }
      arrival.finish();
    } catch (DureException e) {
      if (e.code() == ErrorCode.ARTIFACT_CORRUPT) {
        throw new IOException("chunk %s arrived damaged".formatted(digest), e);
      }
      throw e;
    }
  }

  /// Sends what the hub does not have of `list`, and the list itself.
  void send(FragmentList list, UploadKind kind, Source source, Workload.Activity activity)
      throws IOException, InterruptedException {
    int total = list.fragments().size();
    byte[] table = list.encode();
    AtomicReference<SortedMap<Integer, Long>> missing =
        new AtomicReference<>(MissingFragments.everything(total).fragments(total));
    boolean waits = !made.remove(list.digest()) || link.atOnce() == 1;
    if (waits) {
      missing.set(link.offer(table, kind).fragments(total));
    }
    List<Integer> first = firstOfEach(list);
    AtomicInteger done = new AtomicInteger(total - first.size());
    int offers = waits ? 0 : 1;
    each(
        first.size() + offers,
        number -> {
          if (number < offers) {
            missing.set(link.offer(table, kind).fragments(total));
            return;
          }
          int index = first.get(number - offers);
          Long begun = missing.get().get(index);
          if (begun != null) {
            put(list, kind, source, index, begun);
          }
          activity.report(ActivityKind.SENDING, done.incrementAndGet(), total);
        });
  }

  /// Where each chunk of the list stands first: equal fragments are one chunk.
  private static List<Integer> firstOfEach(FragmentList list) {
    List<Integer> first = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < list.fragments().size(); i++) {
      if (seen.add(list.fragments().get(i))) {
        first.add(i);
      }
    }
    return first;
  }

  /// The hub checks every chunk anyway, so the region's own are only looked at if it complains.
  private void put(FragmentList list, UploadKind kind, Source source, int index, long from)
      throws IOException, InterruptedException {
    String digest = list.fragments().get(index);
    byte[] fragment = source.fragment(index);
    try {
      link.put(digest, kind, fragment, from);
    } catch (MessageRejected e) {
      if (e.refusal() == RejectReason.CHUNK_CORRUPT && !Sha256.of(fragment).equals(digest)) {
        throw new DureException(
            ErrorCode.ARTIFACT_CORRUPT,
            "fragment %d of the region's own delta has changed on its disk".formatted(index),
            e);
      }
      throw e;
    }
  }

  private void each(int count, Task task) throws IOException, InterruptedException {
    int granted = link.atOnce();
    if (granted == 1 || count <= 1) {
      for (int index = 0; index < count; index++) {
        task.run(index);
      }
      return;
    }
    Semaphore slots = new Semaphore(granted);
    AtomicBoolean failed = new AtomicBoolean();
    List<Future<?>> running = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      try {
        for (int index = 0; index < count && !failed.get(); index++) {
          while (!slots.tryAcquire(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
            int more = link.atOnce() - granted;
            granted += Math.max(0, more);
            slots.release(Math.max(0, more));
          }
          int mine = index;
          running.add(
              threads.submit(
                  () -> {
                    boolean whole = false;
                    try {
                      task.run(mine);
                      whole = true;
                    } finally {
                      failed.compareAndSet(false, !whole);
                      slots.release();
                    }
                    return null;
                  }));
        }
        for (Future<?> future : running) {
          join(future);
        }
      } catch (IOException | InterruptedException | RuntimeException | Error e) {
        threads.shutdownNow();
        throw e;
      }
    }
  }

  private static void join(Future<?> future) throws IOException, InterruptedException {
    try {
      future.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException io -> throw io;
        case InterruptedException interrupted -> throw interrupted;
        case RuntimeException runtime -> throw runtime;
        case Error error -> throw error;
        case null, default -> throw new DureException(ErrorCode.INTERNAL, "a transfer failed", e);
      }
    }
  }
}
