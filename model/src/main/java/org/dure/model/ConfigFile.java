package org.dure.model;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.ModelConfig;
import org.dure.core.Printable;
import org.jspecify.annotations.Nullable;

/// A `config.json`, read key by key. Every key is honoured, refused by name because this program
/// computes something else, or known to change no logit; one that is none of these is refused too,
/// since it may say something about the model. `null` is the same as an absent key.
final class ConfigFile {
  /// Keys whose value makes the shape; see [#config].
  private static final Set<String> HONOURED =
      Set.of(
          "architectures",
          "vocab_size",
          "hidden_size",
          "num_hidden_layers",
          "num_attention_heads",
          "num_key_value_heads",
          "head_dim",
          "intermediate_size",
          "max_position_embeddings",
          "rope_theta",
          "rope_scaling",
          "rope_parameters",
          "rms_norm_eps",
          "tie_word_embeddings",
          "bos_token_id",
          "eos_token_id",
          "pad_token_id");

  /// Keys that may only say what this program does anyway.
  private static final Map<String, List<Object>> ONLY =
      Map.ofEntries(
          Map.entry("model_type", List.of("llama")),
          Map.entry("hidden_act", List.of("silu")),
          Map.entry("attention_bias", List.of(false)),
          Map.entry("mlp_bias", List.of(false)),
          Map.entry("torch_dtype", List.of("float32")),
          Map.entry("dtype", List.of("float32")),
          Map.entry("pretraining_tp", List.of(1)),
          Map.entry("partial_rotary_factor", List.of(1, 1.0)),
          Map.entry("use_sliding_window", List.of(false)),
          Map.entry("is_decoder", List.of(true, false)),
          Map.entry("is_encoder_decoder", List.of(false)),
          Map.entry("add_cross_attention", List.of(false)));

  /// Keys of the transformers library that change no logit of a model that is asked.
  private static final Set<String> INERT =
      Set.of(
          "attention_dropout",
          "hidden_dropout",
          "initializer_range",
          "use_cache",
          "transformers_version",
          "_name_or_path",
          "_attn_implementation_autoset",
          "output_attentions",
          "output_hidden_states",
          "return_dict",
          "torchscript",
          "use_bfloat16",
          "finetuning_task",
          "task_specific_params",
          "problem_type",
          "id2label",
          "label2id",
          "chunk_size_feed_forward",
          "tokenizer_class");

  private static final int MOST_SHOWN = 120;
  private static final long MOST_BYTES = 1 << 20;

  /// Beyond these no model is; what is made of a shape takes memory before a weight is read.
  private static final int MOST = 1 << 24;

  private static final int MOST_WIDTH = 1 << 16;
  private static final int MOST_LAYERS = 1 << 10;
  private static final int MOST_FEED_FORWARD = 1 << 20;
  private static final int MOST_CONTEXT = 1 << 20;

  /// Sines of the rotary positions: context length times half a head.
  private static final long MOST_ANGLES = 1 << 25;

  private final Path file;
  private final Map<String, @Nullable Object> json;

  /// @throws DureException with [ErrorCode#INPUT_MISSING] or [ErrorCode#INPUT_MALFORMED]
  ConfigFile(Path file) {
    this.file = file;
    this.json = new LinkedHashMap<>(Json.object(file, MOST_BYTES));
    json.values().removeIf(value -> value == null);
  }

  /// The shape.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] naming the key, what it is and what was
  ///     expected
  ModelConfig config() {
    if (!(json.get("architectures") instanceof List<?> names)
        || !names.contains(ModelFolder.ARCHITECTURE)) {
      throw malformed(
          "architectures", json.get("architectures"), "[\"" + ModelFolder.ARCHITECTURE + "\"]");
    }
    json.forEach(this::checkKey);
    int heads = size("num_attention_heads", null, MOST_LAYERS);
    ModelConfig config =
        new ModelConfig(
            size("vocab_size", null, MOST),
            size("hidden_size", null, MOST_WIDTH),
            size("num_hidden_layers", null, MOST_LAYERS),
            heads,
            size("num_key_value_heads", heads, MOST_LAYERS),
            size("intermediate_size", null, MOST_FEED_FORWARD),
            size("max_position_embeddings", null, MOST_CONTEXT),
            ropeTheta(),
            number("rms_norm_eps", json.get("rms_norm_eps"), 1e-6),
            truth("tie_word_embeddings"));
    if (size("head_dim", config.headSize(), MOST_WIDTH) != config.headSize()) {
      throw malformed("head_dim", json.get("head_dim"), "hidden_size / num_attention_heads");
    }
    if ((long) config.contextLength() * config.headSize() / 2 > MOST_ANGLES) {
      throw malformed(
          "max_position_embeddings",
          config.contextLength(),
          "at most %d with heads of %d"
              .formatted(2 * MOST_ANGLES / config.headSize(), config.headSize()));
    }
    return config;
  }

