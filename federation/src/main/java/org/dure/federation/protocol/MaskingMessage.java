package org.dure.federation.protocol;

import java.util.List;
import java.util.Map;

/// What the regions of a secret sum say to the hub, and through it to each other, beside their
/// contributions; see `federation.secure`. All are counted, so that whoever has the log can take
/// the masks off the sum again, and off nothing else.
public sealed interface MaskingMessage extends Message {
  /// "These are my keys for this round, of this roster."
  ///
  /// @param roster digest of the round's members as the region was told them
  /// @param pair base64 of the public key that masks are agreed with
  /// @param box base64 of the public key that shares are sealed with
  /// @param own digest of the seed of its own mask
  record RoundKeys(
      String kind,
      String study,
      String region,
      long sequence,
      int round,
      String roster,
      String pair,
      String box,
      String own)
      implements MaskingMessage {
    public static final String KIND = "keys";
  }

  /// "These are the shares of my seeds", by the member that each is for.
  record RoundShares(
      String kind,
      String study,
      String region,
      long sequence,
      int round,
      Map<String, ShareBox> boxes)
      implements MaskingMessage {
    public static final String KIND = "shares";
  }

  /// A member's shares of another's seeds.
  ///
  /// @param sealed base64 of the box that only the member can open; empty for the sender's own
  ///     shares, which stay with it
  /// @param own digest of the share of the seed of the sender's own mask
  /// @param pair digest of the share of the seed of the sender's key
  record ShareBox(String sealed, String own, String pair) {}

  /// "I have been told that these have contributed, and will help to add them and no others."
  ///
  /// @param contributors sorted
  record Confirmation(
      String kind, String study, String region, long sequence, int round, List<String> contributors)
      implements MaskingMessage {
    public static final String KIND = "confirmation";
  }

  /// "These are the shares that I hold": of each contributor's own mask, and of the key of each
  /// member that has dropped out.
  ///
  /// @param shares base64, by owner
  record Revelation(
      String kind,
      String study,
      String region,
      long sequence,
      int round,
      Map<String, String> shares)
      implements MaskingMessage {
    public static final String KIND = "revelation";
  }

  /// "I have lost my keys of this round: count me out of it."
  record Withdrawal(String kind, String study, String region, long sequence, int round)
      implements MaskingMessage {
    public static final String KIND = "withdrawal";
  }
}
