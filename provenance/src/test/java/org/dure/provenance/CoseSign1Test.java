package org.dure.provenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dure.provenance.Refusals.assertRefused;

import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Signatures;
import org.dure.core.Signer;
import org.junit.jupiter.api.Test;

class CoseSign1Test {
  /// COSE working group, eddsa-examples/eddsa-sig-01.json.
  private static final String EXAMPLE =
      "D28445A201270300A10442313154546869732069732074686520636F6E74656E742E5840"
          + "7142FD2FF96D56DB85BEE905A76BA1D0B7321A95C8C4D3607C5781932B7AFB87"
          + "11497DFA751BF40B58B3BCC32300B1487F3DB34085EEF013BF08F4A44D6FEF0D";

  private static final String EXAMPLE_SIGNED =
      "846A5369676E61747572653145A2012703004054546869732069732074686520636F6E74656E742E";
  private static final String EXAMPLE_KEY =
      "302a300506032b6570032100d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

  private static final byte[] PAYLOAD = "두레의 두레박".getBytes(StandardCharsets.UTF_8);

  private final KeyPair pair = Signatures.newKeyPair();
  private final Signer signer = Signatures.signer(pair.getPrivate(), pair.getPublic());

  private CoseSign1 message() {
    return CoseSign1.sign(PAYLOAD, "text/plain", new byte[] {7}, signer);
  }

  @Test
  void theWorkingGroupsEd25519ExampleIsVerified() {
    PublicKey key = KeyFiles.publicKey(HexFormat.of().parseHex(EXAMPLE_KEY), "example");
    CoseSign1 example = CoseSign1.parse(HexFormat.of().parseHex(EXAMPLE));
    assertThat(example.verify(key)).isTrue();
    assertThat(example.payload().value()).asString().isEqualTo("This is the content.");
    assertThat(CoseSign1.signed(example.protectedHeader(), example.payload()))
        .isEqualTo(HexFormat.of().parseHex(EXAMPLE_SIGNED));
    assertThat(example.bytes()).isEqualTo(HexFormat.of().parseHex(EXAMPLE));
    assertThat(example.verify(pair.getPublic())).isFalse();
  }

  @Test
  void aMessageComesBackFromItsBytes() {
    CoseSign1 read = CoseSign1.parse(message().bytes());
    assertThat(read).isEqualTo(message());
    assertThat(read.verify(pair.getPublic())).isTrue();
    assertThat(read.payload().value()).isEqualTo(PAYLOAD);
    assertThat(read.keyIdentifier()).containsExactly(7);
    assertThat(read.hasContentType("text/plain")).isTrue();
    assertThat(read.hasContentType("text/html")).isFalse();
  }

  @Test
  void everyBitOfAMessageCounts() {
    byte[] bytes = message().bytes();
    for (int bit = 0; bit < bytes.length * 8; bit++) {
      byte[] other = bytes.clone();
      other[bit / 8] ^= (byte) (1 << bit % 8);
      boolean accepted;
      try {
        accepted = CoseSign1.parse(other).verify(pair.getPublic());
      } catch (DureException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED);
        accepted = false;
      }
      assertThat(accepted).as("bit %d", bit).isFalse();
    }
  }

  @Test
  void everyTruncationIsRefused() {
    byte[] bytes = message().bytes();
    for (int length = 0; length < bytes.length; length++) {
      byte[] part = Arrays.copyOf(bytes, length);
      assertRefused(ErrorCode.INPUT_MALFORMED, () -> CoseSign1.parse(part));
    }
  }

  @Test
  void otherAlgorithmsAndNoneAreRefused() {
    assertRefused(ErrorCode.INPUT_MALFORMED, () -> CoseSign1.parse(with(Map.of(1L, -7L), Map.of())))
        .contains("not EdDSA");
    assertRefused(ErrorCode.INPUT_MALFORMED, () -> CoseSign1.parse(with(Map.of(), Map.of())))
        .contains("not EdDSA");
    assertRefused(ErrorCode.INPUT_MALFORMED, () -> CoseSign1.parse(with(Map.of(), Map.of(1L, -8L))))
        .contains("not EdDSA");
  }

  @Test
  void demandsThatAreNotUnderstoodAreRefused() {
    assertRefused(
            ErrorCode.INPUT_MALFORMED,
            () -> CoseSign1.parse(with(Map.of(1L, -8L, 2L, 99L), Map.of())))
        .contains("label 2");
    assertRefused(
            ErrorCode.INPUT_MALFORMED,
            () -> CoseSign1.parse(with(Map.of(1L, -8L), Map.of(1L, -8L))))
        .contains("wrong place");
  }

  @Test
  void otherShapesAreRefused() {
    CborValue bytes = CborValue.of(new byte[64]);
    CborValue header = CborValue.of(HexFormat.of().parseHex("a10127"));
    CborValue empty = CborValue.Map.of(Map.of());
    for (CborValue other :
        List.of(
            new CborValue.Array(List.of(header, empty, bytes, bytes)),
            new CborValue.Tag(98, new CborValue.Array(List.of(header, empty, bytes, bytes))),
            new CborValue.Tag(18, new CborValue.Array(List.of(header, empty, bytes))),
            new CborValue.Tag(
                18, new CborValue.Array(List.of(header, empty, CborValue.NULL, bytes))),
            new CborValue.Tag(18, new CborValue.Array(List.of(header, bytes, bytes, bytes))),
            new CborValue.Tag(
                18, new CborValue.Array(List.of(header, empty, bytes, CborValue.of(new byte[63])))),
            new CborValue.Tag(
                18,
                new CborValue.Array(List.of(CborValue.of(new byte[] {0}), empty, bytes, bytes))),
            new CborValue.Tag(
                18,
                new CborValue.Array(List.of(CborValue.of(new byte[0]), empty, bytes, bytes))))) {
      assertRefused(ErrorCode.INPUT_MALFORMED, () -> CoseSign1.parse(Cbor.encode(other)));
    }
  }

  private static byte[] with(Map<Long, Long> protectedHeader, Map<Long, Long> unprotectedHeader) {
    return new CoseSign1(
            header(protectedHeader),
            header(unprotectedHeader),
            new CborValue.Bytes(PAYLOAD),
            new CborValue.Bytes(new byte[64]))
        .bytes();
  }

  private static CborValue.Map header(Map<Long, Long> labels) {
    SequencedMap<CborValue, CborValue> pairs = new LinkedHashMap<>();
    labels.forEach((label, value) -> pairs.put(CborValue.of(label), CborValue.of(value)));
    return new CborValue.Map(pairs);
  }
}
