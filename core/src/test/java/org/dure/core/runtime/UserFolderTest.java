package org.dure.core.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UserFolderTest {
  @TempDir Path folder;
  private Path caches;

  @BeforeEach
  void caches() {
    caches = folder.resolve("caches");
  }

  private static void mode(Path path, String mode) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
  }

  private void assertRefused(Path named) {
    assertThatThrownBy(() -> UserFolder.of(caches, "native"))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.FOLDER_EXPOSED))
        .hasMessageContaining(named.toString());
  }

  @Test
  void itIsMadeForItsUserAlone() throws IOException {
    Path made = UserFolder.of(caches, "native");
    assertThat(made).isEqualTo(caches.toRealPath().resolve("dure/native"));
    for (Path one : new Path[] {made, made.getParent()}) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(one)))
          .isEqualTo("rwx------");
    }
    mode(made, "rwxr-xr-x");
    Path again = UserFolder.of(caches, "native");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(again)))
        .isEqualTo("rwx------");
  }

  @Test
  void oneIntoWhichOthersCouldPutSomethingIsRefusedByName() throws IOException {
    Path made = UserFolder.of(caches, "native");
    for (String open : new String[] {"rwxrwx---", "rwx----w-", "rwxrwxrwx"}) {
      for (Path one : new Path[] {made, made.getParent()}) {
        mode(one, open);
        assertRefused(one.getFileName());
        mode(one, "rwx------");
      }
    }
    mode(caches, "rwxrwxrwx");
    assertRefused(caches.getFileName());
    mode(caches, "rwx------");
    assertThat(UserFolder.of(caches, "native")).isEqualTo(made);
  }

  @Test
  void aLinkInItsPlaceIsRefused() throws IOException {
    Path elsewhere = Files.createDirectories(folder.resolve("elsewhere/native"));
    Files.createDirectories(caches);
    Files.createSymbolicLink(caches.resolve("dure"), elsewhere.getParent());
    assertRefused(caches.resolve("dure"));
    Files.delete(caches.resolve("dure"));
    Path made = UserFolder.of(caches, "other").getParent();
    Files.createSymbolicLink(made.resolve("native"), elsewhere);
    assertRefused(Path.of("dure/native"));
  }

  @Test
  void anothersIsRefused() throws IOException {
    Path made = UserFolder.of(caches, "native");
    try {
      Files.setAttribute(made, "unix:uid", 65_534);
    } catch (IOException e) {
      assumeTrue(false, "skipped: only root gives folders away");
    }
    assertRefused(Path.of("dure/native"));
    Files.setAttribute(made, "unix:uid", 0);
    Files.setAttribute(caches, "unix:uid", 65_534);
    assertRefused(caches.getFileName());
  }

  @Test
  void aLibraryThatIsNotTheArchivesIsNotLoaded() throws IOException {
    String resource = "/profiles/ko.toml";
    Path unpacked = UserFolder.unpack(UserFolder.class, resource, UserFolder.of(caches, "native"));
    assertThat(unpacked).isNotNull();
    byte[] right = Files.readAllBytes(unpacked);
    assertThat(right).isNotEmpty();
    Files.writeString(unpacked, "planted");
    assertThat(UserFolder.unpack(UserFolder.class, resource, UserFolder.of(caches, "native")))
        .isEqualTo(unpacked)
        .hasBinaryContent(right);
    Path planted = Files.writeString(folder.resolve("planted.so"), "planted");
    Files.delete(unpacked);
    Files.createSymbolicLink(unpacked, planted);
    assertThat(UserFolder.unpack(UserFolder.class, resource, UserFolder.of(caches, "native")))
        .isEqualTo(unpacked)
        .hasBinaryContent(right);
    assertThat(Files.isSymbolicLink(unpacked)).isFalse();
    assertThat(UserFolder.unpack(UserFolder.class, "/none.so", folder)).isNull();
  }
}
