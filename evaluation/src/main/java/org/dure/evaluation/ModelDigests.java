package org.dure.evaluation;

import java.nio.file.Path;
import org.dure.core.Sha256;

/// Which model it was, by the SHA-256 of each file that decides what it answers.
///
/// @param weights of `model.safetensors`, 64 hexadecimal digits
/// @param tokenizer of `tokenizer.json`
/// @param config of `config.json`
public record ModelDigests(String weights, String tokenizer, String config) {
  /// The digests of a model's folder.
  ///
  /// @throws org.dure.core.DureException if a file is missing or cannot be read
  public static ModelDigests of(Path folder) {
    return new ModelDigests(
        Sha256.of(folder.resolve("model.safetensors")),
        Sha256.of(folder.resolve("tokenizer.json")),
        Sha256.of(folder.resolve("config.json")));
  }
}
