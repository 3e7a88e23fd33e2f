package org.dure.federation.server;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.dure.core.FolderArtifactStore;
import org.dure.federation.wire.PartialChunks;

/// What one region has sent to this process that no message of it counts: chunk by chunk, oldest
/// first, within a [Quota].
///
/// A delta that was left out, because the study had moved on before it was here, is never counted.
/// So what the newest list of the region does not name gives way to what comes: a region that is
/// late over and over always has room for its next delta, and one that means harm has no more room
/// than that. Thread-safe.
final class UploadQuota {
  /// What a file costs beside its bytes.
  static final long FILE_COST = 4 << 10;

  /// How much a region may have here that no message of it counts.
  record Quota(long bytes, long files) {}

  /// What becomes of a chunk that is about to come.
  enum Answer {
    /// It has a place until [#end].
    BEGUN,
    /// It is here as a whole.
    HELD,
    /// There is no room for it.
    FULL
  }

  private static final class Reservation {
    private long cost;
    private int open;
    private boolean whole;
    private boolean wanted;
  }

  private final FolderArtifactStore store;
  private final PartialChunks partialChunks;
  private final Map<String, Reservation> reservations = new LinkedHashMap<>();
  private long cost;

  /// @param store of the region's whole chunks
  /// @param partialChunks of the others
  UploadQuota(FolderArtifactStore store, PartialChunks partialChunks) {
    this.store = store;
    this.partialChunks = partialChunks;
  }

  /// Finds a place for a chunk.
  ///
  /// @param bytes length of the whole chunk
  synchronized Answer begin(String digest, long bytes, Quota quota) {
    // A message that counts this chunk finds it whole: so either it is whole now, or such a message
    // comes after the claim and ends it.
    if (store.contains(digest)) {
      return Answer.HELD;
    }
    Reservation reservation = reservations.get(digest);
    long before = reservation == null ? 0 : reservation.cost;
    long files = reservations.size() + (reservation == null ? 1 : 0);
    if (cost - before + bytes + FILE_COST > quota.bytes || files > quota.files) {
      return Answer.FULL;
    }
    if (reservation == null) {
      reservation = new Reservation();
      reservations.put(digest, reservation);
    }
    reservation.open++;
    reservation.wanted = true;
    charge(reservation, bytes + FILE_COST);
    return Answer.BEGUN;
  }

  private void charge(Reservation reservation, long now) {
    cost += now - reservation.cost;
    reservation.cost = now;
  }

  /// What [#begin] began is over: the chunk is whole, or what came of it stays.
  synchronized void end(String digest) {
    Reservation reservation = reservations.get(digest);
    if (reservation == null) {
      return;
    }
    reservation.open--;
    reservation.whole = store.contains(digest);
    if (!reservation.whole && reservation.open == 0) {
      charge(reservation, partialChunks.bytes(digest) + FILE_COST);
    }
  }

  /// What the region is about to send, and the rest of what it has sent gives way to.
  synchronized void announce(String list, Set<String> fragments) {
    reservations.forEach(
        (digest, reservation) ->
            reservation.wanted = digest.equals(list) || fragments.contains(digest));
  }

  /// As [#begin], after what has to give way for it has been deleted, oldest first; no message of
  /// the region may be counted meanwhile.
  synchronized Answer beginInstead(String digest, long bytes, Quota quota) {
    Iterator<Map.Entry<String, Reservation>> oldest = reservations.entrySet().iterator();
    while (oldest.hasNext()
        && (cost + bytes + FILE_COST > quota.bytes || reservations.size() >= quota.files)) {
      Map.Entry<String, Reservation> entry = oldest.next();
      Reservation reservation = entry.getValue();
      if (!reservation.wanted && reservation.open == 0) {
        store.remove(entry.getKey());
        partialChunks.forget(entry.getKey());
        charge(reservation, 0);
        oldest.remove();
      }
    }
    return begin(digest, bytes, quota);
  }

  /// A message counts everything that is named; of what is not whole nothing is kept.
  synchronized void counted(Set<String> named) {
    partialChunks.forget();
    reservations
        .entrySet()
        .removeIf(
            entry -> {
              Reservation reservation = entry.getValue();
              boolean over =
                  named.contains(entry.getKey()) || (!reservation.whole && reservation.open == 0);
              if (over) {
                charge(reservation, 0);
              }
              return over;
            });
  }

  synchronized boolean isEmpty() {
    return reservations.isEmpty();
  }

  /// Claims nothing any more; what is here stays.
  synchronized void forget() {
    reservations.clear();
    cost = 0;
    partialChunks.forget();
  }
}
