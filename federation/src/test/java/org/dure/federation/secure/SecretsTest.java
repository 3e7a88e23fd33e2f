package org.dure.federation.secure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.dure.core.DureException;
import org.dure.core.Seeded;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Shares, keys, boxes and fixed point, each alone.
class SecretsTest {
  private final SplittableRandom random = Seeded.random("secrets");

  private byte[] seed() {
    byte[] seed = new byte[Shamir.SEED_BYTES];
    random.nextBytes(seed);
    return seed;
  }

  private static Map<Integer, byte[]> chosen(List<byte[]> shares, int bits) {
    Map<Integer, byte[]> chosen = new HashMap<>();
    for (int i = 0; i < shares.size(); i++) {
      if ((bits >> i & 1) == 1) {
        chosen.put(i + 1, shares.get(i));
      }
    }
    return chosen;
  }

  @Test
  void anyEnoughSharesMakeTheSeedAndFewerDoNot() {
    assertThat(Shamir.PRIME.isProbablePrime(100)).isTrue();
    for (int count = 1; count <= 8; count++) {
      for (int threshold = 1; threshold <= count; threshold++) {
        byte[] seed = seed();
        List<byte[]> shares = Shamir.split(seed, threshold, count, random);
        int enough = threshold;
        for (int bits = 0; bits < 1 << count; bits++) {
          Map<Integer, byte[]> chosen = chosen(shares, bits);
          if (chosen.size() >= threshold) {
            assertThat(Shamir.combine(chosen, threshold)).isEqualTo(seed);
          } else {
            assertThatThrownBy(() -> Shamir.combine(chosen, enough))
                .isInstanceOf(DureException.class)
                .hasMessageContaining("expected " + enough);
          }
        }
      }
    }
  }

  @Test
  void fewerSharesFitEverySeed() {
    byte[] seed = seed();
    List<byte[]> shares = Shamir.split(seed, 3, 4, random);
    byte[] other = Shamir.split(seed(), 3, 4, random).get(2);
    Map<Integer, byte[]> mixed = Map.of(1, shares.get(0), 2, shares.get(1), 3, other);
    byte[] made = Shamir.combine(mixed, 3);
    assertThat(made).isNotEqualTo(seed).hasSize(Shamir.SEED_BYTES);
  }

  @Test
  void theExtremeSeedsComeBack() {
    for (int fill : new int[] {0, 0xff}) {
      byte[] seed = new byte[Shamir.SEED_BYTES];
      Arrays.fill(seed, (byte) fill);
      List<byte[]> shares = Shamir.split(seed, 2, 3, random);
      assertThat(Shamir.combine(chosen(shares, 6), 2)).isEqualTo(seed);
    }
  }

  /// RFC 7748, section 6.1.
  @Test
  void keysAgreeAsTheStandardSays() {
    AgreementKey alice =
        AgreementKey.of(hex("77076d0a7318a57d3c16c17251b26645df4c2f92ebc099c1d1d6a8c0a5b05a2a"));
    AgreementKey bob =
        AgreementKey.of(hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
    assertThat(bob.publicKey())
        .isEqualTo(hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"));
    assertThat(alice.agree(bob.publicKey())).isEqualTo(bob.agree(alice.publicKey()));
  }

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text);
  }

  @Test
  void keysThatGiveEveryoneTheSameSecretAreRefused() {
    AgreementKey key = AgreementKey.of(seed());
    byte[] one = new byte[32];
    one[0] = 1;
    byte[] large = new byte[32];
    Arrays.fill(large, (byte) 0xff);
    for (int last : new int[] {0xec, 0xed, 0xee}) {
      byte[] near = large.clone();
      near[0] = (byte) last;
      assertRefused(key, near);
    }
    for (byte[] bad :
        List.of(
            new byte[32],
            one,
            hex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
            hex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
            new byte[31],
            new byte[33])) {
      assertRefused(key, bad);
    }
    assertThat(AgreementKey.isSound(key.publicKey())).isTrue();
  }

  private static void assertRefused(AgreementKey key, byte[] bad) {
    assertThatThrownBy(() -> key.agree(bad)).isInstanceOf(DureException.class);
    assertThat(AgreementKey.isSound(bad)).isFalse();
  }

  @Test
  void aBoxOpensForItsRecipientInItsRoundAlone() {
    RoundContext context = new RoundContext("study", 4);
    AgreementKey ko = AgreementKey.of(seed());
    AgreementKey ja = AgreementKey.of(seed());
    AgreementKey fr = AgreementKey.of(seed());
    Seeds.Shares shares = Seeds.draw(random).shares(Map.of("ja", 1), 1, 1, random).get("ja");
    byte[] box = SealedShares.seal(shares, context, ko, ja.publicKey(), "ko", "ja", random);

    Seeds.Shares opened = SealedShares.open(box, context, ja, ko.publicKey(), "ko", "ja");
    assertThat(opened.own()).isEqualTo(shares.own());
    assertThat(opened.pair()).isEqualTo(shares.pair());

    refuses(box, context, fr, ko, "ko", "ja");
    refuses(box, context, ja, fr, "ko", "ja");
    refuses(box, context, ja, ko, "fr", "ja");
    refuses(box, context, ja, ko, "ko", "fr");
    refuses(box, new RoundContext("study", 5), ja, ko, "ko", "ja");
    refuses(box, new RoundContext("other", 4), ja, ko, "ko", "ja");
    for (int i = 0; i < box.length; i++) {
      byte[] changed = box.clone();
      changed[i] ^= 1;
      refuses(changed, context, ja, ko, "ko", "ja");
    }
    for (int length : new int[] {0, 1, box.length - 1, box.length + 1}) {
      refuses(Arrays.copyOf(box, length), context, ja, ko, "ko", "ja");
    }
  }

  private static void refuses(
      byte[] box,
      RoundContext context,
      AgreementKey recipient,
      AgreementKey sender,
      String from,
      String to) {
    assertThatThrownBy(
            () -> SealedShares.open(box, context, recipient, sender.publicKey(), from, to))
        .isInstanceOf(DureException.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 4, 5, 8, 9, 40})
  void theSumOfAllMembersFitsWhateverTheyHold(int members) {
    FixedPoint scale = new FixedPoint(1.5, members);
    assertThat((long) members * scale.most()).isLessThanOrEqualTo(Integer.MAX_VALUE);
    assertThat(scale.encode(1.5)).isEqualTo(scale.most());
    assertThat(scale.encode(-1e300)).isEqualTo(-scale.most());
    assertThat(scale.encode(0)).isZero();
    assertThat(scale.mean(members * scale.most(), members)).isEqualTo(1.5f);
    assertThat(scale.mean(-members * scale.most(), members)).isEqualTo(-1.5f);
    double value = 0.3;
    assertThat((double) scale.mean(scale.encode(value), 1))
        .isCloseTo(value, offset(1.5 / scale.most() + Math.ulp(0.3f)));
    assertThat(scale.clipping(3) * 3).isEqualTo(1.5);
    assertThat(scale.clipping(1)).isEqualTo(1);
  }
}
