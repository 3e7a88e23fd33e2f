package org.dure.federation.protocol;

import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.dure.core.Sha256;
import org.dure.federation.secure.AgreementKey;
import org.dure.federation.secure.Roster;
import org.dure.federation.secure.SealedShares;
import org.dure.federation.secure.Shamir;
import org.jspecify.annotations.Nullable;

/// Whether what regions of a secret sum say has the fields that it may have.
final class MaskingMessages {
  /// By kind, as [MessageParser] looks for them.
  static final Map<String, Class<? extends MaskingMessage>> KINDS =
      Map.of(
          MaskingMessage.RoundKeys.KIND, MaskingMessage.RoundKeys.class,
          MaskingMessage.RoundShares.KIND, MaskingMessage.RoundShares.class,
          MaskingMessage.Confirmation.KIND, MaskingMessage.Confirmation.class,
          MaskingMessage.Revelation.KIND, MaskingMessage.Revelation.class,
          MaskingMessage.Withdrawal.KIND, MaskingMessage.Withdrawal.class);

  private MaskingMessages() {}

  /// @throws MessageRejected naming what is wrong
  static void check(MaskingMessage message) {
    MessageParser.demand(message.round() > 0, "a round must be given");
    switch (message) {
      case MaskingMessage.RoundKeys keys ->
          MessageParser.demand(
              MessageParser.isDigest(keys.roster())
                  && MessageParser.isDigest(keys.own())
                  && isKey(keys.pair())
                  && isKey(keys.box()),
              "roster and own must be digests, pair and box X25519 keys in base64");
      case MaskingMessage.RoundShares shares -> {
        checkNames(shares.boxes().keySet());
        shares.boxes().forEach((member, box) -> checkBox(shares.region(), member, box));
      }
      case MaskingMessage.Confirmation confirmation -> {
        checkNames(confirmation.contributors());
        MessageParser.demand(
            confirmation
                .contributors()
                .equals(confirmation.contributors().stream().sorted().distinct().toList()),
            "contributors must be sorted");
      }
      case MaskingMessage.Revelation revelation -> {
        checkNames(revelation.shares().keySet());
        for (String share : revelation.shares().values()) {
          MessageParser.demand(
              isBytes(share, Shamir.SHARE_BYTES), "shares must be of 33 bytes in base64");
        }
      }
      case MaskingMessage.Withdrawal withdrawal -> {
        // Has no fields of its own.
      }
    }
  }

  private static void checkNames(Collection<String> names) {
    MessageParser.demand(
        names.size() <= Roster.MOST && names.stream().allMatch(MaskingMessages::isName),
        "at most %d regions by their names".formatted(Roster.MOST));
  }

  private static boolean isName(@Nullable String name) {
    return name != null && Study.isRegionName(name);
  }

  private static void checkBox(String sender, String member, MaskingMessage.ShareBox box) {
    boolean sealed =
        member.equals(sender) ? box.sealed().isEmpty() : isBytes(box.sealed(), SealedShares.BYTES);
    MessageParser.demand(
        sealed && Sha256.isDigest(box.own()) && Sha256.isDigest(box.pair()),
        "each box must be sealed but the sender's, with the digests of both shares");
  }

  private static boolean isKey(@Nullable String base64) {
    return isBytes(base64, AgreementKey.PUBLIC_BYTES)
        && AgreementKey.isSound(Base64.getDecoder().decode(base64));
  }

  private static boolean isBytes(@Nullable String base64, int length) {
    try {
      byte[] bytes = Base64.getDecoder().decode(base64 == null ? "" : base64);
      return bytes.length == length && Base64.getEncoder().encodeToString(bytes).equals(base64);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /// The kinds, for people.
  static List<String> kinds() {
    return KINDS.keySet().stream().sorted().toList();
  }
}
