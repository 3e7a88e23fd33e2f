package org.dure.federation.protocol;

import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.dure.core.ArtifactStore;

/// Cuts plain bytes into fragments as they come, and keeps each; one is in memory at a time. Not
/// thread-safe.
public final class FragmentWriter extends OutputStream {
  private final ArtifactStore store;
  private final byte[] fragment;
  private final List<String> digests = new ArrayList<>();
  private int filled;
  private long bytes;

  public FragmentWriter(int fragmentBytes, ArtifactStore store) {
    this.store = store;
    this.fragment = new byte[fragmentBytes];
  }

  @Override
  public void write(int value) {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] from) {
    write(from, 0, from.length);
  }

  @Override
  public void write(byte[] from, int start, int length) {
    for (int done = 0; done < length; ) {
      int count = Math.min(length - done, fragment.length - filled);
      System.arraycopy(from, start + done, fragment, filled, count);
      filled += count;
      done += count;
      if (filled == fragment.length) {
        keep();
      }
    }
  }

  private void keep() {
    digests.add(store.put(Arrays.copyOf(fragment, filled)));
    bytes += filled;
    filled = 0;
  }

  /// Keeps what is left, then the list of all.
  public FragmentList finish() {
    if (filled > 0) {
      keep();
    }
    FragmentList list = new FragmentList(FragmentList.BYTES, "", bytes, fragment.length, digests);
    String unused = store.put(list.encode());
    return list;
  }
}
