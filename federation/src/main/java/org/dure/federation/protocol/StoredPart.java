package org.dure.federation.protocol;

import java.io.IOException;
import java.io.InputStream;
import java.security.DigestInputStream;
import java.util.Iterator;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;

/// The plain bytes that a list names, read one fragment after the other.
public record StoredPart(FragmentList list, ArtifactStore store) implements CommonPreparation.Part {
  @Override
  public long length() {
    return list.bytes();
  }

  /// Reading ends with a [DureException] with [ErrorCode#ARTIFACT_CORRUPT] after a fragment that is
  /// not what its name says, or [ErrorCode#INPUT_MISSING] before one that is not there.
  @Override
  public InputStream open() {
    return new Stream(list.fragments().iterator(), store);
  }

  private static final class Stream extends InputStream {
    private final Iterator<String> rest;
    private final ArtifactStore store;
    private String digest = Sha256.of(new byte[0]);
    private DigestInputStream fragment =
        new DigestInputStream(InputStream.nullInputStream(), Sha256.digest());

    Stream(Iterator<String> rest, ArtifactStore store) {
      this.rest = rest;
      this.store = store;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      while (true) {
        int count = fragment.read(into, from, length);
        if (count >= 0) {
          return count;
        }
        if (!Sha256.hex(fragment.getMessageDigest().digest()).equals(digest)) {
          throw new DureException(
              ErrorCode.ARTIFACT_CORRUPT,
              "chunk %s: the disk or a person changed it".formatted(digest));
        }
        fragment.close();
        if (!rest.hasNext()) {
          digest = Sha256.of(new byte[0]);
          fragment = new DigestInputStream(InputStream.nullInputStream(), Sha256.digest());
          return -1;
        }
        digest = rest.next();
        fragment = new DigestInputStream(store.open(digest), Sha256.digest());
      }
    }

    @Override
    public void close() throws IOException {
      fragment.close();
    }
  }
}
