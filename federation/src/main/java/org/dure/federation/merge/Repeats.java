package org.dure.federation.merge;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.dure.core.ArtifactStore;
import org.dure.core.Sha256;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.FragmentReader;

/// Whether a region has sent one of its earlier deltas once more, scaled or with a little noise.
///
/// One fragment of each of its last deltas is compared, which one nobody can know before the round
/// is full; only one that is alike there is compared as a whole. So the cost does not grow with the
/// model.
public final class Repeats {
  /// Deltas that are looked back at.
  public static final int MOST = 64;

  /// What is read of them at most, bytes, unless they are very large fragments.
  private static final long MOST_BYTES = 16 << 20;

  private static final int LEAST = 4;
  private static final int PIECE = 1 << 14;

  private final double bound;
  private final int fragment;

  /// @param bound cosine from which on a delta is a repetition
  /// @param drawn digest that decides which fragment is compared
  public Repeats(double bound, String drawn, int fragments) {
    this.bound = bound;
    byte[] digest =
        Sha256.digest().digest(("dure repeats\n" + drawn).getBytes(StandardCharsets.UTF_8));
    this.fragment = Math.floorMod(ByteBuffer.wrap(digest).getInt(), fragments);
  }

  /// The largest cosine with an earlier delta, without its sign: of one that is alike, over the
  /// whole; else over the sample. 0 if there is none to compare with.
  ///
  /// @param earlier digests of the lists of the region's earlier deltas, the newest first; those
  ///     that are no longer in the store are passed over
  public double largest(
      String digest, FragmentList delta, List<String> earlier, ArtifactStore store) {
    if (bound > 1) {
      return 0;
    }
    if (earlier.contains(digest)) {
      return 1;
    }
    double largest = 0;
    int most = (int) Math.clamp(MOST_BYTES / delta.fragmentBytes(), LEAST, MOST);
    for (String name : earlier.subList(0, Math.min(most, earlier.size()))) {
      if (store.contains(name)) {
        FragmentList other = FragmentList.parse(store.get(name));
        double cosine = Math.abs(cosine(delta, other, fragment, fragment + 1, store));
        if (cosine >= bound) {
          cosine = Math.abs(cosine(delta, other, 0, delta.fragments().size(), store));
        }
        largest = Math.max(largest, cosine);
      }
    }
    return Math.min(1, largest);
  }

  private static double cosine(
      FragmentList one, FragmentList other, int from, int to, ArtifactStore store) {
    double[] sums = new double[3];
    float[] a = new float[PIECE];
    float[] b = new float[PIECE];
    for (int index = from; index < to; index++) {
      String first = one.fragments().get(index);
      String second = other.fragments().get(index);
      if (!store.contains(second)) {
        return 0;
      }
      try (FragmentReader left = new FragmentReader(store, first);
          FragmentReader right = new FragmentReader(store, second)) {
        int count = one.length(index) / 4;
        for (int done = 0; done < count; done += PIECE) {
          int values = Math.min(PIECE, count - done);
          left.read(a, values);
          right.read(b, values);
          add(sums, a, b, values);
        }
        left.finish();
        right.finish();
      }
    }
    double lengths = Math.sqrt(sums[1]) * Math.sqrt(sums[2]);
    return lengths == 0 ? 0 : sums[0] / lengths;
  }

  private static void add(double[] sums, float[] a, float[] b, int count) {
    for (int i = 0; i < count; i++) {
      sums[0] += (double) a[i] * b[i];
      sums[1] += (double) a[i] * a[i];
      sums[2] += (double) b[i] * b[i];
    }
  }
}
