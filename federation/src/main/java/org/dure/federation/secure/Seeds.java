package org.dure.federation.secure;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.dure.core.Sha256;

/// What a member draws for one round, and tells nobody: who has all three has its delta.
///
/// @param own seed of its own mask
/// @param pair seed of the key that pairwise masks are agreed with
/// @param box seed of the key that its shares are sealed with
public record Seeds(byte[] own, byte[] pair, byte[] box) {
  /// What a member tells everyone of its seeds.
  ///
  /// @param pair public key that masks are agreed with
  /// @param box public key that shares are sealed with
  /// @param own SHA-256 of the seed of its own mask, by which the seed is known again
  public record Advertised(byte[] pair, byte[] box, String own) {}

  /// The shares of one member's seeds for one other.
  ///
  /// @param own of the seed of its own mask
  /// @param pair of the seed of its key
  public record Shares(byte[] own, byte[] pair) {}

  /// @param randomness must be that of a cryptographic generator
  public static Seeds draw(RandomGenerator randomness) {
    return new Seeds(seed(randomness), seed(randomness), seed(randomness));
  }

  private static byte[] seed(RandomGenerator randomness) {
    byte[] seed = new byte[Shamir.SEED_BYTES];
    randomness.nextBytes(seed);
    return seed;
  }

  public Advertised advertised() {
    return new Advertised(
        AgreementKey.of(pair).publicKey(), AgreementKey.of(box).publicKey(), Sha256.of(own));
  }

  /// Shares of both seeds, for every member, by name.
  ///
  /// @param places of the members, from 1, see [Roster#place]
  public SortedMap<String, Shares> shares(
      Map<String, Integer> places, int count, int threshold, RandomGenerator randomness) {
    List<byte[]> ofOwn = Shamir.split(own, threshold, count, randomness);
    List<byte[]> ofPair = Shamir.split(pair, threshold, count, randomness);
    SortedMap<String, Shares> shares = new TreeMap<>();
    places.forEach(
        (member, place) ->
            shares.put(member, new Shares(ofOwn.get(place - 1), ofPair.get(place - 1))));
    return shares;
  }
}
