package org.dure.model;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.LanguageModel;

/// One sequence being written, with its keys and values kept per layer in memory that doubles as
/// the sequence grows.
final class TorchDecoder implements LanguageModel.Decoder {
  private static final long LEAST_CAPACITY = 64;

  private final Transformer model;
  private final List<Cache> caches = new ArrayList<>();
  private int length;
  private boolean closed;

  TorchDecoder(Transformer model) {
    this.model = model;
    long capacity = Math.min(LEAST_CAPACITY, model.config().contextLength());
    try (NativeScope scope = NativeScope.open()) {
      for (int layer = 0; layer < model.config().layers(); layer++) {
        caches.add(cache(scope, capacity));
      }
    }
  }

  /// Keys and values of one layer, `[1, keyValueHeads, capacity, headSize]`.
  private record Cache(NativeScope.Held held, Tensor keys, Tensor values, long capacity) {}

  private Cache cache(NativeScope scope, long capacity) {
    long heads = model.config().keyValueHeads();
    long size = model.config().headSize();
    NativeScope.Held held = new NativeScope.Held();
    return new Cache(
        held,
        held.keep(scope.zeros(1, heads, capacity, size)),
        held.keep(scope.zeros(1, heads, capacity, size)),
        capacity);
  }

  @Override
  public float[] next(int... tokens) {
    if (closed) {
      throw new DureException(ErrorCode.INTERNAL, "the decoder has been closed");
    }
    int most = model.config().contextLength() - length;
    if (tokens.length < 1 || tokens.length > most) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%d tokens after %d: expected 1 to %d".formatted(tokens.length, length, most));
    }
    TorchLanguageModel.check(model.config(), tokens);
    return model.read(
        () -> {
          try (NativeScope scope = NativeScope.open()) {
            Tensor ids = scope.integers(TorchLanguageModel.widen(tokens), 1, tokens.length);
            Tensor hidden =
                model.hidden(
                    model.parameters(),
                    ids,
                    length,
                    (layer, queries, keys, values) -> attend(scope, layer, queries, keys, values));
            length += tokens.length;
            return TorchLanguageModel.logits(
                model, scope, hidden.squeeze(0).narrow(0, tokens.length - 1, 1));
          }
        });
  }

  private Tensor attend(NativeScope scope, int layer, Tensor queries, Tensor keys, Tensor values) {
    long heads = model.config().keyValueHeads();
    long group = model.config().heads() / heads;
    long size = model.config().headSize();
    long count = queries.size(1);
    long end = length + count;
    Cache cache = reserve(scope, layer, end);
    cache.keys.narrow(2, length, count).copy_(keys.transpose(1, 2));
    cache.values.narrow(2, length, count).copy_(values.transpose(1, 2));
    Tensor grouped = queries.transpose(1, 2).reshape(1, heads, group * count, size);
    Tensor scores =
        torch
            .matmul(grouped, cache.keys.narrow(2, 0, end).transpose(2, 3))
            .mul_(NativeScope.scalar(1 / Math.sqrt(size)));
    if (count > 1) {
      scores.view(1, heads, group, count, end).add_(future(scope, count, end));
    }
    return torch
        .matmul(torch.softmax(scores, 3), cache.values.narrow(2, 0, end))
        .view(1, heads * group, count, size)
        .transpose(1, 2)
        .reshape(1, count, heads * group * size);
  }

  /// Minus infinity where a new token would look ahead, `[count, end]`.
  private static Tensor future(NativeScope scope, long count, long end) {
    return scope
        .zeros(count, end)
        .fill_(NativeScope.scalar(Double.NEGATIVE_INFINITY))
        .triu(end - count + 1);
  }

  private Cache reserve(NativeScope scope, int layer, long needed) {
    Cache old = caches.get(layer);
    if (needed <= old.capacity) {
      return old;
    }
    long doubled = Long.highestOneBit(needed - 1) * 2;
    Cache larger = cache(scope, Math.min(model.config().contextLength(), doubled));
    larger.keys.narrow(2, 0, length).copy_(old.keys.narrow(2, 0, length));
    larger.values.narrow(2, 0, length).copy_(old.values.narrow(2, 0, length));
    old.held.close();
    caches.set(layer, larger);
    return larger;
  }

  @Override
  public int length() {
    return length;
  }

  @Override
  public void close() {
    closed = true;
    caches.forEach(cache -> cache.held.close());
  }
}
