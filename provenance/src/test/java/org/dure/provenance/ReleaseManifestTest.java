package org.dure.provenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.dure.provenance.Refusals.assertRefused;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.KeyPair;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.dure.core.Signatures;
import org.dure.core.Signer;
import org.dure.provenance.ReleaseManifest.Change;
import org.dure.provenance.ReleaseManifest.Difference;
import org.dure.provenance.ReleaseManifest.Entry;
import org.dure.provenance.ReleaseManifest.Verification;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ReleaseManifestTest {
  private static final Instant CREATED = Instant.parse("2026-11-22T13:00:00.5Z");

  @TempDir Path home;

  private final KeyPair pair = Signatures.newKeyPair();
  private final Signer signer = Signatures.signer(pair.getPrivate(), pair.getPublic());
  private Path release;

  @BeforeEach
  void aSignedRelease() throws IOException {
    release = newRelease("ko", "weights of ko");
  }

  private Path newRelease(String name, String weights) throws IOException {
    Path folder = home.resolve(name);
    Files.createDirectories(folder.resolve("ledger"));
    Files.writeString(folder.resolve("model.safetensors"), weights);
    Files.writeString(folder.resolve("README.md"), "# 두레");
    Files.writeString(folder.resolve("empty.json"), "");
    Files.writeString(folder.resolve("ledger/0001.json"), "{\"round\":1}");
    Files.writeString(folder.resolve("ledger/두레.json"), "{}");
    sign(folder, name);
    return folder;
  }

  private ReleaseManifest sign(Path folder, String name) {
    return ReleaseManifest.sign(
        folder, name, name, CREATED, Map.of("study", "demo", "rounds", "24"), signer);
  }

  private Verification verify() {
    return ReleaseManifest.verify(release, pair.getPublic());
  }

  private void assertOnly(Change change, String path) {
    Verification verification = verify();
    assertThat(verification.differences())
        .extracting(Difference::change, Difference::path)
        .containsExactly(tuple(change, path));
    assertRefused(ErrorCode.RELEASE_CHANGED, verification::require).contains(path);
  }

  @Test
  void anUntouchedReleaseIsWhatWasSigned() {
    ReleaseManifest manifest = verify().require();
    assertThat(manifest.name()).isEqualTo("ko");
    assertThat(manifest.language()).isEqualTo("ko");
    assertThat(manifest.created()).isEqualTo(Instant.parse("2026-11-22T13:00:00Z"));
    assertThat(manifest.information())
        .containsExactlyEntriesOf(new TreeMap<>(Map.of("rounds", "24", "study", "demo")));
    assertThat(manifest.files())
        .extracting(Entry::path)
        .containsExactly(
            "README.md", "empty.json", "ledger/0001.json", "ledger/두레.json", "model.safetensors");
    assertThat(manifest.files().getLast().size()).isEqualTo(13);
  }

  @Test
  void signingTheSameFilesAgainGivesTheSameBytes() throws IOException {
    byte[] before = Files.readAllBytes(release.resolve("manifest.cose"));
    sign(release, "ko");
    assertThat(Files.readAllBytes(release.resolve("manifest.cose"))).isEqualTo(before);
  }

  @Test
  void aReleaseIsVerifiedThroughALinkToItAndAfterBeingMoved() throws IOException {
    Path link = Files.createSymbolicLink(home.resolve("link"), release);
    assertThat(ReleaseManifest.verify(link, pair.getPublic()).differences()).isEmpty();
    release = Files.move(release, home.resolve("elsewhere"));
    assertThat(verify().differences()).isEmpty();
  }

  @Test
  void aFlippedBitAnywhereIsRefusedAndTheFileNamed() throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(release)) {
      files = walk.filter(Files::isRegularFile).toList();
    }
    for (Path file : files) {
      String path = release.relativize(file).toString();
      byte[] bytes = Files.readAllBytes(file);
      for (int bit = 0; bit < bytes.length * 8; bit += bytes.length > 64 ? 31 : 1) {
        byte[] other = bytes.clone();
        other[bit / 8] ^= (byte) (1 << bit % 8);
        Files.write(file, other);
        if (path.equals("manifest.cose")) {
          assertRefused(ErrorCode.SIGNATURE_INVALID, this::verify).contains(path);
        } else {
          assertThat(verify().differences())
              .as("%s bit %d", path, bit)
              .extracting(Difference::path)
              .containsExactly(path);
        }
      }
      Files.write(file, bytes);
    }
    assertThat(files).hasSize(7);
    assertThat(verify().differences()).isEmpty();
  }

  @Test
  void aTruncatedManifestIsRefused() throws IOException {
    Path file = release.resolve("manifest.cose");
    byte[] bytes = Files.readAllBytes(file);
    for (int length = 0; length < bytes.length; length += 5) {
      Files.write(file, Arrays.copyOf(bytes, length));
      assertRefused(ErrorCode.SIGNATURE_INVALID, this::verify).contains("manifest.cose");
    }
    Files.write(file, Arrays.copyOf(bytes, bytes.length + 1));
    assertRefused(ErrorCode.SIGNATURE_INVALID, this::verify)
        .contains("manifest.cose is garbled", "1 bytes behind");
  }

  @Test
  void truncatedFilesAreSaidToBe() throws IOException {
    try (FileChannel file =
        FileChannel.open(release.resolve("model.safetensors"), StandardOpenOption.WRITE)) {
      file.truncate(5);
    }
    assertOnly(Change.TRUNCATED, "model.safetensors");
    assertThat(verify().differences().getFirst()).asString().contains("5 of 13 bytes");
  }

  @Test
  void filesThatGrewAreSaidToHaveChanged() throws IOException {
    Files.writeString(release.resolve("README.md"), "\n", StandardOpenOption.APPEND);
    assertOnly(Change.CHANGED, "README.md");
  }

  @Test
  void addedFilesAreNamedEvenEmptyOrHiddenOnes() throws IOException {
    for (String name : List.of("zz", ".hidden", "ledger/.env", "model.safetensors.part")) {
      Path added = Files.createFile(release.resolve(name));
      assertOnly(Change.ADDED, name);
      Files.delete(added);
    }
  }

  @Test
  void aFileWhoseNameHoldsABackslashIsNotTakenForASignedOne() throws IOException {
    Path added = Files.writeString(release.resolve("ledger\\0001.json"), "{\"round\":1}");
    assertOnly(Change.ADDED, "ledger\\0001.json");
    Files.delete(release.resolve("ledger/0001.json"));
    assertThat(verify().differences())
        .extracting(Difference::change)
        .containsExactly(Change.REMOVED, Change.ADDED);
    Files.delete(added);
  }

  @Test
  void namesOfAddedFilesDoNotSteerTheTerminal() throws IOException {
    Files.createFile(release.resolve("a\u001b[2Jb\u202ec\n"));
    assertRefused(ErrorCode.RELEASE_CHANGED, () -> verify().require())
        .contains("a\\u{1b}[2Jb\\u{202e}c\\u{a}: was added");
  }

  @Test
  void anAddedEmptyFolderIsNamed() throws IOException {
    Files.createDirectories(release.resolve("plugins/deep"));
    assertOnly(Change.ADDED, "plugins/deep/");
  }

  @Test
  void removedFilesAreNamed() throws IOException {
    Files.delete(release.resolve("ledger/0001.json"));
    assertOnly(Change.REMOVED, "ledger/0001.json");
  }

  @Test
  void renamedFilesAreRemovedAndAddedAlsoByCaseAlone() throws IOException {
    Files.move(release.resolve("README.md"), release.resolve("readme.md"));
    assertThat(verify().differences())
        .extracting(Difference::change, Difference::path)
        .containsExactly(tuple(Change.REMOVED, "README.md"), tuple(Change.ADDED, "readme.md"));
  }

  @Test
  void everyDifferenceIsNamedAtOnce() throws IOException {
    Files.delete(release.resolve("README.md"));
    Files.writeString(release.resolve("new.txt"), "new");
    Files.writeString(release.resolve("model.safetensors"), "Weights of ko");
    Files.writeString(release.resolve("ledger/두레.json"), "");
    assertRefused(ErrorCode.RELEASE_CHANGED, () -> verify().require())
        .contains("4 of its files")
        .contains("README.md", "new.txt", "model.safetensors", "ledger/두레.json");
  }

  /// As the cache of a model hub keeps it: every file is a link to one that is named by its hash.
  private Path inTheCacheOfAHub() throws IOException {
    Path cache = home.resolve("models--dure--ko");
    Path snapshot = cache.resolve("snapshots/0123abcd");
    Files.createDirectories(cache.resolve("blobs"));
    try (Stream<Path> files = Files.walk(release)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path blob = cache.resolve("blobs").resolve(Sha256.of(file));
        Files.copy(file, blob, StandardCopyOption.REPLACE_EXISTING);
        Path link = snapshot.resolve(release.relativize(file).toString());
        Files.createDirectories(link.getParent());
        Files.createSymbolicLink(link, link.getParent().relativize(blob));
      }
    }
    Files.writeString(cache.resolve("blobs/attributes"), "*.safetensors filter=lfs");
    Files.createSymbolicLink(snapshot.resolve(".gitattributes"), Path.of("../../blobs/attributes"));
    return snapshot;
  }

  @Test
  void inTheCacheOfAHubTheContentBehindTheLinksCounts() throws IOException {
    Path snapshot = inTheCacheOfAHub();
    Verification whole = ReleaseManifest.verify(snapshot, pair.getPublic());
    assertThat(whole.differences()).isEmpty();
    assertThat(whole.remarks()).hasSize(2);
    assertThat(whole.remarks().getFirst()).startsWith("6 files are symbolic links");
    assertThat(whole.remarks().getLast()).contains(".gitattributes");

    Path weights = snapshot.resolve("model.safetensors").toRealPath();
    Files.writeString(weights, "weights of vi");
    assertRefused(
            ErrorCode.RELEASE_CHANGED,
            () -> ReleaseManifest.verify(snapshot, pair.getPublic()).require())
        .contains("model.safetensors", "1 of its files");
    Files.delete(weights);
    assertRefused(
            ErrorCode.RELEASE_CHANGED,
            () -> ReleaseManifest.verify(snapshot, pair.getPublic()).require())
        .contains("model.safetensors", "blobs/");
  }

  @Test
  void whoNamesTheCacheInsteadOfTheSnapshotIsToldWhereItIs() throws IOException {
    Path snapshot = inTheCacheOfAHub();
    Path cache = snapshot.getParent().getParent();
    assertRefused(
            ErrorCode.SIGNATURE_INVALID, () -> ReleaseManifest.verify(cache, pair.getPublic()))
        .contains("cache of a model hub", snapshot.toString());
  }

  @Test
  void inAGitCheckoutTheSignedContentCountsAndTheRestIsSaid() throws IOException {
    Files.createDirectories(release.resolve(".git/objects/ab"));
    Files.createDirectories(release.resolve(".git/refs/tags"));
    Files.writeString(release.resolve(".git/HEAD"), "ref: refs/heads/main");
    Files.writeString(release.resolve(".gitattributes"), "*.safetensors filter=lfs");
    Files.createDirectories(release.resolve(".cache/huggingface/download"));
    Files.writeString(release.resolve(".cache/huggingface/download/README.md.metadata"), "x");
    Files.createFile(release.resolve("ledger/.DS_Store"));
    assertThat(verify().differences()).isEmpty();
    assertThat(verify().remarks())
        .containsExactly(
            "beside the signed files, not signed and not used: .cache, .git, .gitattributes,"
                + " ledger/.DS_Store");

    Files.writeString(
        release.resolve("model.safetensors"),
        "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 13\n");
    assertOnly(Change.CHANGED, "model.safetensors");
    assertThat(verify().differences().getFirst().found()).contains("git lfs pull");
  }

  @Test
  void whatWasAddedBehindALinkThatLeadsToSignedFilesIsNamed() throws IOException {
    Path elsewhere = home.resolve("elsewhere");
    Files.move(release.resolve("ledger"), elsewhere);
    Files.createSymbolicLink(release.resolve("ledger"), elsewhere);
    Files.createDirectories(elsewhere.resolve("deep/er"));
    Path added = Files.writeString(elsewhere.resolve("deep/er/evil.py"), "import os");
    assertOnly(Change.ADDED, "ledger/deep/er/evil.py");
    Files.delete(added);
    Files.delete(elsewhere.resolve("deep/er"));
    assertOnly(Change.ADDED, "ledger/deep/");
    Files.delete(elsewhere.resolve("deep"));
    Files.createSymbolicLink(elsewhere.resolve("loop"), release);
    assertOnly(Change.NOT_A_FILE, "ledger/loop");
  }

  @Test
  void ofAFileOfAnotherLengthNothingIsRead() throws IOException {
    for (long size : new long[] {1L << 42, 3}) {
      try (RandomAccessFile file =
          new RandomAccessFile(release.resolve("model.safetensors").toFile(), "rw")) {
        file.setLength(size);
      }
      AtomicInteger asked = new AtomicInteger();
      Verification found =
          ReleaseManifest.verify(
              release,
              pair.getPublic(),
              manifest ->
                  file -> {
                    asked.addAndGet(file.path().equals("model.safetensors") ? 1 : 0);
                    return OutputStream.nullOutputStream();
                  });
      assertThat(found.differences())
          .singleElement()
          .satisfies(one -> assertThat(one.found()).contains(Long.toString(size)));
      assertThat(asked).hasValue(0);
    }
  }

  @Test
  @Timeout(60)
  void aPipeOrADeviceInAFilesPlaceIsNotWaitedFor() throws Exception {
    for (String name : List.of("model.safetensors", "public-key.pem", "manifest.cose")) {
      Path file = release.resolve(name);
      byte[] content = Files.readAllBytes(file);
      Files.delete(file);
      assertThat(new ProcessBuilder("mkfifo", file.toString()).start().waitFor()).isZero();
      if (name.equals("manifest.cose")) {
        assertRefused(ErrorCode.SIGNATURE_INVALID, this::verify).contains("no file");
      } else {
        assertOnly(Change.NOT_A_FILE, name);
      }
      Files.delete(file);
      Files.createSymbolicLink(file, Path.of("/dev/zero"));
      if (!name.equals("manifest.cose")) {
        assertOnly(Change.NOT_A_FILE, name);
      }
      Files.delete(file);
      Files.write(file, content);
    }
  }

  @Test
  void whatIsHandedOnIsWhatWasComparedHoweverTheFolderChanges() throws IOException {
    Map<String, ByteArrayOutputStream> kept = new HashMap<>();
    Verification found =
        ReleaseManifest.verify(
            release,
            pair.getPublic(),
            manifest ->
                file -> {
                  // Whoever may write in the folder changes each file right after it was opened.
                  Path changed = home.resolve("changed");
                  Files.write(changed, new byte[(int) file.size()]);
                  Files.move(
                      changed,
                      release.resolve(file.path()),
                      StandardCopyOption.REPLACE_EXISTING,
                      StandardCopyOption.ATOMIC_MOVE);
                  ByteArrayOutputStream copy = new ByteArrayOutputStream();
                  kept.put(file.path(), copy);
                  return copy;
                });
    assertThat(found.differences()).isEmpty();
    for (Entry file : found.manifest().files()) {
      assertThat(Sha256.of(kept.get(file.path()).toByteArray())).isEqualTo(file.sha256());
    }
    assertThat(verify().differences()).isNotEmpty();
  }

  @Test
  void aSignedNameThatSteersATerminalIsNone() {
    for (String name :
        List.of("ko\u001b]0;x\u0007", "ko\nwhole, 14 files", "ko\u202e", "k".repeat(300))) {
      ReleaseManifest unused = ReleaseManifest.sign(release, name, "ko", CREATED, Map.of(), signer);
      assertRefused(ErrorCode.SIGNATURE_INVALID, this::verify)
          .contains("\"name\" is not")
          .doesNotContain("\u001b", "\u202e");
    }
  }

  @Test
  void aLinkToAFolderIsReadForWhatIsSignedInItOnly() throws IOException {
    Path elsewhere = home.resolve("elsewhere");
    Files.move(release.resolve("ledger"), elsewhere);
    Path ledger = Files.createSymbolicLink(release.resolve("ledger"), elsewhere);
    assertThat(verify().differences()).isEmpty();
    assertThat(verify().remarks().getFirst()).startsWith("2 files are symbolic links");
    Files.delete(elsewhere.resolve("0001.json"));
    assertOnly(Change.REMOVED, "ledger/0001.json");
    Files.delete(ledger);
    Files.move(elsewhere, ledger);
    Files.writeString(ledger.resolve("0001.json"), "{\"round\":1}");

    Path extra = Files.createSymbolicLink(release.resolve("extra"), home);
    assertOnly(Change.NOT_A_FILE, "extra");
    Files.delete(extra);

    Path readme = release.resolve("README.md");
    Files.delete(readme);
    for (Path target : List.of(Path.of("/dev/null"), home, release, Path.of("README.md"))) {
      Files.createSymbolicLink(readme, target);
      assertOnly(Change.NOT_A_FILE, "README.md");
      Files.delete(readme);
    }
  }

  @Test
  void aFolderInTheFilesPlaceIsNamed() throws IOException {
    Path file = release.resolve("README.md");
    Files.delete(file);
    Files.createDirectory(file);
    assertThat(verify().differences())
        .extracting(Difference::path)
        .containsExactly("README.md", "README.md/");
  }

  @Test
  void theManifestOfAnotherReleaseDoesNotFit() throws IOException {
    Path other = newRelease("ja", "weights of ja");
    Files.copy(
        other.resolve("manifest.cose"),
        release.resolve("manifest.cose"),
        StandardCopyOption.REPLACE_EXISTING);
    assertOnly(Change.CHANGED, "model.safetensors");
  }

  @Test
  void anotherKeyIsSaidToBeAnotherKey() {
    KeyPair other = Signatures.newKeyPair();
    assertRefused(
            ErrorCode.SIGNATURE_INVALID, () -> ReleaseManifest.verify(release, other.getPublic()))
        .contains("signed with another key")
        .contains(KeyFiles.fingerprint(pair.getPublic()), KeyFiles.fingerprint(other.getPublic()));
  }

  @Test
  void aForgerWhoSignsWithAnOwnKeyIsFoundOut() throws IOException {
    KeyPair forger = Signatures.newKeyPair();
    Files.writeString(release.resolve("model.safetensors"), "worse weights");
    ReleaseManifest.sign(
        release,
        "ko",
        "ko",
        CREATED,
        Map.of(),
        Signatures.signer(forger.getPrivate(), forger.getPublic()));
    assertRefused(ErrorCode.SIGNATURE_INVALID, this::verify).contains("signed with another key");
  }

  @Test
  void aKeyInTheReleaseThatIsNotTheGivenOneIsNamed() {
    KeyFiles.writePublic(release.resolve("public-key.pem"), Signatures.newKeyPair().getPublic());
    assertOnly(Change.CHANGED, "public-key.pem");
  }

  @Test
  void aMissingManifestOrKeyIsSaid() throws IOException {
    Files.delete(release.resolve("public-key.pem"));
    assertOnly(Change.REMOVED, "public-key.pem");
    Files.delete(release.resolve("manifest.cose"));
    assertRefused(ErrorCode.SIGNATURE_INVALID, this::verify)
        .contains("manifest.cose", "not signed");
    assertRefused(
            ErrorCode.INPUT_MISSING,
            () -> ReleaseManifest.verify(home.resolve("none"), pair.getPublic()))
        .contains("none");
  }

  @Test
  void signedBytesThatAreNoManifestAreRefused() throws IOException {
    for (byte[] payload :
        List.of(new byte[] {0}, new byte[0], Cbor.encode(CborValue.Map.of(Map.of())))) {
      CoseSign1 message =
          CoseSign1.sign(payload, "application/vnd.dure.release+cbor", new byte[32], signer);
      Files.write(release.resolve("manifest.cose"), message.bytes());
      assertRefused(ErrorCode.SIGNATURE_INVALID, this::verify).contains("is not a manifest");
    }
    CoseSign1 message = CoseSign1.sign(new byte[] {0}, "text/plain", new byte[32], signer);
    Files.write(release.resolve("manifest.cose"), message.bytes());
    assertRefused(ErrorCode.SIGNATURE_INVALID, this::verify)
        .contains("is not the manifest of a release");
  }

  @Test
  void signedPathsThatLeaveTheReleaseAreRefused() throws IOException {
    for (String path :
        List.of("../README.md", "/etc/passwd", "a//b", "", ".", "manifest.cose", "a\\b", "c:")) {
      CborValue file =
          map(
              "path",
              CborValue.of(path),
              "size",
              CborValue.of(0),
              "sha256",
              CborValue.of(new byte[32]));
      CoseSign1 message =
          CoseSign1.sign(
              Cbor.encode(manifestOf(file)),
              "application/vnd.dure.release+cbor",
              new byte[32],
              signer);
      Files.write(release.resolve("manifest.cose"), message.bytes());
      assertRefused(ErrorCode.SIGNATURE_INVALID, this::verify)
          .as(path)
          .contains("is not a manifest", "\"" + path + "\"");
    }
  }

  private static CborValue manifestOf(CborValue file) {
    CborValue.Map head =
        map("version", CborValue.of(1), "name", CborValue.of("x"), "language", CborValue.of("ko"));
    Map<CborValue, CborValue> pairs = new HashMap<>(head.pairs());
    pairs.putAll(
        map(
                "created",
                CborValue.of("2026-01-01T00:00:00Z"),
                "information",
                CborValue.Map.of(Map.of()),
                "files",
                new CborValue.Array(List.of(file)))
            .pairs());
    return CborValue.Map.of(pairs);
  }

  private static CborValue.Map map(
      String a, CborValue first, String b, CborValue second, String c, CborValue third) {
    return CborValue.Map.of(
        Map.of(CborValue.of(a), first, CborValue.of(b), second, CborValue.of(c), third));
  }

  @Test
  void foldersThatCannotBeSignedAreRefusedByName() throws IOException {
    Path empty = Files.createDirectory(home.resolve("empty"));
    assertRefused(ErrorCode.INPUT_EMPTY, () -> sign(empty, "x"));
    assertRefused(ErrorCode.INPUT_MISSING, () -> sign(home.resolve("none"), "x"));
    Path file = Files.createFile(release.resolve(".model.abc.part"));
    assertRefused(ErrorCode.INPUT_MALFORMED, () -> sign(release, "x"))
        .contains(".model.abc.part", "interrupted write");
    Files.delete(file);
    Path link = Files.createSymbolicLink(release.resolve("link"), home);
    assertRefused(ErrorCode.INPUT_MALFORMED, () -> sign(release, "x"))
        .contains("link", "a symbolic link");
    Files.delete(link);
    Path folder = Files.createDirectory(release.resolve("nothing"));
    assertRefused(ErrorCode.INPUT_MALFORMED, () -> sign(release, "x"))
        .contains("nothing", "an empty folder");
    Files.delete(folder);
    Path strange = Files.createFile(release.resolve("line\nbreak"));
    assertRefused(ErrorCode.INPUT_MALFORMED, () -> sign(release, "x")).contains("not a name");
    Files.delete(strange);
    Path twin = Files.createFile(release.resolve("readme.MD"));
    if (Files.exists(release.resolve("README.md"), LinkOption.NOFOLLOW_LINKS)) {
      assertRefused(ErrorCode.INPUT_MALFORMED, () -> sign(release, "x"))
          .contains("one name on many file systems");
    }
    Files.delete(twin);
    assertThat(verify().differences()).isEmpty();
  }
}
