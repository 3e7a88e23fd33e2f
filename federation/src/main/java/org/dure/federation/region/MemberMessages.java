package org.dure.federation.region;

import java.security.PublicKey;
import java.util.Arrays;
import java.util.Base64;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Signatures;
import org.dure.federation.protocol.MaskingMessage;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.SecretView;
import org.dure.federation.protocol.SignedMessage;
import org.dure.federation.secure.Roster;
import org.dure.federation.secure.Seeds;
import org.jspecify.annotations.Nullable;

/// What other members of a secret sum have signed, as the hub hands it on.
///
/// @param study digest of the study
/// @param region who hears it
/// @param trust whom it believes to be a member
record MemberMessages(String study, String region, MemberTrust trust) {
  /// The members whose keys the hub hands on, each signed by the member itself for this roster.
  ///
  /// @throws DureException with [ErrorCode#PEER_MISBEHAVED] if that is not what they are
  SortedMap<String, SecretStore.Peer> keys(SecretStore.Held held, SecretView secret) {
    String roster = Roster.digest(new TreeSet<>(held.roster()));
    SortedMap<String, SecretStore.Peer> peers = new TreeMap<>();
    for (SecretView.Said said : secret.said()) {
      SignedMessage signed = read(said);
      if (signed.message() instanceof MaskingMessage.RoundKeys keys
          && isOfRound(keys, held)
          && keys.roster().equals(roster)
          && held.roster().contains(keys.region())) {
        PublicKey key = trust.key(keys.region(), said.certificate());
        demandSigned(key, signed);
        peers.put(
            keys.region(),
            new SecretStore.Peer(
                Signatures.encode(key),
                Base64.getDecoder().decode(keys.pair()),
                Base64.getDecoder().decode(keys.box())));
      } else {
        throw misbehaved(
            "the hub hands on a message of %s for the keys of round %d"
                .formatted(signed.message().region(), held.round()));
      }
    }
    SecretStore.Peer own = peers.get(region);
    Seeds.Advertised advertised = held.seeds().advertised();
    demand(
        own != null
            && Arrays.equals(own.pair(), advertised.pair())
            && Arrays.equals(own.box(), advertised.box())
            && peers.keySet().equals(new TreeSet<>(secret.members())),
        "the keys of %s for the members %s",
        peers.keySet(),
        secret.members());
    return peers;
  }

  /// The contributors that have confirmed all contributors.
  ///
  /// @throws DureException with [ErrorCode#PEER_MISBEHAVED] if one has not signed what it is to
  ///     have confirmed
  SortedSet<String> confirmed(SecretStore.Held settled, SecretView secret) {
    SortedSet<String> confirmed = new TreeSet<>();
    for (SecretView.Said said : secret.said()) {
      SignedMessage signed = read(said);
      SecretStore.Peer peer = settled.peers().get(signed.message().region());
      if (peer != null
          && signed.message() instanceof MaskingMessage.Confirmation confirmation
          && isOfRound(confirmation, settled)
          && confirmation.contributors().equals(settled.contributors())
          && settled.contributors().contains(confirmation.region())) {
        demandSigned(Signatures.decode(peer.key()), signed);
        confirmed.add(confirmation.region());
      }
    }
    return confirmed;
  }

  private boolean isOfRound(MaskingMessage message, SecretStore.Held held) {
    return message.study().equals(study) && message.round() == held.round();
  }

  private static SignedMessage read(SecretView.Said said) {
    try {
      return said.signed();
    } catch (MessageRejected e) {
      throw misbehaved("the hub hands on what is no message: " + e.reason());
    }
  }

  private static void demandSigned(PublicKey key, SignedMessage signed) {
    demand(
        Signatures.verify(key, signed.bytes(), signed.signature()),
        "a message of %s that it has not signed",
        signed.message().region());
  }

  /// @throws DureException with [ErrorCode#PEER_MISBEHAVED] unless `held`
  static void demand(boolean held, String what, @Nullable Object... values) {
    if (!held) {
      throw misbehaved("the hub asks for " + what.formatted(values));
    }
  }

  private static DureException misbehaved(String what) {
    return new DureException(ErrorCode.PEER_MISBEHAVED, what);
  }
}
