package org.dure.model;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.dure.core.ModelConfig;
import org.jspecify.annotations.Nullable;

/// Views of one flat vector, shaped as the arithmetic wants them: q, k and v are one matrix, gate
/// and up another. Changing the vector changes them.
///
/// @param embedding `[vocabulary, width]`
/// @param head the same tensor where embeddings are tied
record TransformerParameters(Tensor embedding, List<Block> blocks, Tensor lastNorm, Tensor head) {
  /// @param queryKeyValue `[width + 2 * keyValueHeads * headSize, width]`
  /// @param attentionOut `[width, width]`
  /// @param gateUp `[2 * feedForward, width]`
  /// @param down `[width, feedForward]`
  record Block(
      Tensor queryKeyValue,
      Tensor attentionOut,
      Tensor gateUp,
      Tensor down,
      Tensor attentionNorm,
      Tensor feedForwardNorm) {}

  /// Plain views: what is computed with them keeps no history.
  static TransformerParameters of(ModelLayout layout, Tensor vector, NativeScope.Held held) {
    return new Views(layout, vector, null, held).parameters();
  }

  /// Views that gather their gradients in `gradient`, a vector of the same layout.
  static TransformerParameters trainable(
      ModelLayout layout, Tensor vector, Tensor gradient, NativeScope.Held held) {
    return new Views(layout, vector, gradient, held).parameters();
  }

  private record Views(
      ModelLayout layout, Tensor vector, @Nullable Tensor gradient, NativeScope.Held held) {
    TransformerParameters parameters() {
      ModelConfig config = layout.config();
      long width = config.width();
      long keyValue = (long) config.keyValueHeads() * config.headSize();
      List<Block> blocks = new ArrayList<>();
      for (int layer = 0; layer < config.layers(); layer++) {
        blocks.add(
            new Block(
                view(ModelLayout.name(layer, "self_attn.q_proj"), width + 2 * keyValue, width),
                view(ModelLayout.name(layer, "self_attn.o_proj"), width, width),
                view(ModelLayout.name(layer, "mlp.gate_proj"), 2L * config.feedForward(), width),
                view(ModelLayout.name(layer, "mlp.down_proj"), width, config.feedForward()),
                view(ModelLayout.name(layer, "input_layernorm"), width),
                view(ModelLayout.name(layer, "post_attention_layernorm"), width)));
      }
      Tensor embedding = view(ModelLayout.EMBEDDING, config.vocabularySize(), width);
      Tensor head =
          config.tiedEmbeddings()
              ? embedding
              : view(ModelLayout.HEAD, config.vocabularySize(), width);
      return new TransformerParameters(
          embedding, List.copyOf(blocks), view(ModelLayout.LAST_NORM, width), head);
    }

    private Tensor view(String first, long... shape) {
      long offset = layout.offset(first);
      Tensor values = slice(vector, offset, shape).detach();
      if (gradient != null) {
        values.requires_grad_(true);
        values.mutable_grad().put(slice(gradient, offset, shape));
      }
      return held.keep(values);
    }

    private static Tensor slice(Tensor vector, long offset, long... shape) {
      long elements = 1;
      for (long size : shape) {
        elements *= size;
      }
      return vector.narrow(0, offset, elements).view(shape);
    }
  }
}
