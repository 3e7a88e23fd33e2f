package org.dure.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.ModelConfig;
import org.dure.core.Sharing;
import org.dure.core.TensorLayout;
import org.dure.core.TensorLayout.Tensor;

/// Where every tensor of a model lies in its one vector of floats.
///
/// The order is: embedding, blocks, last norm, head; so that the body is one range. In a block q,
/// k and v follow each other, and so do gate and up: each group is one matrix for the arithmetic
/// and several tensors, under their `LlamaForCausalLM` names, for everyone else.
final class ModelLayout {
  static final String EMBEDDING = "model.embed_tokens.weight";
  static final String LAST_NORM = "model.norm.weight";
  static final String HEAD = "lm_head.weight";

  private final ModelConfig config;
  private final TensorLayout all;
  private final SequencedMap<String, Long> offsets = new LinkedHashMap<>();

  private ModelLayout(ModelConfig config) {
    this.config = config;
    List<Tensor> tensors = new ArrayList<>();
    tensors.add(matrix(EMBEDDING, config.vocabularySize(), config.width()));
    for (int layer = 0; layer < config.layers(); layer++) {
      addBlock(tensors, layer);
    }
    tensors.add(new Tensor(LAST_NORM, List.of((long) config.width())));
    if (!config.tiedEmbeddings()) {
      tensors.add(matrix(HEAD, config.vocabularySize(), config.width()));
    }
    all = new TensorLayout(tensors);
    long offset = 0;
    for (Tensor tensor : tensors) {
      offsets.put(tensor.name(), offset);
      offset += tensor.elements();
    }
  }

  static ModelLayout of(ModelConfig config) {
    return new ModelLayout(config);
  }

  private void addBlock(List<Tensor> tensors, int layer) {
    long width = config.width();
    long keyValue = (long) config.keyValueHeads() * config.headSize();
    long inner = config.feedForward();
    tensors.add(matrix(name(layer, "self_attn.q_proj"), width, width));
    tensors.add(matrix(name(layer, "self_attn.k_proj"), keyValue, width));
    tensors.add(matrix(name(layer, "self_attn.v_proj"), keyValue, width));
    tensors.add(matrix(name(layer, "self_attn.o_proj"), width, width));
    tensors.add(matrix(name(layer, "mlp.gate_proj"), inner, width));
    tensors.add(matrix(name(layer, "mlp.up_proj"), inner, width));
    tensors.add(matrix(name(layer, "mlp.down_proj"), width, inner));
    tensors.add(new Tensor(name(layer, "input_layernorm"), List.of(width)));
    tensors.add(new Tensor(name(layer, "post_attention_layernorm"), List.of(width)));
  }

  private static Tensor matrix(String name, long rows, long columns) {
    return new Tensor(name, List.of(rows, columns));
  }

  /// Full name of a block's tensor, e.g. `model.layers.0.mlp.up_proj.weight`.
  static String name(int layer, String part) {
    return "model.layers.%d.%s.weight".formatted(layer, part);
  }

  ModelConfig config() {
    return config;
  }

  TensorLayout all() {
    return all;
  }

  /// The blocks and the last norm.
  TensorLayout body() {
    return new TensorLayout(
        all.tensors().stream()
            .filter(tensor -> !tensor.name().equals(EMBEDDING) && !tensor.name().equals(HEAD))
            .toList());
  }

  /// Index of a tensor's first value.
  long offset(String name) {
    Long offset = offsets.get(name);
    if (offset == null) {
      throw new DureException(ErrorCode.INTERNAL, "the model has no tensor " + name);
    }
    return offset;
  }

  /// Index of the first value of what travels.
  long sharedOffset(Sharing sharing) {
    return switch (sharing) {
      case BODY -> offset(name(0, "self_attn.q_proj"));
      case ALL -> 0;
    };
  }

  /// The parts that weight decay shrinks: every matrix, but neither norms nor the embedding
  /// (nor the head where it is the embedding).
  List<Range> decayed() {
    List<Range> ranges = new ArrayList<>();
    for (int layer = 0; layer < config.layers(); layer++) {
      long from = offset(name(layer, "self_attn.q_proj"));
      ranges.add(new Range(from, offset(name(layer, "input_layernorm")) - from));
    }
    if (!config.tiedEmbeddings()) {
      ranges.add(new Range(offset(HEAD), all.elements() - offset(HEAD)));
    }
    return List.copyOf(ranges);
  }

  /// Part of the vector, counted in values.
  record Range(long from, long length) {}
}
