package org.dure.federation.merge;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.FragmentReader;

/// Whether a region has sent one of its earlier deltas once more, scaled or with a little noise.
///
/// The strongest stretch of one fragment is compared with the same of each of its last deltas, and
/// which fragment nobody can know before the round is full; only a delta that is alike there is
/// compared as a whole. So the cost does not grow with the model.
public final class Repeats {
  /// Deltas that are looked back at.
  public static final int MOST = 64;

  /// Values of a stretch: of deltas that have nothing to do with each other, its cosine is about a
  /// hundredth.
  private static final int PIECE = 1 << 14;

  private final double bound;
  private final int fragment;

  /// What is compared of a delta.
  ///
  /// @param from of its values the first, within the fragment
  private record Sample(int from, float[] values) {}

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
    if (bound > 1 || earlier.isEmpty()) {
      return 0;
    }
    if (earlier.contains(digest)) {
      return 1;
    }
    Sample sample = sample(delta, store);
    double largest = 0;
    for (String name : earlier.subList(0, Math.min(MOST, earlier.size()))) {
      if (store.contains(name)) {
        FragmentList other = FragmentList.parse(store.get(name));
        double cosine = Math.abs(cosine(sample, other, store));
        if (!(cosine < bound)) {
          cosine = Math.abs(cosine(delta, other, store));
        }
        largest = Math.max(largest, cosine);
      }
    }
    return Math.min(1, largest);
  }

  /// The stretch of the fragment in which most happened.
  private Sample sample(FragmentList delta, ArtifactStore store) {
    int count = delta.length(fragment) / Float.BYTES;
    Sample strongest = new Sample(0, new float[0]);
    double most = 0;
    try (FragmentReader reader = new FragmentReader(store, delta.fragments().get(fragment))) {
      for (int from = 0; from < count; from += PIECE) {
        float[] values = new float[Math.min(PIECE, count - from)];
        reader.read(values, values.length);
        double squares = squares(values);
        if (squares > most) {
          most = squares;
          strongest = new Sample(from, values);
        }
      }
      reader.finish();
    }
    return strongest;
  }

  private static double squares(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += (double) value * value;
    }
    return sum;
  }

  /// Over the sample; not a number where the other lacks it. Its bytes are taken as they lie there:
  /// what is alike or spoilt is read again as a whole, and against its digests.
  private double cosine(Sample sample, FragmentList other, ArtifactStore store) {
    String name = other.fragments().get(fragment);
    if (!store.contains(name)) {
      return 0;
    }
    float[] values = new float[sample.values.length];
    try (InputStream in = store.open(name)) {
      long skipped = in.skip((long) Float.BYTES * sample.from);
      byte[] bytes = in.readNBytes(Float.BYTES * values.length);
      if (skipped < (long) Float.BYTES * sample.from
          || bytes.length < Float.BYTES * values.length) {
        return Double.NaN;
      }
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    } catch (IOException e) {
      throw new DureException(
          ErrorCode.INPUT_UNREADABLE, "cannot read chunk %s: %s".formatted(name, e), e);
    }
    double[] sums = new double[3];
    add(sums, sample.values, values, values.length);
    return cosine(sums);
  }

  private static double cosine(FragmentList one, FragmentList other, ArtifactStore store) {
    double[] sums = new double[3];
    float[] a = new float[PIECE];
    float[] b = new float[PIECE];
    for (int index = 0; index < one.fragments().size(); index++) {
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
    return cosine(sums);
  }

  private static double cosine(double[] sums) {
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
