package org.dure.model;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import org.dure.core.DureException;
import org.dure.core.ModelConfig;
import org.dure.core.Sharing;
import org.dure.core.TensorLayout;
import org.dure.core.Weights;

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

  /// The values of a model's folder that travel.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if the weights are not of the folder's
  ///     shape
  public static Weights of(Path folder, Sharing sharing, Arena arena) {
    Weights weights = Weights.allocate(layout(sharing, ModelFolder.configToLoad(folder)), arena);
    TrainerState.copy(folder.resolve(ModelFolder.WEIGHTS), "", weights);
    return weights;
  }
}
