package org.dure.federation.region;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.dure.federation.protocol.FragmentList;

/// What lies in a region's folder and is next to leave, or was last to leave: read only, also while
/// the node works.
///
/// @param preparation the region's part of the common preparation, where it has been made
/// @param delta of the newest finished round
/// @param scores of the last merge, where it has been measured
public record ExportPreview(
    Optional<byte[]> preparation, Optional<Delta> delta, Optional<Map<String, Double>> scores) {
  /// A delta in figures, with the numbers that go with it.
  ///
  /// @param digest of its list
  /// @param norm Euclidean length of all values
  /// @param largest of all values, without its sign
  /// @param weight in the merge
  public record Delta(
      int round,
      String digest,
      long bytes,
      int fragments,
      double norm,
      double largest,
      long weight,
      Map<String, Double> metrics) {}

  /// @param node the node's folder
  /// @param study digest of the study
  public static ExportPreview of(Path node, String study) {
    NodeStore store = new NodeStore(node);
    return new ExportPreview(
        store.preparation(),
        store.newest().filter(done -> done.study().equals(study)).map(done -> delta(store, done)),
        store
            .measured()
            .filter(measured -> measured.study().equals(study))
            .map(NodeStore.Measured::scores));
  }

  private static Delta delta(NodeStore store, NodeStore.Done done) {
    FragmentList list = done.delta();
    double squares = 0;
    double largest = 0;
    for (int i = 0; i < list.fragments().size(); i++) {
      FloatBuffer values =
          ByteBuffer.wrap(store.fragment(done, i)).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
      while (values.hasRemaining()) {
        double value = values.get();
        squares += value * value;
        largest = Math.max(largest, Math.abs(value));
      }
    }
    return new Delta(
        done.round(),
        list.digest(),
        list.bytes(),
        list.fragments().size(),
        Math.sqrt(squares),
        largest,
        done.weight(),
        done.metrics());
  }
}
