package org.dure.federation.region;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.SecretSum;
import org.dure.federation.secure.FixedPoint;
import org.dure.federation.secure.Masks;
import org.dure.federation.secure.RoundContext;

/// Clips a delta, turns it into integers and masks it: what leaves the region in the delta's place.
/// Made once in a round and then kept, so that no mask is ever used for two deltas. Memory is a few
/// fragments. Not thread-safe.
///
/// @param sum of the study
/// @param region whose deltas these are
record MaskedDeltas(SecretSum sum, String region, NodeStore folder) {
  /// The masked delta of a round that was worked to its end, if it was made.
  Optional<SecretStore.Masked> kept(NodeStore.Done done) {
    return folder
        .secret()
        .masked()
        .filter(masked -> masked.round() == done.round() && masked.study().equals(done.study()));
  }

  /// @param held keys and shares of the round
  SecretStore.Masked of(NodeStore.Done done, SecretStore.Held held) {
    Optional<SecretStore.Masked> kept = kept(done);
    if (kept.isPresent()) {
      return kept.get();
    }
    if (held.round() != done.round() || held.shares().size() < 2) {
      throw new DureException(
          ErrorCode.INTERNAL,
          "no masks were agreed for round %d, which was worked".formatted(done.round()));
    }
    FragmentList delta = done.delta();
    double squares = 0;
    for (int i = 0; i < delta.fragments().size(); i++) {
      squares += product(folder.fragment(done, i), folder.fragment(done, i));
    }
    double norm = Math.sqrt(squares);
    FixedPoint scale = new FixedPoint(sum.normBound(), held.roster().size());
    double clipping = scale.clipping(norm);
    Map<String, byte[]> others = new TreeMap<>();
    held.peers()
        .forEach(
            (name, peer) -> {
              if (!name.equals(region) && held.shares().containsKey(name)) {
                others.put(name, peer.pair());
              }
            });
    Masks masks =
        new Masks(held.seeds(), new RoundContext(done.study(), done.round()), region, others);
    return folder
        .secret()
        .keepMasked(
            done.study(),
            done.round(),
            delta,
            index -> masks.apply(index, folder.fragment(done, index), scale, clipping),
            Math.min(norm, sum.normBound()),
            cosine(done, held.previous(), norm));
  }

  private static double product(byte[] first, byte[] second) {
    ByteBuffer one = ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer other = ByteBuffer.wrap(second).order(ByteOrder.LITTLE_ENDIAN);
    double sum = 0;
    for (int at = 0; at < first.length; at += Float.BYTES) {
      sum += (double) one.getFloat(at) * other.getFloat(at);
    }
    return sum;
  }

  /// Between the delta and the study's last step, weights before minus weights after, as a delta
  /// is; 0 where one of them is not here or zero.
  private double cosine(NodeStore.Done done, String previous, double norm) {
    ArtifactStore cache = folder.cache();
    if (previous.isEmpty() || !cache.contains(previous) || !cache.contains(done.base())) {
      return 0;
    }
    List<String> before = FragmentList.parse(cache.get(previous)).fragments();
    List<String> after = FragmentList.parse(cache.get(done.base())).fragments();
    if (before.size() != done.delta().fragments().size()
        || !before.stream().allMatch(cache::contains)
        || !after.stream().allMatch(cache::contains)) {
      return 0;
    }
    double products = 0;
    double squares = 0;
    for (int i = 0; i < before.size(); i++) {
      byte[] step = difference(cache.get(before.get(i)), cache.get(after.get(i)));
      squares += product(step, step);
      products += product(step, folder.fragment(done, i));
    }
    double lengths = norm * Math.sqrt(squares);
    return lengths == 0 ? 0 : Math.clamp(products / lengths, -1, 1);
  }

  private static byte[] difference(byte[] before, byte[] after) {
    ByteBuffer first = ByteBuffer.wrap(before).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer second = ByteBuffer.wrap(after).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer difference = ByteBuffer.allocate(before.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at < before.length; at += Float.BYTES) {
      difference.putFloat(first.getFloat(at) - second.getFloat(at));
    }
    return difference.array();
  }
}
