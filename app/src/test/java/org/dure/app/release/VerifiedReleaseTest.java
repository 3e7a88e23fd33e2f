package org.dure.app.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PublicKey;
import java.time.Instant;
import java.util.Map;
import org.dure.console.ConsoleExtras.Verification;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.dure.core.Signatures;
import org.dure.provenance.KeyFiles;
import org.dure.provenance.ReleaseManifest;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifiedReleaseTest {
  @TempDir Path folder;
  private final KeyPair pair = Signatures.newKeyPair();
  private Path release;

  @BeforeEach
  void aRelease() throws IOException {
    release = Files.createDirectories(folder.resolve("releases/ko"));
    Files.writeString(release.resolve("config.json"), "{}");
    Files.writeString(release.resolve("model.safetensors"), "weights");
    Files.writeString(release.resolve("unused.bin"), "not used");
    sign();
  }

  private void sign() {
    var unused =
        ReleaseManifest.sign(
            release,
            "ko",
            "ko",
            Instant.EPOCH,
            Map.of(),
            Signatures.signer(pair.getPrivate(), pair.getPublic()));
  }

  @Test
  void whatIsUsedIsWhatWasVerifiedWhateverBecomesOfTheFolder() throws IOException {
    Path copy;
    try (VerifiedRelease opened = VerifiedRelease.open(release, pair.getPublic())) {
      copy = opened.folder();
      Files.writeString(release.resolve("config.json"), "{\"architectures\":[\"Evil\"]}");
      Files.writeString(release.resolve("model.safetensors"), "EVIL!!!");
      assertThat(copy.resolve("config.json")).hasContent("{}");
      assertThat(copy.resolve("model.safetensors")).hasContent("weights");
      assertThat(copy.resolve("unused.bin")).doesNotExist();
    }
    assertThat(copy).doesNotExist();
    assertThatThrownBy(() -> VerifiedRelease.open(release, pair.getPublic()))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.RELEASE_CHANGED));
  }

  @Test
  void aFileThatIsLargerThanAnyReleasesIsRefusedByName() throws IOException {
    Files.write(release.resolve("config.json"), new byte[(1 << 20) + 1]);
    sign();
    assertThatThrownBy(() -> VerifiedRelease.open(release, pair.getPublic()))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED))
        .hasMessageContainingAll("config.json", "at most");
  }

  private Verification shown(@Nullable Path trust) {
    return releases(trust).now().getFirst().verification();
  }

  private ShownReleases releases(@Nullable Path trust) {
    return new ShownReleases(folder.resolve("releases"), trust, Sha256.NONE, round -> false);
  }

  @Test
  void onlyKeysThatTheOperatorNamedAreTrusted() throws IOException {
    PublicKey key = pair.getPublic();
    Path keys = Files.createDirectories(folder.resolve("keys"));
    assertThat(shown(null)).isEqualTo(Verification.SELF_SIGNED);
    assertThat(shown(folder.resolve("none"))).isEqualTo(Verification.SELF_SIGNED);
    KeyFiles.writePublic(keys.resolve("other.pem"), Signatures.newKeyPair().getPublic());
    assertThat(shown(keys)).isEqualTo(Verification.SELF_SIGNED);
    KeyFiles.writePublic(keys.resolve("ko.pem"), key);
    assertThat(shown(keys)).isEqualTo(Verification.VERIFIED);
    assertThat(Trust.of(keys).name(key)).contains("ko");

    Path file = folder.resolve("trust.toml");
    Files.writeString(file, "keys.of-ko = \"keys/ko.pem\"\n");
    assertThat(Trust.of(file).name(key)).contains("of-ko");
    Files.writeString(file, "keys.ko = \"%s\"\n".formatted(KeyFiles.fingerprint(key)));
    assertThat(shown(file)).isEqualTo(Verification.VERIFIED);
    Files.writeString(file, "keys.a = \"gone.pem\"\nkeys.b = 7\nother = 1\n");
    assertThatThrownBy(() -> Trust.of(file)).hasMessageContainingAll("gone.pem", "other");
    Files.writeString(file, "");
    assertThatThrownBy(() -> Trust.of(file)).hasMessageContaining("no key");
    assertThat(Trust.none().name(key)).isEmpty();
  }

  @Test
  void whatWasChangedIsHandedOutByNobody() throws IOException {
    ShownReleases releases = releases(null);
    assertThat(releases.now().getFirst().files()).hasSize(5);
    Files.writeString(release.resolve("config.json"), "{ }");
    assertThat(releases.now().getFirst().verification()).isEqualTo(Verification.CHANGED);
    assertThat(releases.now().getFirst().files()).isEmpty();
  }
}
