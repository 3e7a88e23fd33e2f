package org.dure.federation;

import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Watches the bytes of one exchange move, so that it can be given up when they stop rather than
/// when it is long.
final class Moving {
  private static final int PIECE = 16 << 10;

  private final AtomicLong bytes = new AtomicLong();

  /// How many bytes have moved, both ways.
  long bytes() {
    return bytes.get();
  }

  HttpRequest.BodyPublisher publisher(byte[] body) {
    return HttpRequest.BodyPublishers.fromPublisher(
        HttpRequest.BodyPublishers.ofByteArrays(() -> pieces(body)), body.length);
  }

  private Iterator<byte[]> pieces(byte[] body) {
    return new Iterator<>() {
      private int from;

      @Override
      public boolean hasNext() {
        return from < body.length;
      }

      @Override
      public byte[] next() {
        int to = Math.min(body.length, from + PIECE);
        byte[] piece = Arrays.copyOfRange(body, from, to);
        bytes.addAndGet(to - from);
        from = to;
        return piece;
      }
    };
  }

  /// Takes a body of at most `most` bytes.
  HttpResponse.BodySubscriber<byte[]> subscriber(HttpResponse.ResponseInfo info, int most) {
    HttpResponse.BodySubscriber<byte[]> whole = HttpResponse.BodySubscribers.ofByteArray();
    return new HttpResponse.BodySubscriber<>() {
      private long taken;
      private Flow.@Nullable Subscription subscription;

      @Override
      public CompletionStage<byte[]> getBody() {
        return whole.getBody();
      }

      @Override
      public void onSubscribe(Flow.Subscription given) {
        subscription = given;
        whole.onSubscribe(given);
      }

      @Override
      public void onNext(List<ByteBuffer> buffers) {
        long more = buffers.stream().mapToLong(ByteBuffer::remaining).sum();
        bytes.addAndGet(more);
        taken += more;
        if (taken > most) {
          if (subscription != null) {
            subscription.cancel();
          }
          whole.onError(new IOException("an answer of more than %d bytes".formatted(most)));
          return;
        }
        whole.onNext(buffers);
      }

      @Override
      public void onError(Throwable problem) {
        whole.onError(problem);
      }

      @Override
      public void onComplete() {
        whole.onComplete();
      }
    };
  }
}
