package org.dure.core;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Named tensors in a fixed order, laid out one after the other in a vector of 32-bit floats.
///
/// This is all that hub and protocol know of a model: a fragment is a range of that vector.
public record TensorLayout(List<Tensor> tensors) {
  /// @param name as in the checkpoint, e.g. `model.layers.0.mlp.up_proj.weight`
  /// @param shape sizes, outermost first
  public record Tensor(String name, List<Long> shape) {
    public Tensor {
      shape = List.copyOf(shape);
    }

    /// Number of values.
    public long elements() {
      return shape.stream().reduce(1L, Math::multiplyExact);
    }
  }

  /// Most values: beyond it, not even a count of their bits fits into 63.
  private static final long MOST_ELEMENTS = 1L << 57;

  /// @throws DureException if a name occurs twice, a size is below 1, or there are 2^57 values
  public TensorLayout {
    tensors = List.copyOf(tensors);
    Set<String> names = new HashSet<>();
    for (Tensor tensor : tensors) {
      if (!names.add(tensor.name()) || tensor.shape().stream().anyMatch(size -> size < 1)) {
        throw new DureException(
            ErrorCode.INPUT_MALFORMED,
            "tensor %s %s: names must be unique and sizes positive"
                .formatted(tensor.name(), tensor.shape()));
      }
    }
    double elements = 0;
    for (Tensor tensor : tensors) {
      elements += tensor.shape().stream().mapToDouble(Long::doubleValue).reduce(1, (a, b) -> a * b);
    }
    if (elements >= MOST_ELEMENTS) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "tensors of %.3g values: no model is so large".formatted(elements));
    }
  }

  /// Number of values of all tensors.
  public long elements() {
    return tensors.stream().mapToLong(Tensor::elements).sum();
  }

  /// SHA-256 of names and shapes in their order: equal digests mean the same layout.
  public String digest() {
    return Sha256.of(Json.bytes(tensors));
  }
}
