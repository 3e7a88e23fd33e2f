package org.dure.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.KeyPair;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class SignaturesTest {
  /// RFC 8032, section 7.1, test 2; the key in its X.509 wrapping (RFC 8410).
  @Test
  void theRfcsSignatureVerifies() {
    byte[] key =
        HexFormat.of()
            .parseHex(
                "302a300506032b6570032100"
                    + "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    byte[] signature =
        HexFormat.of()
            .parseHex(
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                    + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    var publicKey = Signatures.decode(Base64.getEncoder().encodeToString(key));
    assertThat(Signatures.verify(publicKey, new byte[] {0x72}, signature)).isTrue();
    assertThat(Signatures.verify(publicKey, new byte[] {0x73}, signature)).isFalse();
  }

  @Test
  void aSignersSignatureVerifiesAndNoOther() {
    KeyPair pair = Signatures.newKeyPair();
    Signer signer = Signatures.signer(pair.getPrivate(), pair.getPublic());
    byte[] message = {1, 2, 3};
    byte[] signature = signer.sign(message);
    assertThat(Signatures.verify(signer.publicKey(), message, signature)).isTrue();
    assertThat(Signatures.verify(Signatures.newKeyPair().getPublic(), message, signature))
        .isFalse();
    assertThat(Signatures.verify(signer.publicKey(), message, new byte[3])).isFalse();
  }

  @Test
  void aKeyComesBackFromItsText() {
    KeyPair pair = Signatures.newKeyPair();
    assertThat(Signatures.decode(Signatures.encode(pair.getPublic()))).isEqualTo(pair.getPublic());
    assertThatThrownBy(() -> Signatures.decode("no key")).isInstanceOf(DureException.class);
  }
}
