package org.dure.model;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.ModelConfig;
import org.dure.core.SafeTensors;
import org.dure.core.Sha256;
import org.dure.core.Weights;
import org.dure.tokenizer.Tokenizer;
import org.jspecify.annotations.Nullable;

/// A model as a folder that the transformers library loads as `LlamaForCausalLM`; the files are
/// specified in the package's description.
final class ModelFolder {
  static final String WEIGHTS = "model.safetensors";
  static final String CONFIG = "config.json";
  static final String GENERATION = "generation_config.json";
  static final String TOKENIZER = "tokenizer.json";

  /// In the metadata of the weights: SHA-256 of the `tokenizer.json` that made their tokens.
  private static final String TRAINED_WITH = "tokenizer";

  private static final String ARCHITECTURE = "LlamaForCausalLM";

  private ModelFolder() {}

  /// Writes weights, `config.json` and `generation_config.json`; names the special tokens of the
  /// `tokenizer.json` that lies there, if one does.
  ///
  /// @param tokenizer digest of the one whose tokens the weights were trained on
  static void write(Path folder, ModelConfig config, Weights weights, String tokenizer) {
    Map<String, @Nullable Object> specials = specials(folder);
    SafeTensors.write(
        folder.resolve(WEIGHTS),
        TrainerState.entries("", weights),
        new TreeMap<>(Map.of("format", "pt", TRAINED_WITH, tokenizer)));
    AtomicFiles.write(folder.resolve(CONFIG), Json.pretty(configuration(config, specials)));
    Map<String, @Nullable Object> generation = new LinkedHashMap<>(specials);
    generation.put("max_length", config.contextLength());
    generation.put("do_sample", true);
    AtomicFiles.write(folder.resolve(GENERATION), Json.pretty(generation));
  }

  private static Map<String, @Nullable Object> specials(Path folder) {
    Map<String, @Nullable Object> specials = new LinkedHashMap<>();
    Path file = folder.resolve(TOKENIZER);
    boolean known = Files.isRegularFile(file);
    Tokenizer tokenizer = known ? Tokenizer.read(file) : null;
    specials.put("bos_token_id", tokenizer == null ? null : tokenizer.beginToken());
    specials.put("eos_token_id", tokenizer == null ? null : tokenizer.endToken());
    specials.put("pad_token_id", tokenizer == null ? null : tokenizer.paddingToken());
    return specials;
  }

