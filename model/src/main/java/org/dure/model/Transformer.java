package org.dure.model;

import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.ModelConfig;

/// A decoder-only transformer as `LlamaForCausalLM` of the transformers library defines it:
/// RMSNorm before each sublayer (Zhang and Sennrich 2019), rotary positions, grouped-query
/// attention (Ainslie et al. 2023), SwiGLU (Shazeer 2020), no biases.
///
/// Reading ([#read]) is open to any number of threads at once; writing ([#write]) waits until
/// nobody reads.
final class Transformer implements AutoCloseable {
  /// How a block looks back: from this call's tokens alone, or over a cache.
  @FunctionalInterface
  interface Attention {
    /// @param queries `[batch, length, heads, headSize]`, turned
    /// @param keys `[batch, length, keyValueHeads, headSize]`, turned
    /// @param values as keys
    /// @return `[batch, length, width]`
    Tensor attend(int layer, Tensor queries, Tensor keys, Tensor values);
  }

  private final ModelConfig config;
  private final ModelLayout layout;
  private final NativeScope.Held held = new NativeScope.Held();
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private final Tensor vector;
  private final TransformerParameters parameters;
  private final Rotary rotary;
  private boolean closed;

  /// All zeros.
  Transformer(ModelConfig config) {
    this.config = config;
    this.layout = ModelLayout.of(config);
    try (NativeScope scope = NativeScope.open()) {
      vector = held.keep(scope.zeros(layout.all().elements()));
      parameters = TransformerParameters.of(layout, vector, held);
      rotary = new Rotary(config, scope, held);
    }
  }

  ModelConfig config() {
    return config;
  }

  ModelLayout layout() {
    return layout;
  }

  /// Every parameter, in the layout's order.
  Tensor vector() {
    return vector;
  }

  /// Parameters whose use keeps no history.
  TransformerParameters parameters() {
    return parameters;
  }

  /// Works with the parameters while nobody changes them.
  <T> T read(Supplier<T> work) {
    lock.readLock().lock();
    try {
      return run(work);
    } finally {
      lock.readLock().unlock();
    }
  }

  /// Changes the parameters while nobody reads them.
  <T> T write(Supplier<T> work) {
    lock.writeLock().lock();
    try {
      return run(work);
    } finally {
      lock.writeLock().unlock();
    }
  }

  private <T> T run(Supplier<T> work) {
    if (closed) {
      throw new DureException(ErrorCode.INTERNAL, "the model has been closed");
    }
    try {
      return work.get();
    } catch (RuntimeException e) {
      throw Libtorch.explain(e);
    }
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        held.close();
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  /// Hidden states after the last norm, for sequences that begin at position 0.
  ///
  /// @param with this model's parameters, trainable or not
  /// @param tokens `[batch, length]`
  /// @return `[batch, length, width]`
  Tensor hidden(TransformerParameters with, Tensor tokens) {
    return hidden(with, tokens, Dropout.NONE);
  }

  /// As the other, while the model trains.
  ///
  /// @param dropout of what each sublayer adds
  Tensor hidden(TransformerParameters with, Tensor tokens, Dropout dropout) {
    return hidden(with, tokens, 0, this::causal, dropout);
  }

  /// Hidden states after the last norm.
  ///
  /// @param from position of the first token
  Tensor hidden(TransformerParameters with, Tensor tokens, long from, Attention attention) {
    return hidden(with, tokens, from, attention, Dropout.NONE);
  }

  private Tensor hidden(
      TransformerParameters with, Tensor tokens, long from, Attention attention, Dropout dropout) {
    Tensor x = torch.embedding(with.embedding(), tokens);
    for (int layer = 0; layer < config.layers(); layer++) {
      TransformerParameters.Block block = with.blocks().get(layer);
      Tensor seen = attend(layer, block, norm(x, block.attentionNorm()), from, attention);
      x = x.add(dropout.apply(seen));
      x = x.add(dropout.apply(feedForward(block, norm(x, block.feedForwardNorm()))));
    }
    return norm(x, with.lastNorm());
  }

  private Tensor norm(Tensor x, Tensor weight) {
    return torch.rms_norm(
        x,
        new long[] {config.width()},
        new TensorOptional(weight),
        new DoubleOptional(config.normEpsilon()));
  }

  private Tensor attend(
      int layer, TransformerParameters.Block block, Tensor x, long from, Attention attention) {
    long heads = config.heads();
    long keyValueHeads = config.keyValueHeads();
    Tensor all =
        torch
            .linear(x, block.queryKeyValue())
            .view(x.size(0), x.size(1), heads + 2 * keyValueHeads, config.headSize());
    TensorVector parts = split(all, 2, heads + keyValueHeads, keyValueHeads);
    TensorVector turned = split(rotary.turn(parts.get(0), from), 2, heads, keyValueHeads);
    Tensor mixed = attention.attend(layer, turned.get(0), turned.get(1), parts.get(1));
    return torch.linear(mixed, block.attentionOut());
  }

  /// Every token looks at itself and at those before it.
  private Tensor causal(int layer, Tensor queries, Tensor keys, Tensor values) {
    Tensor mixed =
        torch.scaled_dot_product_attention(
            queries.transpose(1, 2),
            repeat(keys).transpose(1, 2),
            repeat(values).transpose(1, 2),
            new TensorOptional(),
            0,
            true,
            new DoubleOptional(),
            false);
    return mixed.transpose(1, 2).reshape(queries.size(0), queries.size(1), config.width());
  }

  /// Gives every query head its key or value head: query heads of one group follow each other.
  private Tensor repeat(Tensor heads) {
    long group = config.heads() / config.keyValueHeads();
    if (group == 1) {
      return heads;
    }
    long batch = heads.size(0);
    long length = heads.size(1);
    return heads
        .unsqueeze(3)
        .expand(batch, length, config.keyValueHeads(), group, config.headSize())
        .reshape(batch, length, config.heads(), config.headSize());
  }

  private Tensor feedForward(TransformerParameters.Block block, Tensor x) {
    TensorVector both =
        split(torch.linear(x, block.gateUp()), 2, config.feedForward(), config.feedForward());
    return torch.linear(torch.silu(both.get(0)).mul(both.get(1)), block.down());
  }

  /// Parts along a dimension; its gradient is one concatenation, where that of several
  /// `narrow` would be as many sums.
  static TensorVector split(Tensor x, long dimension, long... sizes) {
    return x.split_with_sizes(sizes, dimension);
  }
}
