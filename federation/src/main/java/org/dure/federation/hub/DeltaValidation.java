package org.dure.federation.hub;

import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.TensorLayout;
import org.dure.core.runtime.LeastRecentlyUsed;
import org.dure.federation.protocol.CommonPreparation;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.FragmentReader;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.StoredPart;

/// Looks through what regions have sent before it counts: each chunk once, when it arrives or when
/// it is first asked about, in a small buffer. What was found is remembered in bounded memory; what
/// has been forgotten is looked at again. Thread-safe.
public final class DeltaValidation {
  /// Chunks that are remembered, about 200 bytes each: more than the longest list names.
  private static final int MOST_CHUNKS = 1 << 14;

  private static final int MOST_LISTS = 1 << 8;
  private static final int PIECE = 1 << 14;

  /// What a chunk is as 32-bit floats.
  ///
  /// @param squares sum over the values before `bad`
  /// @param bad index of the first value that is not finite, or -1
  private record Seen(long length, double squares, int bad, float badValue) {}

  private final LeastRecentlyUsed<String, Seen> chunks = new LeastRecentlyUsed<>(MOST_CHUNKS);

  /// Norm of a delta by region and list.
  private final LeastRecentlyUsed<String, Double> deltas = new LeastRecentlyUsed<>(MOST_LISTS);

  /// What is wrong with parts of the common preparation, by region and list; empty for nothing.
  private final LeastRecentlyUsed<String, String> parts = new LeastRecentlyUsed<>(MOST_LISTS);

  /// How often something was forgotten: what is being looked at meanwhile is not remembered.
  private long forgotten;

  /// Looks at a chunk that has just arrived, so that nobody need wait for it later.
  public void arrived(String digest, ArtifactStore received) {
    Seen unused = examine(digest, received);
  }

  /// Norm of the delta that the list `digest` of `region` names.
  ///
  /// @throws MessageRefused if anything is missing, of the wrong size or shape, or not finite
  public double ofDelta(
      String region,
      String digest,
      TensorLayout layout,
      int fragmentBytes,
      ArtifactStore received) {
    long before;
    synchronized (this) {
      Double known = deltas.get(region + "/" + digest);
      if (known != null) {
        return known;
      }
      before = forgotten;
    }
    FragmentList list = list(digest, received);
    demand(
        list.encoding().equals(FragmentList.FP32),
        RejectReason.WRONG_ENCODING,
        "a delta encoded as %s: expected %s".formatted(list.encoding(), FragmentList.FP32));
    demand(
        list.layout().equals(layout.digest()),
        RejectReason.WRONG_LAYOUT,
        "a delta of the layout %s: the study's is %s".formatted(list.layout(), layout.digest()));
    demand(
        list.bytes() == 4 * layout.elements() && list.fragmentBytes() == fragmentBytes,
        RejectReason.WRONG_LENGTH,
        "a delta of %d bytes in fragments of %d: expected %d in fragments of %d"
            .formatted(list.bytes(), list.fragmentBytes(), 4 * layout.elements(), fragmentBytes));
    double squares = 0;
    for (int i = 0; i < list.fragments().size(); i++) {
      squares += squares(list, i, received);
    }
    double norm = Math.sqrt(squares);
    synchronized (this) {
      if (before == forgotten) {
        deltas.put(region + "/" + digest, norm);
      }
    }
    return norm;
  }

  /// Chunks of the region may be gone: its deltas are looked for again.
  public synchronized void forget(String region) {
    forgotten++;
    deltas.removeIf(key -> key.startsWith(region + "/"));
    parts.removeIf(key -> key.startsWith(region + "/"));
  }