  private static Map<String, @Nullable Object> configuration(
      ModelConfig config, Map<String, @Nullable Object> specials) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("architectures", List.of(ARCHITECTURE));
    json.put("model_type", "llama");
    json.put("vocab_size", config.vocabularySize());
    json.put("hidden_size", config.width());
    json.put("num_hidden_layers", config.layers());
    json.put("num_attention_heads", config.heads());
    json.put("num_key_value_heads", config.keyValueHeads());
    json.put("head_dim", config.headSize());
    json.put("intermediate_size", config.feedForward());
    json.put("max_position_embeddings", config.contextLength());
    json.put("rope_theta", config.ropeTheta());
    json.put("rope_scaling", null);
    json.put("rms_norm_eps", config.normEpsilon());
    json.put("tie_word_embeddings", config.tiedEmbeddings());
    json.put("hidden_act", "silu");
    json.put("attention_bias", false);
    json.put("mlp_bias", false);
    json.put("attention_dropout", 0.0);
    json.put("initializer_range", InitialWeights.deviation(config.width()));
    json.put("use_cache", true);
    json.put("torch_dtype", "float32");
    json.putAll(specials);
    return json;
  }

  /// Reads `config.json`.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] naming the file and the key
  static ModelConfig config(Path folder) {
    return new ConfigFile(folder.resolve(CONFIG)).config();
  }

  /// Reads the weights of a model of that shape.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] naming the tensor that is missing, too
  ///     many, of another shape or not finite; the file is compared with the configuration before a
  ///     value is used
  static void read(Path folder, ModelLayout layout, Weights into) {
    Path file = folder.resolve(WEIGHTS);
    try (SafeTensors tensors = SafeTensors.open(file)) {
      for (String name : tensors.entries().keySet()) {
        if (layout.all().tensors().stream().noneMatch(tensor -> tensor.name().equals(name))) {
          throw new DureException(
              ErrorCode.INPUT_MALFORMED,
              "%s holds the tensor %s: %s describes a model without it"
                  .formatted(file, name, folder.resolve(CONFIG)));
        }
      }
      tensors.requireFinite();
    }
    TrainerState.copy(file, "", into);
  }

  /// Refuses weights that say of themselves that they were trained with another `tokenizer.json`;
  /// older ones and those of other programs do not say.
  ///
  /// @throws DureException with [ErrorCode#CLAIM_UNFOUNDED]
  static void requireOwnTokenizer(Path folder) {
    String trainedWith;
    try (SafeTensors tensors = SafeTensors.open(folder.resolve(WEIGHTS))) {
      trainedWith = tensors.metadata().get(TRAINED_WITH);
    }
    Path tokenizer = folder.resolve(TOKENIZER);
    String found = Sha256.of(tokenizer);
    if (trainedWith != null && !trainedWith.equals(found)) {
      throw new DureException(
          ErrorCode.CLAIM_UNFOUNDED,
          "%s has the digest %s: %s was trained with the tokenizer %s"
              .formatted(tokenizer, found, folder.resolve(WEIGHTS), trainedWith));
    }
  }

  /// The keys of a `config.json`; other libraries' files have more of them than we need.
  private static final class ConfigFile {
    private final Path file;
    private final Map<String, @Nullable Object> json;

    ConfigFile(Path file) {
      this.file = file;
      this.json = Json.object(file);
    }

    ModelConfig config() {
      if (!(json.get("architectures") instanceof List<?> names) || !names.contains(ARCHITECTURE)) {
        throw malformed("architectures", json.get("architectures"), "[\"" + ARCHITECTURE + "\"]");
      }
      for (String key : List.of("attention_bias", "mlp_bias")) {
        if (Boolean.TRUE.equals(json.get(key))) {
          throw malformed(key, true, "false");
        }
      }
      if (json.get("rope_scaling") != null) {
        throw malformed("rope_scaling", json.get("rope_scaling"), "null");
      }
      int heads = size("num_attention_heads", null);
      ModelConfig config =
          new ModelConfig(
              size("vocab_size", null),
              size("hidden_size", null),
              size("num_hidden_layers", null),
              heads,
              size("num_key_value_heads", heads),
              size("intermediate_size", null),
              size("max_position_embeddings", null),
              ropeTheta(),
              number("rms_norm_eps", json.get("rms_norm_eps"), 1e-6),
              Boolean.TRUE.equals(json.get("tie_word_embeddings")));
      if (size("head_dim", config.headSize()) != config.headSize()) {
        throw malformed("head_dim", json.get("head_dim"), "hidden_size / num_attention_heads");
      }
      return config;
    }

    /// Version 5 of the transformers library writes it into an object of its own.
    private double ropeTheta() {
      if (json.get("rope_parameters") instanceof Map<?, ?> rope) {
        if (!"default".equals(rope.get("rope_type"))) {
          throw malformed("rope_parameters.rope_type", rope.get("rope_type"), "\"default\"");
        }
        return number("rope_parameters.rope_theta", rope.get("rope_theta"), 10_000);
      }
      return number("rope_theta", json.get("rope_theta"), 10_000);
    }

    private int size(String key, @Nullable Integer otherwise) {
      Object value = json.get(key);
      if (value == null && otherwise != null) {
        return otherwise;
      }
      if (value instanceof Integer found && found >= 1 && found <= 1 << 24) {
        return found;
      }
      throw malformed(key, value, "a whole number from 1 to " + (1 << 24));
    }

    private double number(String key, @Nullable Object value, double otherwise) {
      if (value == null) {
        return otherwise;
      }
      if (value instanceof Number found && found.doubleValue() > 0) {
        return found.doubleValue();
      }
      throw malformed(key, value, "a number above 0");
    }

    private DureException malformed(String key, @Nullable Object found, String expected) {
      return new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%s: %s is %s, expected %s".formatted(file, key, found, expected));
    }
  }
}
