package org.dure.provenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.dure.provenance.Refusals.assertRefused;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Seeded;
import org.dure.core.Signatures;
import org.dure.core.Signer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyFilesTest {
  /// RFC 8032 section 7.1, test 1.
  private static final String SEED =
      "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";

  private static final String POINT =
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
  private static final String SIGNATURE_OF_NOTHING =
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
          + "d25bf5f0595bbe24655141438e7a100b";

  @TempDir Path folder;

  private Path write(String name, String content) throws IOException {
    Path file = folder.resolve(name);
    Files.deleteIfExists(file);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(file, content);
    return file;
  }

  @Test
  void aPrivateKeyThatAKilledProcessLeftBesideIsRemoved() throws IOException {
    Path file = folder.resolve("key.pem");
    Path other = write(".other.pem.3k.part", "another's");
    for (String left : List.of(".key.pem.1x2y.part", ".key.pem.zz.part")) {
      Path part = write(left, "a private key");
      KeyPair unused = KeyFiles.obtain(file);
      assertThat(part).doesNotExist();
    }
    assertThat(file).exists();
    assertThat(other).exists();
  }

  @Test
  void aKeyComesBackFromItsFileWithItsPublicKey() {
    Path file = folder.resolve("deep/down/key.pem");
    KeyPair made = KeyFiles.create(file);
    KeyPair read = KeyFiles.read(file);
    assertThat(read.getPrivate()).isEqualTo(made.getPrivate());
    assertThat(read.getPublic()).isEqualTo(made.getPublic());
  }

  @Test
  void thePrivateFileIsTheOwnersAloneAndNothingElseIsLeft() throws IOException {
    Path file = folder.resolve("key.pem");
    KeyFiles.create(file);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void theTestKeyOfRfc8032SignsAsPublished() throws IOException {
    byte[] der = HexFormat.of().parseHex("302e020100300506032b657004220420" + SEED);
    Path file = write("rfc8032.pem", Pem.encode(Pem.PRIVATE_KEY, der));
    Signer signer = KeyFiles.signer(file);
    assertThat(HexFormat.of().formatHex(signer.publicKey().getEncoded())).endsWith(POINT);
    assertThat(HexFormat.of().formatHex(signer.sign(new byte[0]))).isEqualTo(SIGNATURE_OF_NOTHING);
  }

  @Test
  void aKeyIsNeverOverwritten() throws IOException {
    Path file = folder.resolve("key.pem");
    KeyFiles.create(file);
    byte[] before = Files.readAllBytes(file);
    assertRefused(ErrorCode.HOME_CONFLICT, () -> KeyFiles.create(file)).contains(file.toString());
    assertThat(Files.readAllBytes(file)).isEqualTo(before);
    assertThat(KeyFiles.obtain(file).getPublic()).isEqualTo(KeyFiles.read(file).getPublic());
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void aBrokenKeyIsNotReplacedByANewOne() throws IOException {
    Path file = write("key.pem", "");
    assertRefused(ErrorCode.INPUT_MALFORMED, () -> KeyFiles.obtain(file))
        .contains(file.toString(), "holds no PEM block");
    assertThat(file).isEmptyFile();
  }

  @Test
  void aKeyThatOthersMayReadIsRefused() throws IOException {
    Path file = folder.resolve("key.pem");
    KeyFiles.create(file);
    for (String permissions : List.of("rw-r--r--", "rw----r--", "rw--w----", "rwx--x---")) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
      assertRefused(ErrorCode.KEY_EXPOSED, () -> KeyFiles.read(file))
          .contains(file.toString(), permissions);
    }
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--------"));
    assertThat(KeyFiles.read(file)).isNotNull();
  }

  @Test
  void keysOfOtherAlgorithmsAreRefused() throws Exception {
    for (String algorithm : List.of("RSA", "EC", "Ed448", "X25519")) {
      KeyPair pair = KeyPairGenerator.getInstance(algorithm).generateKeyPair();
      Path file = write("private.pem", Pem.encode(Pem.PRIVATE_KEY, pair.getPrivate().getEncoded()));
      assertRefused(ErrorCode.INPUT_MALFORMED, () -> KeyFiles.read(file))
          .contains("not an Ed25519 private key");
      String pem = Pem.encode(Pem.PUBLIC_KEY, pair.getPublic().getEncoded());
      assertRefused(ErrorCode.INPUT_MALFORMED, () -> KeyFiles.publicKey(pem, "public.pem"))
          .contains("public.pem", "not an Ed25519 public key");
    }
  }

  @Test
  void takingOneKindOfFileForAnotherIsSaid() {
    Path file = folder.resolve("key.pem");
    KeyFiles.create(file);
    assertRefused(ErrorCode.INPUT_MALFORMED, () -> KeyFiles.readPublic(file))
        .contains("line 1 begins a PRIVATE KEY where a PUBLIC KEY is expected");
    Path publicFile = folder.resolve("public.pem");
    KeyFiles.writePublic(publicFile, KeyFiles.read(file).getPublic());
    assertThat(KeyFiles.readPublic(publicFile)).isEqualTo(KeyFiles.read(file).getPublic());
  }

  @Test
  void aFolderInAKeysPlaceIsSaidToBeOneWithTheKeysInIt() throws IOException {
    Path keys = Files.createDirectories(folder.resolve("keys"));
    assertRefused(ErrorCode.INPUT_MALFORMED, () -> KeyFiles.readPublic(keys))
        .contains(keys + " is a folder: expected the signer's public key, a file");
    KeyPair pair = KeyFiles.create(keys.resolve("private.pem"));
    KeyFiles.writePublic(keys.resolve("ko.pem"), pair.getPublic());
    Files.writeString(keys.resolve("broken.pem"), "no key");
    assertRefused(ErrorCode.INPUT_MALFORMED, () -> KeyFiles.readPublic(keys))
        .endsWith("in it there is " + keys.resolve("ko.pem"));
  }

  @Test
  void aMissingFileIsSaidToBeMissing() {
    Path file = folder.resolve("none.pem");
    assertRefused(ErrorCode.INPUT_MISSING, () -> KeyFiles.read(file)).contains(file.toString());
    assertRefused(ErrorCode.INPUT_MISSING, () -> KeyFiles.readPublic(file))
        .contains(file.toString());
  }

  @Test
  void theTextOfAPublicKeyIsReadInEveryUsualForm() {
    String pem = KeyFiles.pem(Signatures.newKeyPair().getPublic());
    String expected = KeyFiles.pem(KeyFiles.publicKey(pem, "key"));
    assertThat(expected).isEqualTo(pem);
    assertThat(KeyFiles.pem(KeyFiles.publicKey("\n\n" + pem.replace("\n", "\r\n") + "\n", "key")))
        .isEqualTo(pem);
  }

  @Test
  void strayTextAroundOrBehindAKeyIsRefused() {
    String pem = KeyFiles.pem(Signatures.newKeyPair().getPublic());
    for (String hostile :
        List.of(
            "hello\n" + pem,
            pem + "hello",
            pem + pem,
            pem.replace("-----END", "----END"),
            pem.substring(0, pem.length() / 2),
            pem.replace("PUBLIC KEY-----\n", "PUBLIC KEY-----\n!!"),
            pem.replace("-----BEGIN PUBLIC KEY-----", "-----BEGIN CERTIFICATE-----"))) {
      assertRefused(ErrorCode.INPUT_MALFORMED, () -> KeyFiles.publicKey(hostile, "here"))
          .startsWith("here: ");
    }
  }

  @Test
  void fileThatIsHugeOrBinaryIsRefused() throws IOException {
    Path huge = write("huge.pem", "a".repeat((1 << 20) + 1));
    assertRefused(ErrorCode.INPUT_MALFORMED, () -> KeyFiles.readPublic(huge)).contains("1 MiB");
    Path binary = write("binary.pem", "한글");
    assertRefused(ErrorCode.INPUT_MALFORMED, () -> KeyFiles.readPublic(binary))
        .contains("byte 0 is not ASCII");
  }

  @Test
  void mutatedFilesAreReadOrRefusedButNeverCrash() throws IOException {
    SplittableRandom random = Seeded.random("KeyFilesTest");
    Path file = folder.resolve("key.pem");
    KeyFiles.create(file);
    byte[] pem = Files.readAllBytes(file);
    for (int i = 0; i < 300; i++) {
      byte[] mutated = pem.clone();
      for (int n = random.nextInt(1, 4); n > 0; n--) {
        mutated[random.nextInt(mutated.length)] = (byte) random.nextInt(128);
      }
      Files.write(file, mutated);
      assertThatCode(
              () -> {
                try {
                  KeyFiles.read(file);
                } catch (DureException e) {
                  assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED);
                }
              })
          .doesNotThrowAnyException();
    }
  }
}
