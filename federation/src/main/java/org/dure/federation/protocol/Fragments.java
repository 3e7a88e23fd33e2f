package org.dure.federation.protocol;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.dure.core.WeightSource;
import org.dure.core.Weights;

/// Cuts weights and plain bytes into fragments, and puts them together again.
public final class Fragments {
  private Fragments() {}

  /// Fragment `index` of weights.
  public static byte[] slice(MemorySegment values, FragmentList list, int index) {
    return values.asSlice(list.offset(index), list.length(index)).toArray(ValueLayout.JAVA_BYTE);
  }

  /// The table of contents of `weights`, without keeping anything.
  public static FragmentList list(Weights weights, int fragmentBytes) {
    List<String> digests = new ArrayList<>();
    FragmentList shape = FragmentList.weights(weights.layout(), fragmentBytes, List.of());
    long count = FragmentList.count(shape.bytes(), fragmentBytes);
    for (int i = 0; i < count; i++) {
      digests.add(Sha256.of(slice(weights.values(), shape, i)));
    }
    return FragmentList.weights(weights.layout(), fragmentBytes, digests);
  }

  /// Keeps weights fragment by fragment, then their list; one fragment is in memory at a time. They
  /// are durable only when they have been settled.
  public static FragmentList put(WeightSource weights, int fragmentBytes, ArtifactStore store) {
    FragmentList shape = FragmentList.weights(weights.layout(), fragmentBytes, List.of());
    List<String> digests = new ArrayList<>();
    long count = FragmentList.count(shape.bytes(), fragmentBytes);
    for (int i = 0; i < count; i++) {
      byte[] fragment = new byte[shape.length(i)];
      weights.read(shape.offset(i) / 4, MemorySegment.ofArray(fragment));
      digests.add(store.putSoon(fragment));
    }
    FragmentList list = FragmentList.weights(weights.layout(), fragmentBytes, digests);
    store.putSoon(list.encode());
    return list;
  }

  /// The table of contents of plain bytes.
  public static FragmentList list(byte[] bytes, int fragmentBytes) {
    List<String> digests = new ArrayList<>();
    for (int from = 0; from < bytes.length; from += fragmentBytes) {
      digests.add(
          Sha256.of(Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + fragmentBytes))));
    }
    return new FragmentList(FragmentList.BYTES, "", bytes.length, fragmentBytes, digests);
  }

  /// Keeps plain bytes fragment by fragment, then their list.
  public static FragmentList put(byte[] bytes, int fragmentBytes, ArtifactStore store) {
    FragmentWriter writer = new FragmentWriter(fragmentBytes, store);
    writer.write(bytes);
    return writer.finish();
  }

  /// The plain bytes that `list` names.
  ///
  /// @throws DureException if a fragment is missing or changed
  public static byte[] bytes(FragmentList list, ArtifactStore store) {
    ByteArrayOutputStream out = new ByteArrayOutputStream((int) list.bytes());
    for (String fragment : list.fragments()) {
      out.writeBytes(store.get(fragment));
    }
    return out.toByteArray();
  }

  /// Copies the fragments that `list` names into `weights`. Their digests are not checked again:
  /// `Transfers.fetch` has just done so.
  ///
  /// @throws DureException if a fragment is missing or of the wrong length, or the list is of
  ///     another layout
  public static void fill(Weights weights, FragmentList list, ArtifactStore store) {
    if (!list.layout().equals(weights.layout().digest())
        || !list.encoding().equals(FragmentList.FP32)) {
      throw new DureException(
          ErrorCode.STUDY_MISMATCH,
          "weights of the layout %s (%s): expected %s"
              .formatted(list.layout(), list.encoding(), weights.layout().digest()));
    }
    for (int i = 0; i < list.fragments().size(); i++) {
      byte[] fragment = read(list.fragments().get(i), store);
      if (fragment.length != list.length(i)) {
        throw new DureException(
            ErrorCode.PEER_MISBEHAVED,
            "fragment %d of the weights has %d bytes: expected %d"
                .formatted(i, fragment.length, list.length(i)));
      }
      weights
          .values()
          .asSlice(list.offset(i), list.length(i))
          .copyFrom(MemorySegment.ofArray(fragment));
    }
  }

  private static byte[] read(String digest, ArtifactStore store) {
    try (InputStream in = store.open(digest)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new DureException(
          ErrorCode.INPUT_MISSING, "chunk %s of the weights".formatted(digest), e);
    }
  }
}
