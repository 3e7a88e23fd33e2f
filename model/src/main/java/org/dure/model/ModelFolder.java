package org.dure.model;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.ModelConfig;
import org.dure.core.Printable;
import org.dure.core.SafeTensors;
import org.dure.core.Sha256;
import org.dure.core.TensorLayout;
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

  static final String ARCHITECTURE = "LlamaForCausalLM";

  private ModelFolder() {}

  /// Writes weights, `config.json` and `generation_config.json`; names the special tokens of the
  /// `tokenizer.json` that lies there, if one does, and in its `tokenizer_config.json` how many
  /// tokens the model sees at once.
  ///
  /// @param trainedWith digest of the `tokenizer.json` whose tokens the weights were trained on
  static void write(Path folder, ModelConfig config, Weights weights, String trainedWith) {
    Path words = folder.resolve(TOKENIZER);
    Tokenizer tokenizer = Files.isRegularFile(words) ? Tokenizer.read(words) : null;
    if (tokenizer != null) {
      tokenizer.write(folder, config.contextLength());
    }
    Map<String, @Nullable Object> specials = specials(tokenizer);
    SafeTensors.write(
        folder.resolve(WEIGHTS),
        TrainerState.entries("", weights),
        new TreeMap<>(Map.of("format", "pt", TRAINED_WITH, trainedWith)));
    AtomicFiles.write(folder.resolve(CONFIG), Json.pretty(configuration(config, specials)));
    writeGeneration(folder, config, specials);
  }

  /// As [TorchLanguageModel#describe].
  static void describe(Path folder, ModelConfig config, Tokenizer tokenizer) {
    tokenizer.write(folder, config.contextLength());
    writeGeneration(folder, config, specials(tokenizer));
  }

  private static void writeGeneration(
      Path folder, ModelConfig config, Map<String, @Nullable Object> specials) {
    Map<String, @Nullable Object> generation = new LinkedHashMap<>(specials);
    generation.put("max_length", config.contextLength());
    generation.put("do_sample", true);
    AtomicFiles.write(folder.resolve(GENERATION), Json.pretty(generation));
  }

  private static Map<String, @Nullable Object> specials(@Nullable Tokenizer tokenizer) {
    Map<String, @Nullable Object> specials = new LinkedHashMap<>();
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

  /// As [#config], of a folder whose weights are to be loaded: refuses a shape that they cannot
  /// have, or that is larger than this machine, before memory is taken for it.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] or [ErrorCode#MEMORY_SHORT]
  static ModelConfig configToLoad(Path folder) {
    ModelConfig config = config(folder);
    Path weights = folder.resolve(WEIGHTS);
    AtomicFiles.requireFile(weights);
    long needed = config.parameters() * Float.BYTES;
    long found;
    try {
      found = Files.size(weights);
    } catch (IOException e) {
      throw DureException.io("read", weights, e);
    }
    if (found < needed) {
      throw tooSmall(folder, config);
    }
    long memory =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    if (needed > memory) {
      throw new DureException(
          ErrorCode.MEMORY_SHORT,
          "%s describes a model with %d bytes of weights: this machine has %d bytes of memory"
              .formatted(folder.resolve(CONFIG), needed, memory));
    }
    return config;
  }

  /// What the weights lack of a shape, by their header alone.
  private static DureException tooSmall(Path folder, ModelConfig config) {
    Path weights = folder.resolve(WEIGHTS);
    String lacking = "enough bytes";
    try (SafeTensors tensors = SafeTensors.open(weights)) {
      for (TensorLayout.Tensor tensor : ModelLayout.of(config).all().tensors()) {
        SafeTensors.Entry entry = tensors.entries().get(tensor.name());
        if (entry == null || !entry.shape().equals(tensor.shape())) {
          lacking = "tensor %s of shape %s".formatted(tensor.name(), tensor.shape());
          break;
        }
      }
    }
    return new DureException(
        ErrorCode.INPUT_MALFORMED,
        "%s holds no %s, which %s describes".formatted(weights, lacking, folder.resolve(CONFIG)));
  }

  /// Refuses a `config.json` whose special tokens are others than those of the tokenizer.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] naming the file and the key
  static void checkSpecials(Path folder, Tokenizer tokenizer) {
    new ConfigFile(folder.resolve(CONFIG)).checkSpecials(specials(tokenizer));
  }

  /// Reads the weights of a model of that shape.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] naming the tensor that is missing, too
  ///     many, of another shape or not finite; the file is compared with the configuration before a
  ///     value is used
  static void read(Path folder, ModelLayout layout, Weights into) {
    Path file = folder.resolve(WEIGHTS);
    Set<String> known = new HashSet<>();
    layout.all().tensors().forEach(tensor -> known.add(tensor.name()));
    try (SafeTensors tensors = SafeTensors.open(file)) {
      for (String name : tensors.entries().keySet()) {
        if (!known.contains(name)) {
          throw new DureException(
              ErrorCode.INPUT_MALFORMED,
              "%s holds the tensor %s: %s describes a model without it"
                  .formatted(file, Printable.line(name), folder.resolve(CONFIG)));
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
}
