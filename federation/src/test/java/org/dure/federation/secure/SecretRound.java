package org.dure.federation.secure;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.dure.core.Sha256;

/// One round of a few members in one process, with what each of them alone knows.
final class SecretRound {
  static final int VALUES = 40;
  static final int FRAGMENTS = 2;

  final RoundContext context = new RoundContext(Sha256.NONE, 3);
  final int threshold;
  final SortedSet<String> members = new TreeSet<>();
  final SortedMap<String, Integer> places;
  final SortedMap<String, Seeds> seeds = new TreeMap<>();
  final SortedMap<String, Seeds.Advertised> advertised = new TreeMap<>();

  /// Shares by owner and recipient.
  final Map<String, Map<String, Seeds.Shares>> shares = new TreeMap<>();

  final FixedPoint scale;
  private final Map<String, List<byte[]>> uploads = new TreeMap<>();
  private final Map<String, List<byte[]>> deltas = new TreeMap<>();

  SecretRound(int count, int threshold, RandomGenerator random) {
    this.threshold = threshold;
    IntStream.range(0, count).forEach(i -> members.add("region-" + i));
    this.places = Roster.places(members);
    this.scale = new FixedPoint(2, count);
    members.forEach(member -> seeds.put(member, Seeds.draw(random)));
    seeds.forEach((member, drawn) -> advertised.put(member, drawn.advertised()));
    seeds.forEach(
        (member, drawn) -> shares.put(member, drawn.shares(places, count, threshold, random)));
    for (String member : members) {
      deltas.put(
          member,
          IntStream.range(0, FRAGMENTS).mapToObj(fragment -> values(fragment, random)).toList());
      uploads.put(member, upload(member, deltas.get(member)));
    }
  }

  private static byte[] values(int fragment, RandomGenerator random) {
    ByteBuffer values =
        ByteBuffer.allocate(Float.BYTES * (VALUES - fragment)).order(ByteOrder.LITTLE_ENDIAN);
    while (values.hasRemaining()) {
      values.putFloat(random.nextFloat(-2, 2));
    }
    return values.array();
  }

  List<byte[]> upload(String member, List<byte[]> fragments) {
    Masks masks = new Masks(seeds.get(member), context, member, others(member));
    return IntStream.range(0, fragments.size())
        .mapToObj(i -> masks.apply(i, fragments.get(i), scale, 1))
        .toList();
  }

  Map<String, byte[]> others(String member) {
    Map<String, byte[]> others = new TreeMap<>();
    advertised.forEach(
        (name, said) -> {
          if (!name.equals(member)) {
            others.put(name, said.pair());
          }
        });
    return others;
  }

  /// What those who are still alive reveal, by owner and revealer.
  Map<String, Map<String, byte[]>> revealed(
      Collection<String> contributors, Collection<String> alive) {
    Map<String, Map<String, byte[]>> revealed = new TreeMap<>();
    for (String owner : members) {
      for (String member : alive) {
        Seeds.Shares held = shares.get(owner).get(member);
        revealed
            .computeIfAbsent(owner, name -> new TreeMap<>())
            .put(member, contributors.contains(owner) ? held.own() : held.pair());
      }
    }
    return revealed;
  }

  Unmasking unmasking(SortedSet<String> contributors, Map<String, Map<String, byte[]>> revealed) {
    return new Unmasking(
        new Unmasking.Round(context, threshold, places, advertised, contributors), revealed);
  }

  /// Sum of what the contributors sent, as the hub adds it.
  int[] maskedSum(Collection<String> contributors, int fragment) {
    int[] sum = new int[VALUES - fragment];
    contributors.forEach(member -> add(sum, uploads.get(member).get(fragment)));
    return sum;
  }

  static void add(int[] sum, byte[] integers) {
    ByteBuffer values = ByteBuffer.wrap(integers).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < sum.length; i++) {
      sum[i] += values.getInt(Integer.BYTES * i);
    }
  }

  /// The sum of the contributors' integers, made without masks.
  int[] expected(Collection<String> contributors, int fragment) {
    int[] sum = new int[VALUES - fragment];
    for (String member : contributors) {
      ByteBuffer values =
          ByteBuffer.wrap(deltas.get(member).get(fragment)).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < sum.length; i++) {
        sum[i] = Math.addExact(sum[i], scale.encode(values.getFloat(Float.BYTES * i)));
      }
    }
    return sum;
  }
}
