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

  private static final class Claim {
    private long cost;
    private int open;
    private boolean whole;
    private boolean wanted;
  }

  private final FolderArtifactStore store;
  private final PartialChunks arrivals;
  private final Map<String, Claim> claims = new LinkedHashMap<>();
  private long cost;

  /// @param store of the region's whole chunks
  /// @param arrivals of the others
  UploadQuota(FolderArtifactStore store, PartialChunks arrivals) {
    this.store = store;
    this.arrivals = arrivals;
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
    Claim claim = claims.get(digest);
    long before = claim == null ? 0 : claim.cost;
    long files = claims.size() + (claim == null ? 1 : 0);
    if (cost - before + bytes + FILE_COST > quota.bytes || files > quota.files) {
      return Answer.FULL;
    }
    if (claim == null) {
      claim = new Claim();
      claims.put(digest, claim);
    }
    claim.open++;
    claim.wanted = true;
    charge(claim, bytes + FILE_COST);
    return Answer.BEGUN;
  }

  private void charge(Claim claim, long now) {
    cost += now - claim.cost;
    claim.cost = now;
  }

  /// What [#begin] began is over: the chunk is whole, or what came of it stays.
  synchronized void end(String digest) {
    Claim claim = claims.get(digest);
    if (claim == null) {
      return;
    }
    claim.open--;
    claim.whole = store.contains(digest);
    if (!claim.whole && claim.open == 0) {
      charge(claim, arrivals.bytes(digest) + FILE_COST);
    }
  }

  /// What the region is about to send, and the rest of what it has sent gives way to.
  synchronized void announce(String list, Set<String> fragments) {
    claims.forEach(
        (digest, claim) -> claim.wanted = digest.equals(list) || fragments.contains(digest));
  }

  /// As [#begin], after what has to give way for it has been deleted, oldest first; no message of
  /// the region may be counted meanwhile.
  synchronized Answer beginInstead(String digest, long bytes, Quota quota) {
    Iterator<Map.Entry<String, Claim>> oldest = claims.entrySet().iterator();
    while (oldest.hasNext()
        && (cost + bytes + FILE_COST > quota.bytes || claims.size() >= quota.files)) {
      Map.Entry<String, Claim> entry = oldest.next();
      Claim claim = entry.getValue();
      if (!claim.wanted && claim.open == 0) {
        store.remove(entry.getKey());
        arrivals.forget(entry.getKey());
        charge(claim, 0);
        oldest.remove();
      }
    }
    return begin(digest, bytes, quota);
  }

  /// A message counts everything that is named; of what is not whole nothing is kept.
  synchronized void counted(Set<String> named) {
    arrivals.forget();
    claims
        .entrySet()
        .removeIf(
            entry -> {
              Claim claim = entry.getValue();
              boolean over = named.contains(entry.getKey()) || (!claim.whole && claim.open == 0);
              if (over) {
                charge(claim, 0);
              }
              return over;
            });
  }

  synchronized boolean isEmpty() {
    return claims.isEmpty();
  }

  /// Claims nothing any more; what is here stays.
  synchronized void forget() {
    claims.clear();
    cost = 0;
    arrivals.forget();
  }
}
