package org.dure.federation.secure;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;

/// Takes the masks off a sum: those of the members whose deltas are in it by the seeds of their own
/// masks, the pairs of those who have dropped out by the seeds of their keys. Both come out of
/// shares, and are known again by what their owners advertised. Not thread-safe.
public final class Unmasking {
  /// A round as everyone knows it.
  ///
  /// @param threshold shares that make a seed
  /// @param places of all members that masks were agreed with, from 1
  /// @param advertised what each of them has advertised
  /// @param contributors whose masked deltas are in the sum
  public record Round(
      RoundContext context,
      int threshold,
      Map<String, Integer> places,
      SortedMap<String, Seeds.Advertised> advertised,
      SortedSet<String> contributors) {}

  private final List<MaskStream> added = new ArrayList<>();
  private final List<MaskStream> subtracted = new ArrayList<>();

  /// @param revealed shares by owner and then by who has revealed them: of the seed of its own mask
  ///     for a contributor, of the seed of its key for everyone else
  /// @throws DishonestShares naming whose shares make no seed of its
  public Unmasking(Round round, Map<String, Map<String, byte[]>> revealed) {
    for (String owner : round.advertised.keySet()) {
      byte[] seed = seed(round, owner, revealed.getOrDefault(owner, Map.of()));
      Seeds.Advertised advertised = advertised(round, owner);
      if (round.contributors.contains(owner)) {
        demand(Sha256.of(seed).equals(advertised.own()), owner);
        subtracted.add(new MaskStream(round.context.ownKey(seed, owner)));
      } else {
        AgreementKey key = AgreementKey.of(seed);
        demand(key.has(advertised.pair()), owner);
        cancel(round, owner, key);
      }
    }
  }

  private static byte[] seed(Round round, String owner, Map<String, byte[]> revealed) {
    SortedMap<Integer, byte[]> shares = new TreeMap<>();
    revealed.forEach((member, share) -> shares.put(place(round, member), share));
    try {
      return Shamir.combine(shares, round.threshold);
    } catch (DureException e) {
      throw new DishonestShares(owner, e);
    }
  }

  private static int place(Round round, String member) {
    Integer place = round.places.get(member);
    if (place == null) {
      throw new DureException(ErrorCode.INTERNAL, member + " is no member of the round");
    }
    return place;
  }

  private static Seeds.Advertised advertised(Round round, String member) {
    Seeds.Advertised advertised = round.advertised.get(member);
    if (advertised == null) {
      throw new DureException(ErrorCode.INTERNAL, member + " has advertised nothing");
    }
    return advertised;
  }

  /// Of every pair with one who has dropped out, the contributor's half is in the sum.
  private void cancel(Round round, String dropped, AgreementKey key) {
    for (String contributor : round.contributors) {
      byte[] agreed = key.agree(advertised(round, contributor).pair());
      MaskStream pair = new MaskStream(round.context.pairKey(agreed, contributor, dropped));
      (Masks.isAdded(contributor, dropped) ? subtracted : added).add(pair);
    }
  }

  private static void demand(boolean held, String owner) {
    if (!held) {
      throw new DishonestShares(owner, null);
    }
  }

  /// @param index of the fragment
  /// @param sum of the masked integers of all contributors; then of their deltas
  public void apply(int index, int[] sum) {
    subtracted.forEach(mask -> mask.subtract(index, sum, sum.length));
    added.forEach(mask -> mask.add(index, sum, sum.length));
  }
}
