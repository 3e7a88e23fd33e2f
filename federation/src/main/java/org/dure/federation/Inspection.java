package org.dure.federation;

import java.nio.FloatBuffer;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.TensorLayout;

/// Looks through what a region has sent before it counts. One fragment is in memory at a time.
final class Inspection {
  /// The largest part of a common preparation.
  static final long MOST_BYTES = 256 << 20;

  private Inspection() {}

  /// Norm of the delta that the list `digest` names.
  ///
  /// @throws MessageRefused if anything is missing, of the wrong size or shape, or not finite
  static double ofDelta(
      String digest, TensorLayout layout, int fragmentBytes, ArtifactStore received) {
    FragmentList list = list(digest, received);
    demand(
        list.encoding().equals(FragmentList.FP32),
        Refusal.WRONG_ENCODING,
        "a delta encoded as %s: expected %s".formatted(list.encoding(), FragmentList.FP32));
    demand(
        list.layout().equals(layout.digest()),
        Refusal.WRONG_LAYOUT,
        "a delta of the layout %s: the study's is %s".formatted(list.layout(), layout.digest()));
    demand(
        list.bytes() == 4 * layout.elements() && list.fragmentBytes() == fragmentBytes,
        Refusal.WRONG_LENGTH,
        "a delta of %d bytes in fragments of %d: expected %d in fragments of %d"
            .formatted(list.bytes(), list.fragmentBytes(), 4 * layout.elements(), fragmentBytes));
    double squares = 0;
    for (int i = 0; i < list.fragments().size(); i++) {
      squares += squares(fragment(list, i, received), i);
    }
    return Math.sqrt(squares);
  }

  /// Whether everything that the list `digest` names is here.
  ///
  /// @throws MessageRefused if not
  static void ofBytes(String digest, ArtifactStore received) {
    FragmentList list = list(digest, received);
    demand(
        list.encoding().equals(FragmentList.BYTES),
        Refusal.WRONG_ENCODING,
        "a part encoded as %s: expected %s".formatted(list.encoding(), FragmentList.BYTES));
    demand(
        list.bytes() <= MOST_BYTES,
        Refusal.TOO_LARGE,
        "a part of %d bytes: expected at most %d".formatted(list.bytes(), MOST_BYTES));
    for (int i = 0; i < list.fragments().size(); i++) {
      fragment(list, i, received);
    }
  }

  private static FragmentList list(String digest, ArtifactStore received) {
    byte[] json = chunk(digest, received);
    try {
      return FragmentList.parse(json);
    } catch (DureException e) {
      throw new MessageRefused(Refusal.MALFORMED, digest + ": " + e.getMessage());
    }
  }

  private static byte[] fragment(FragmentList list, int index, ArtifactStore received) {
    byte[] bytes = chunk(list.fragments().get(index), received);
    demand(
        bytes.length == list.length(index),
        Refusal.WRONG_LENGTH,
        "fragment %d has %d bytes: expected %d".formatted(index, bytes.length, list.length(index)));
    return bytes;
  }

  private static byte[] chunk(String digest, ArtifactStore received) {
    demand(received.contains(digest), Refusal.CHUNK_MISSING, "there is no chunk " + digest);
    return received.get(digest);
  }

  private static double squares(byte[] fragment, int index) {
    FloatBuffer values = Fragments.floats(fragment);
    double squares = 0;
    for (int i = 0; i < values.capacity(); i++) {
      double value = values.get(i);
      if (!Double.isFinite(value)) {
        throw new MessageRefused(
            Refusal.NOT_FINITE, "value %d of fragment %d is %s".formatted(i, index, value));
      }
      squares += value * value;
    }
    return squares;
  }

  private static void demand(boolean held, Refusal refusal, String message) {
    if (!held) {
      throw new MessageRefused(refusal, message);
    }
  }
}
