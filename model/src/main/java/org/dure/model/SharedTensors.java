package org.dure.model;

import org.dure.core.ModelConfig;
import org.dure.core.Sharing;
import org.dure.core.TensorLayout;

/// The tensors of a model that travel between regions.
public final class SharedTensors {
  private SharedTensors() {}

  /// In the order in which they travel. For [Sharing#BODY] it does not depend on the vocabulary.
  public static TensorLayout layout(Sharing sharing, ModelConfig config) {
    ModelLayout layout = ModelLayout.of(config);
    return switch (sharing) {
      case BODY -> layout.body();
      case ALL -> layout.all();
    };
  }
}
