package org.dure.federation.secret;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.dure.core.ArtifactStore;
import org.dure.core.TensorLayout;
import org.dure.federation.merge.MergeWork;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.FragmentReader;
import org.dure.federation.protocol.SecretSum;
import org.dure.federation.protocol.Study;
import org.dure.federation.secure.FixedPoint;
import org.dure.federation.secure.Unmasking;

/// Adds the masked deltas of a round and takes the masks off the sum: a pure function of what the
/// log has and of what regions sent. The result is the mean delta, as if one region had sent it; it
/// is kept among what the hub publishes until the merge has been made of it. Memory is two
/// fragments and a piece, whatever the size of the model and the number of regions.
public final class SecretMerge {
  private static final int PIECE = 1 << 16;

  private final Study study;
  private final TensorLayout layout;
  private final ArtifactStore published;
  private final Function<String, ArtifactStore> received;

  /// @param published where the mean is kept
  /// @param received where a region's masked delta is kept, by its name
  public SecretMerge(
      Study study,
      TensorLayout layout,
      ArtifactStore published,
      Function<String, ArtifactStore> received) {
    this.study = study;
    this.layout = layout;
    this.published = published;
    this.received = received;
  }

  /// @param round its number
  /// @param deltas digests of the lists of the masked deltas, by region
  /// @throws DishonestShares naming the region whose shares make no seed of its
  public MergeWork.Part mean(
      int round, SecretRound secret, SecretSum sum, SortedMap<String, String> deltas) {
    Unmasking unmasking = secret.unmasking(study.digest(), round, new TreeSet<>(deltas.keySet()));
    FixedPoint scale = new FixedPoint(sum.normBound(), secret.roster().size());
    List<String> regions = List.copyOf(deltas.keySet());
    List<FragmentList> lists = new ArrayList<>();
    deltas.forEach(
        (region, delta) -> lists.add(FragmentList.parse(received.apply(region).get(delta))));
    List<String> fragments = new ArrayList<>();
    for (int index = 0; index < lists.getFirst().fragments().size(); index++) {
      int[] total = new int[lists.getFirst().length(index) / Integer.BYTES];
      for (int i = 0; i < regions.size(); i++) {
        add(total, received.apply(regions.get(i)), lists.get(i).fragments().get(index));
      }
      unmasking.apply(index, total);
      fragments.add(published.putSoon(mean(total, scale, regions.size())));
    }
    FragmentList list = FragmentList.weights(layout, study.fragmentBytes(), fragments);
    return new MergeWork.Part(list, 1, List.of(), published);
  }

  private static byte[] mean(int[] total, FixedPoint scale, int count) {
    ByteBuffer mean =
        ByteBuffer.allocate(Float.BYTES * total.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int sum : total) {
      mean.putFloat(scale.mean(sum, count));
    }
    return mean.array();
  }

  private static void add(int[] total, ArtifactStore store, String fragment) {
    int[] piece = new int[Math.min(PIECE, total.length)];
    try (FragmentReader reader = new FragmentReader(store, fragment)) {
      for (int from = 0; from < total.length; from += piece.length) {
        int count = Math.min(piece.length, total.length - from);
        reader.read(piece, count);
        for (int i = 0; i < count; i++) {
          total[from + i] += piece[i];
        }
      }
      reader.finish();
    }
  }
}
