package org.dure.federation.secret;

import java.util.Base64;
import java.util.Map;
import java.util.TreeSet;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.Sha256;
import org.dure.core.TensorLayout;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.MaskingMessage;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.SecretStep;
import org.dure.federation.protocol.SecretSum;
import org.dure.federation.secure.Roster;
import org.jspecify.annotations.Nullable;

/// What regions of a secret sum must say to count where its round stands: the hub asks before it
/// logs a message, and the offline verifier asks again.
public final class SecretRules {
  private SecretRules() {}

  /// @param round the open one, which the message is of
  /// @throws MessageRejected naming what does not fit
  public static void check(SecretRound round, MaskingMessage message) {
    String region = message.region();
    switch (message) {
      case MaskingMessage.RoundKeys keys -> {
        demandStep(round, message, SecretStep.KEYS);
        demand(
            keys.roster().equals(Roster.digest(round.roster())),
            "keys for another roster than %s",
            round.roster());
      }
      case MaskingMessage.RoundShares shares -> {
        demandStep(round, message, SecretStep.SHARES);
        demand(
            shares.boxes().keySet().equals(round.keyed()),
            "shares for %s: expected %s",
            new TreeSet<>(shares.boxes().keySet()),
            round.keyed());
      }
      case MaskingMessage.Confirmation confirmation -> {
        demandStep(round, message, SecretStep.CONFIRMATIONS);
        demand(
            round.members().equals(new TreeSet<>(confirmation.contributors())),
            "the contributors %s: expected %s",
            confirmation.contributors(),
            round.members());
      }
      case MaskingMessage.Revelation revelation -> {
        demandStep(round, message, SecretStep.REVELATIONS);
        checkShares(round, region, revelation.shares());
      }
      case MaskingMessage.Withdrawal withdrawal ->
          demand(
              round.owes(region),
              RejectReason.WRONG_ROUND,
              "%s has nothing to withdraw from in round %d",
              region,
              message.round());
    }
  }

  private static void checkShares(SecretRound round, String region, Map<String, String> shares) {
    shares.forEach(
        (owner, share) -> {
          demand(round.sharing().contains(owner), "a share of %s, which shared none", owner);
          MaskingMessage.ShareBox box = round.box(owner, region);
          String expected = round.members().contains(owner) ? box.own() : box.pair();
          demand(
              Sha256.of(Base64.getDecoder().decode(share)).equals(expected),
              "the share of %s is not the one that it gave %s for this",
              owner,
              region);
        });
  }

  /// Beside what every contribution must be.
  ///
  /// @throws MessageRejected naming what does not fit
  public static void checkContribution(
      SecretRound round, SecretSum sum, Message.Contribution contribution) {
    demandStep(round, contribution, SecretStep.DELTAS);
    double bound = sum.normBound();
    double norm = norm(contribution);
    Double cosine = contribution.metrics().get(SecretSum.COSINE);
    demand(
        norm >= 0 && cosine != null && Math.abs(cosine) <= 1 + SecretSum.TOLERANCE,
        RejectReason.MALFORMED,
        "a contribution to a secret sum: expected the measures %s and %s",
        SecretSum.NORM,
        SecretSum.COSINE);
    demand(
        norm <= bound * (1 + SecretSum.TOLERANCE),
        RejectReason.ABOVE_BOUND,
        "%s says that its delta has the norm %s: the study's bound is %s",
        contribution.region(),
        norm,
        bound);
  }

  /// What the region says of its delta's norm; negative where it says nothing.
  public static double norm(Message.Contribution contribution) {
    return contribution.metrics().getOrDefault(SecretSum.NORM, -1.0);
  }

  /// Whether what the list names can be added: the chunks' own bytes anything may be.
  ///
  /// @throws MessageRejected if anything is missing, or of the wrong size or shape
  public static void checkMasked(
      String digest, TensorLayout layout, int fragmentBytes, ArtifactStore received) {
    demandThere(digest, received);
    FragmentList list;
    try {
      list = FragmentList.parse(received.get(digest));
    } catch (DureException e) {
      throw new MessageRejected(RejectReason.MALFORMED, digest + ": " + e.getMessage());
    }
    demand(
        list.encoding().equals(FragmentList.MASKED),
        RejectReason.WRONG_ENCODING,
        "a delta encoded as %s: expected %s",
        list.encoding(),
        FragmentList.MASKED);
    demand(
        list.layout().equals(layout.digest()),
        RejectReason.WRONG_LAYOUT,
        "a delta of the layout %s: the study's is %s",
        list.layout(),
        layout.digest());
    demand(
        list.bytes() == 4 * layout.elements() && list.fragmentBytes() == fragmentBytes,
        RejectReason.WRONG_LENGTH,
        "a delta of %d bytes in fragments of %d: expected %d in fragments of %d",
        list.bytes(),
        list.fragmentBytes(),
        4 * layout.elements(),
        fragmentBytes);
    for (int i = 0; i < list.fragments().size(); i++) {
      String fragment = list.fragments().get(i);
      demandThere(fragment, received);
      demand(
          received.size(fragment) == list.length(i),
          RejectReason.WRONG_LENGTH,
          "fragment %d has %d bytes: expected %d",
          i,
          received.size(fragment),
          list.length(i));
    }
  }

  private static void demandThere(String digest, ArtifactStore received) {
    demand(received.contains(digest), RejectReason.CHUNK_MISSING, "there is no chunk %s", digest);
  }

  private static void demandStep(SecretRound round, Message message, SecretStep step) {
    demand(
        round.step() == step && round.owes(message.region()),
        RejectReason.WRONG_ROUND,
        "%s of %s: round %d is at %s of %s, of whom %s have come",
        message.kind(),
        message.region(),
        message.round(),
        round.step().word(),
        round.members(),
        round.came());
  }

  private static void demand(boolean held, String expected, Object... values) {
    demand(held, RejectReason.WRONG_SECRET, expected, values);
  }

  private static void demand(
      boolean held, RejectReason refusal, String expected, @Nullable Object... values) {
    if (!held) {
      throw new MessageRejected(refusal, expected.formatted(values));
    }
  }
}