  /// Looks through a part of the common preparation.
  ///
  /// @param most bytes that it may have
  /// @throws MessageRefused if anything is missing, or the preparation cannot work with it
  public void ofPart(
      String region,
      String digest,
      long most,
      CommonPreparation preparation,
      ArtifactStore received) {
    long before;
    synchronized (this) {
      String known = parts.get(region + "/" + digest);
      if (known != null) {
        demand(known.isEmpty(), RejectReason.MALFORMED, known);
        return;
      }
      before = forgotten;
    }
    FragmentList list = list(digest, received);
    demand(
        list.encoding().equals(FragmentList.BYTES),
        RejectReason.WRONG_ENCODING,
        "a part encoded as %s: expected %s".formatted(list.encoding(), FragmentList.BYTES));
    demand(
        list.bytes() <= most,
        RejectReason.TOO_LARGE,
        "the part of %s has %d bytes: expected at most %d".formatted(region, list.bytes(), most));
    for (int i = 0; i < list.fragments().size(); i++) {
      String fragment = list.fragments().get(i);
      demandThere(fragment, received);
      demandLength(list, i, received.size(fragment));
      demand(
          FragmentReader.isSoundChunk(received, fragment),
          RejectReason.CHUNK_MISSING,
          "chunk %s was spoilt on the hub's disk".formatted(fragment));
    }
    String wrong = "";
    try {
      preparation.check(new StoredPart(list, received));
    } catch (RuntimeException e) {
      wrong = "the part of %s: %s".formatted(region, PreparationWork.fault(e).orElseThrow(() -> e));
    }
    synchronized (this) {
      if (before == forgotten) {
        parts.put(region + "/" + digest, wrong);
      }
    }
    demand(wrong.isEmpty(), RejectReason.MALFORMED, wrong);
  }

  private static FragmentList list(String digest, ArtifactStore received) {
    byte[] json = chunk(digest, received);
    try {
      return FragmentList.parse(json);
    } catch (DureException e) {
      throw new MessageRejected(RejectReason.MALFORMED, digest + ": " + e.getMessage());
    }
  }

  private static byte[] chunk(String digest, ArtifactStore received) {
    demandThere(digest, received);
    try {
      return received.get(digest);
    } catch (DureException e) {
      throw forgotten(digest, received, e);
    }
  }

  private double squares(FragmentList list, int index, ArtifactStore received) {
    Seen seen = examine(list.fragments().get(index), received);
    demandLength(list, index, seen.length);
    if (seen.bad >= 0) {
      throw new MessageRejected(
          RejectReason.NOT_FINITE,
          "value %d of fragment %d is %s".formatted(seen.bad, index, seen.badValue));
    }
    return seen.squares;
  }

  private Seen examine(String digest, ArtifactStore received) {
    demandThere(digest, received);
    synchronized (this) {
      Seen seen = chunks.get(digest);
      if (seen != null) {
        return seen;
      }
    }
    Seen seen;
    try {
      seen = read(digest, received);
    } catch (DureException e) {
      throw forgotten(digest, received, e);
    }
    synchronized (this) {
      chunks.put(digest, seen);
    }
    return seen;
  }

  private static Seen read(String digest, ArtifactStore received) {
    long length = received.size(digest);
    float[] values = new float[PIECE];
    double squares = 0;
    try (FragmentReader reader = new FragmentReader(received, digest)) {
      for (long from = 0; from < length / 4; from += PIECE) {
        int count = (int) Math.min(PIECE, length / 4 - from);
        reader.read(values, count);
        for (int i = 0; i < count; i++) {
          if (!Float.isFinite(values[i])) {
            reader.finish();
            return new Seen(length, squares, (int) (from + i), values[i]);
          }
          squares += (double) values[i] * values[i];
        }
      }
      reader.finish();
    }
    return new Seen(length, squares, -1, 0);
  }

  /// What the disk has spoilt the region still has: it is asked for it again.
  private static RuntimeException forgotten(
      String digest, ArtifactStore received, DureException e) {
    if (e.code() == ErrorCode.INPUT_MISSING) {
      return new MessageRejected(RejectReason.CHUNK_MISSING, "chunk %s is gone".formatted(digest));
    }
    if (e.code() != ErrorCode.ARTIFACT_CORRUPT) {
      return e;
    }
    received.remove(digest);
    return new MessageRejected(
        RejectReason.CHUNK_MISSING, "chunk %s was spoilt on the hub's disk".formatted(digest));
  }

  private static void demandThere(String digest, ArtifactStore received) {
    demand(received.contains(digest), RejectReason.CHUNK_MISSING, "there is no chunk " + digest);
  }

  private static void demandLength(FragmentList list, int index, long length) {
    demand(
        length == list.length(index),
        RejectReason.WRONG_LENGTH,
        "fragment %d has %d bytes: expected %d".formatted(index, length, list.length(index)));
  }

  private static void demand(boolean held, RejectReason refusal, String message) {
    if (!held) {
      throw new MessageRejected(refusal, message);
    }
  }
}
