package org.dure.model;

import java.util.List;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.ModelConfig;
import org.dure.core.TensorLayout;

/// Which tensors of a model travel between regions.
public enum Sharing {
  /// The blocks and the last norm: what is about language as such. Embeddings and head, which are
  /// about one tokenizer's words, stay at home.
  BODY,
  /// Everything: for regions that share one tokenizer.
  ALL;

  /// The tensors that travel, in the order in which they do. For [#BODY] it does not depend on the
  /// vocabulary.
  public TensorLayout layout(ModelConfig config) {
    ModelLayout layout = ModelLayout.of(config);
    return switch (this) {
      case BODY -> layout.body();
      case ALL -> layout.all();
    };
  }

  /// Reads `body` or `all`.
  ///
  /// @throws DureException with [ErrorCode#CONFIGURATION_INVALID]
  public static Sharing of(String name) {
    for (Sharing sharing : values()) {
      if (sharing.key().equals(name)) {
        return sharing;
      }
    }
    throw new DureException(
        ErrorCode.CONFIGURATION_INVALID,
        "sharing is \"%s\": expected one of %s".formatted(name, keys()));
  }

  /// As written in a study file: `body`, `all`.
  public String key() {
    return switch (this) {
      case BODY -> "body";
      case ALL -> "all";
    };
  }

  /// Every [#key].
  public static List<String> keys() {
    return List.of(BODY.key(), ALL.key());
  }
}
