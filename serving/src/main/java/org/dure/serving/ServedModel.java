package org.dure.serving;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.dure.core.LanguageModel;

/// A model as the server offers it.
///
/// @param made when the model was made
/// @param provenance what people may want to know about its origin, by name, e.g. who signed it;
///     shown as is under `/v1/models/NAME` and on the page
/// @param examples beginnings of texts that the page offers to go on with; may be empty
public record ServedModel(
    LanguageModel model, Instant made, Map<String, String> provenance, List<String> examples) {
  public ServedModel {
    provenance = Map.copyOf(provenance);
    examples = List.copyOf(examples);
  }

  /// A model without known provenance.
  public static ServedModel of(LanguageModel model) {
    return new ServedModel(model, Instant.now(), Map.of(), List.of());
  }
}
