package org.dure.federation;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.dure.core.Workload;

/// Moves fragments between a region and its hub, several at once, and only those that the other
/// side does not have.
final class Transfers {
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

  private final HubLink link;
  private final ArtifactStore cache;
  private final int fragmentBytes;
  private final int atOnce;

  /// @param atOnce how many connections; 1 does everything on the caller's thread
  Transfers(HubLink link, ArtifactStore cache, int fragmentBytes, int atOnce) {
    this.link = link;
    this.cache = cache;
    this.fragmentBytes = fragmentBytes;
    this.atOnce = atOnce;
  }

  /// Brings the list `digest` and everything it names into the cache.
  FragmentList fetch(String digest, Workload.Activity activity)
      throws IOException, InterruptedException {
    FragmentList list = parse(chunk(digest, FragmentList.MOST_BYTES));
    int total = list.fragments().size();
    AtomicInteger done = new AtomicInteger();
    each(
        total,
        index -> {
          chunk(list.fragments().get(index), fragmentBytes);
          activity.report("receiving", done.incrementAndGet(), total);
        });
    return list;
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
    if (cache.contains(digest)) {
      byte[] cached = cached(digest);
      if (cached.length > 0) {
        return cached;
      }
    }
    byte[] bytes = link.get(digest, most);
    cache.put(bytes);
    return bytes;
  }

  /// A cache whose disk has lost bits is no loss: the chunk comes again.
  private byte[] cached(String digest) {
    try {
      return cache.get(digest);
    } catch (DureException e) {
      if (e.code() != ErrorCode.ARTIFACT_CORRUPT) {
        throw e;
      }
      cache.remove(digest);
      return new byte[0];
    }
  }

  /// Forgets every cached chunk that is not in one of `lists`.
  void forgetAllBut(Collection<String> lists) {
    Set<String> kept = new HashSet<>(lists);
    for (String list : lists) {
      if (cache.contains(list)) {
        kept.addAll(FragmentList.parse(cache.get(list)).fragments());
      }
    }
    cache.list().stream().filter(digest -> !kept.contains(digest)).forEach(cache::remove);
  }

  /// Sends what the hub does not have of `list`, then the list itself.
  void send(FragmentList list, String kind, Source source, Workload.Activity activity)
      throws IOException, InterruptedException {
    int total = list.fragments().size();
    AtomicInteger done = new AtomicInteger();
    each(
        total,
        index -> {
          String digest = list.fragments().get(index);
          if (!link.holds(digest)) {
            byte[] fragment = source.fragment(index);
            if (!Sha256.of(fragment).equals(digest)) {
              throw new DureException(
                  ErrorCode.ARTIFACT_CORRUPT,
                  "fragment %d of the region's own delta has changed on its disk".formatted(index));
            }
            link.put(digest, kind, fragment);
          }
          activity.report("sending", done.incrementAndGet(), total);
        });
    if (!link.holds(list.digest())) {
      link.put(list.digest(), kind, list.encode());
    }
  }

  private void each(int count, Task task) throws IOException, InterruptedException {
    if (atOnce == 1 || count <= 1) {
      for (int index = 0; index < count; index++) {
        task.run(index);
      }
      return;
    }
    Semaphore slots = new Semaphore(atOnce);
    List<Future<?>> running = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      try {
        for (int index = 0; index < count; index++) {
          slots.acquire();
          int mine = index;
          running.add(
              threads.submit(
                  () -> {
                    try {
                      task.run(mine);
                    } finally {
                      slots.release();
                    }
                    return null;
                  }));
        }
        for (Future<?> future : running) {
          join(future);
        }
      } catch (IOException | InterruptedException | RuntimeException e) {
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
        case null, default -> throw new DureException(ErrorCode.INTERNAL, "a transfer failed", e);
      }
    }
  }
}
