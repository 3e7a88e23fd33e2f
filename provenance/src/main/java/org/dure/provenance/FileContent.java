package org.dure.provenance;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import org.dure.core.DureException;
import org.dure.core.Sha256;
import org.dure.provenance.ReleaseManifest.Copies;
import org.dure.provenance.ReleaseManifest.Entry;

/// What is in the files of a release, each opened once. Stateless.
final class FileContent {
  /// First words of the small file that stands for a large one in a git checkout without it.
  private static final String LFS_POINTER = "version https://git-lfs.github.com/spec/";

  private FileContent() {}

  /// Whether it is the small file that Git LFS puts in a large one's place.
  static boolean isPointer(FileChannel channel) throws IOException {
    ByteBuffer start = ByteBuffer.allocate(LFS_POINTER.length());
    int unused = channel.read(start, 0);
    return new String(start.array(), StandardCharsets.ISO_8859_1).equals(LFS_POINTER);
  }

  /// What is in a file that is as long as was signed; of any other only how long it is.
  static Entry compared(Entry signed, FileChannel channel, Copies copies) throws IOException {
    long size = channel.size();
    if (size != signed.size()) {
      return new Entry(signed.path(), size, Sha256.NONE);
    }
    MessageDigest digest = Sha256.digest();
    byte[] buffer = new byte[1 << 16];
    long left = size;
    try (OutputStream copy = copies.of(signed)) {
      InputStream in = Channels.newInputStream(channel);
      while (left > 0) {
        int n = in.read(buffer, 0, (int) Math.min(buffer.length, left));
        if (n < 0) {
          return new Entry(signed.path(), size - left, Sha256.NONE);
        }
        digest.update(buffer, 0, n);
        copy.write(buffer, 0, n);
        left -= n;
      }
    }
    return new Entry(signed.path(), size, Sha256.hex(digest.digest()));
  }

  /// Size and digest of all of a file.
  static Entry entry(String path, Path file) {
    MessageDigest digest = Sha256.digest();
    byte[] buffer = new byte[1 << 16];
    long size = 0;
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
        size += n;
      }
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
    return new Entry(path, size, Sha256.hex(digest.digest()));
  }
}
