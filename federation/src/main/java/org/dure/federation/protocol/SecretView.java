package org.dure.federation.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/// Where the open round of a secret sum stands for one region, as the hub tells it: what the region
/// needs for what it owes now, and nothing else.
///
/// @param round 0 where no such round is open
/// @param roster who may be in the round's sum, sorted
/// @param members who the present step is for, sorted
/// @param said signed messages of members that the region is to check itself: their keys while
///     shares are made, their confirmations before shares are revealed
/// @param boxes shares for the region, by sender, while deltas are collected
public record SecretView(
    int round,
    SecretStep step,
    List<String> roster,
    List<String> members,
    List<Said> said,
    Map<String, MaskingMessage.ShareBox> boxes) {
  /// What a member said.
  ///
  /// @param message the exact bytes, which are UTF-8
  /// @param signature base64
  /// @param certificate base64 of the DER; may be empty
  public record Said(String message, String signature, String certificate) {
    public static Said of(SignedMessage signed, String certificate) {
      return new Said(
          new String(signed.bytes(), StandardCharsets.UTF_8),
          Base64.getEncoder().encodeToString(signed.signature()),
          certificate);
    }

    /// Not checked but for its form.
    ///
    /// @throws MessageRejected if it is no signed message
    public SignedMessage signed() {
      try {
        return SignedMessage.parse(
            message.getBytes(StandardCharsets.UTF_8), Base64.getDecoder().decode(signature));
      } catch (IllegalArgumentException e) {
        throw new MessageRejected(RejectReason.MALFORMED, "the signature is not base64");
      }
    }
  }

  public SecretView {
    roster = List.copyOf(roster);
    members = List.copyOf(members);
    said = List.copyOf(said);
    boxes = Map.copyOf(boxes);
  }

  /// No such round is open.
  public static SecretView none() {
    return new SecretView(0, SecretStep.KEYS, List.of(), List.of(), List.of(), Map.of());
  }
}