  /// Refuses special tokens other than the tokenizer's, which are those that the model is asked
  /// with.
  ///
  /// @param tokens key to id
  void checkSpecials(Map<String, @Nullable Object> tokens) {
    tokens.forEach(
        (key, expected) -> {
          Object found = json.get(key);
          // Padding is put where no token sees it, so its id changes nothing.
          boolean padding = key.equals("pad_token_id");
          if (found != null && !padding && !found.equals(expected)) {
            throw malformed(key, found, expected + ", which the tokenizer.json beside it has");
          }
        });
  }

  private void checkKey(String key, @Nullable Object value) {
    if (HONOURED.contains(key) || INERT.contains(key)) {
      return;
    }
    List<Object> allowed = ONLY.get(key);
    if (allowed == null) {
      throw malformed(
          key, value, "no such key: Dure does not know it, so its logits would be others");
    }
    if (!allowed.contains(value)) {
      throw malformed(key, value, Json.text(allowed.getFirst()) + ": Dure computes nothing else");
    }
  }

  /// Version 5 of the transformers library writes it into an object of its own.
  private double ropeTheta() {
    if (json.containsKey("rope_scaling")) {
      checkRope("rope_scaling", Set.of("type", "rope_type"));
    }
    if (!json.containsKey("rope_parameters")) {
      return number("rope_theta", json.get("rope_theta"), 10_000);
    }
    Map<?, ?> rope = checkRope("rope_parameters", Set.of("type", "rope_type", "rope_theta"));
    return number("rope_parameters.rope_theta", rope.get("rope_theta"), 10_000);
  }

  /// Rotary positions that nothing scales.
  private Map<?, ?> checkRope(String key, Set<String> known) {
    if (!(json.get(key) instanceof Map<?, ?> rope)) {
      throw malformed(key, json.get(key), "an object or null");
    }
    rope.forEach(
        (name, value) -> {
          String whole = key + "." + name;
          if (!known.contains(String.valueOf(name))) {
            throw malformed(whole, value, "no such key: Dure does not scale positions");
          }
          if (!name.equals("rope_theta") && !"default".equals(value)) {
            throw malformed(whole, value, "\"default\": Dure does not scale positions");
          }
        });
    return rope;
  }

  private boolean truth(String key) {
    Object value = json.get(key);
    if (value != null && !(value instanceof Boolean)) {
      throw malformed(key, value, "true or false");
    }
    return Boolean.TRUE.equals(value);
  }

  private int size(String key, @Nullable Integer otherwise, int most) {
    Object value = json.get(key);
    if (value == null && otherwise != null) {
      return otherwise;
    }
    if (value instanceof Integer found && found >= 1 && found <= most) {
      return found;
    }
    throw malformed(key, value, "a whole number from 1 to " + most);
  }

  private double number(String key, @Nullable Object value, double otherwise) {
    if (value == null) {
      return otherwise;
    }
    if (value instanceof Number found
        && found.doubleValue() > 0
        && Double.isFinite(found.doubleValue())) {
      return found.doubleValue();
    }
    throw malformed(key, value, "a number above 0");
  }

  private DureException malformed(String key, @Nullable Object found, String expected) {
    return new DureException(
        ErrorCode.INPUT_MALFORMED,
        "%s: %s is %s, expected %s"
            .formatted(
                file, Printable.line(key), found == null ? "missing" : excerpt(found), expected));
  }

  private static String excerpt(Object found) {
    String text = Json.text(found);
    return Printable.line(text, MOST_SHOWN);
  }
}
