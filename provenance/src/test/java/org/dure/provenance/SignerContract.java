package org.dure.provenance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.dure.core.Seeded;
import org.dure.core.Signatures;
import org.dure.core.Signer;
import org.junit.jupiter.api.Test;

/// What every [Signer] keeps to; an implementation's test extends this.
abstract class SignerContract {
  private static final byte[] MESSAGE = "두레".getBytes(StandardCharsets.UTF_8);

  /// The signer under test.
  protected abstract Signer signer();

  @Test
  void aSignatureIsOfExactlyTheseBytesAndThisKey() {
    Signer signer = signer();
    byte[] signature = signer.sign(MESSAGE);
    assertThat(signature).hasSize(64);
    assertThat(Signatures.verify(signer.publicKey(), MESSAGE, signature)).isTrue();
    assertThat(Signatures.verify(Signatures.newKeyPair().getPublic(), MESSAGE, signature))
        .isFalse();
    for (int bit = 0; bit < signature.length * 8; bit += 7) {
      byte[] other = signature.clone();
      other[bit / 8] ^= (byte) (1 << bit % 8);
      assertThat(Signatures.verify(signer.publicKey(), MESSAGE, other)).isFalse();
    }
  }

  @Test
  void signaturesAreDeterministicAsRfc8032Says() {
    Signer signer = signer();
    assertThat(signer.sign(MESSAGE)).isEqualTo(signer.sign(MESSAGE));
  }

  @Test
  void theEmptyMessageAndALongOneCanBeSigned() {
    Signer signer = signer();
    SplittableRandom random = Seeded.random("SignerContract");
    byte[] longMessage = new byte[3 << 20];
    random.nextBytes(longMessage);
    for (byte[] message : List.of(new byte[0], longMessage)) {
      assertThat(Signatures.verify(signer.publicKey(), message, signer.sign(message))).isTrue();
    }
  }

  @Test
  void thePublicKeySurvivesItsText() {
    Signer signer = signer();
    assertThat(Signatures.decode(Signatures.encode(signer.publicKey())))
        .isEqualTo(signer.publicKey());
  }

  @Test
  void threadsMaySignAtOnce() throws Exception {
    Signer signer = signer();
    byte[] expected = signer.sign(MESSAGE);
    Callable<byte[]> signing = () -> signer.sign(MESSAGE);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<byte[]> signature : threads.invokeAll(Collections.nCopies(32, signing))) {
        assertThat(signature.get()).isEqualTo(expected);
      }
    }
  }
}
