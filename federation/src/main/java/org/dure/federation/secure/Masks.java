package org.dure.federation.secure;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// All masks of one member in one round, for as many fragments as its delta has. Memory is a piece
/// of a fragment for each other member. Not thread-safe.
public final class Masks {
  private final MaskStream own;
  private final List<MaskStream> added = new ArrayList<>();
  private final List<MaskStream> subtracted = new ArrayList<>();

  /// @param member whose masks these are
  /// @param others public keys of the other members' pairwise masks, by name
  public Masks(Seeds seeds, RoundContext context, String member, Map<String, byte[]> others) {
    this.own = new MaskStream(context.ownKey(seeds.own(), member));
    AgreementKey key = AgreementKey.of(seeds.pair());
    others.forEach(
        (other, publicKey) -> {
          MaskStream pair = new MaskStream(context.pairKey(key.agree(publicKey), member, other));
          (isAdded(member, other) ? added : subtracted).add(pair);
        });
  }

  /// Of two members the one whose name comes first adds what the other takes off.
  static boolean isAdded(String member, String other) {
    return member.compareTo(other) < 0;
  }

  /// A fragment of a delta as it leaves: uniform, whatever the delta.
  ///
  /// @param index of the fragment
  /// @param values 32-bit little-endian floats
  /// @param clipping see [FixedPoint#clipping]
  /// @return 32-bit little-endian integers, as many bytes
  public byte[] apply(int index, byte[] values, FixedPoint scale, double clipping) {
    ByteBuffer floats = ByteBuffer.wrap(values).order(ByteOrder.LITTLE_ENDIAN);
    int[] integers = new int[values.length / Float.BYTES];
    for (int i = 0; i < integers.length; i++) {
      integers[i] = scale.encode(clipping * floats.getFloat(Float.BYTES * i));
    }
    own.add(index, integers, integers.length);
    added.forEach(pair -> pair.add(index, integers, integers.length));
    subtracted.forEach(pair -> pair.subtract(index, integers, integers.length));
    ByteBuffer masked = ByteBuffer.allocate(values.length).order(ByteOrder.LITTLE_ENDIAN);
    masked.asIntBuffer().put(integers);
    return masked.array();
  }
}
